"""The register's API in one process against a migrated database, and a small tree to act on."""

import base64
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from pydantic import SecretStr
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from services.orgs.access import routes as access
from services.orgs.exchange import routes as exchange
from services.orgs.letters import routes as letters
from services.orgs.metadata import IDEMPOTENCY
from services.orgs.register import routes as register
from services.orgs.rulebook import routes as rulebook
from services.orgs.settings import OrgsSettings
from shared.database import engine, system_transaction
from shared.ids import new_id
from shared.service import Service, build
from tests.principals import FakeVerifier

GROUPS = (exchange, letters, register, rulebook)
KEY = base64.b64encode(b"k" * 32).decode()


def settings(url: str, keys_url: str) -> OrgsSettings:
    return OrgsSettings(
        database_url=url,
        keys_url=keys_url,
        demo=True,
        master_keys={"k1": KEY},
        index_key=SecretStr(KEY),
        audit_key=SecretStr(KEY),
        signing_key_file="",
    )


def application(url: str, keys_url: str = "") -> tuple[FastAPI, FakeVerifier]:
    """The groups under test, with callers that need no login."""
    app = build(
        Service(
            name="orgs",
            settings=settings(url, keys_url),
            routers=[router for group in GROUPS for router in group.ROUTERS],
            permissions={k: v for group in GROUPS for k, v in group.PERMISSIONS.items()},
            load_grants=access.load_grants,
            idempotency_table=IDEMPOTENCY,
            constraints={k: v for group in GROUPS for k, v in group.CONSTRAINTS.items()},
        )
    )
    return app, FakeVerifier().install(app)


@asynccontextmanager
async def served(app: FastAPI) -> AsyncGenerator[AsyncClient]:
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app=app), base_url="http://orgs") as client,
    ):
        yield client


@dataclass(frozen=True)
class Node:
    id: UUID
    path: str
    code: str


@dataclass(frozen=True)
class Tree:
    """Two committees with approval rights under one county, a branch in each, one outside."""

    county: Node
    east: Node
    east_branch: Node
    west: Node
    west_branch: Node
    outside: Node


async def plant(session: AsyncSession) -> Tree:
    """A tree of its own per test, under the one root."""
    root = await _root(session)
    label = new_id().hex[-4:].upper()
    county = await _node(session, root, f"0{label}", "committee")
    east = await _node(session, county, county.path + "0001", "committee")
    west = await _node(session, county, county.path + "0002", "committee")
    return Tree(
        county=county,
        east=east,
        east_branch=await _node(session, east, east.path + "0001", "branch"),
        west=west,
        west_branch=await _node(session, west, west.path + "0001", "branch"),
        outside=await _node(session, None, "X" + new_id().hex, "committee"),
    )


async def _root(session: AsyncSession) -> Node:
    await session.execute(
        text(
            "insert into organisations (id, code, name, kind, path) values"
            " (:id, 'ROOT', '省委', 'committee', '0') on conflict do nothing"
        ),
        {"id": new_id()},
    )
    found = await session.execute(text("select id from organisations where path = '0'"))
    return Node(found.scalar_one(), "0", "ROOT")


async def _node(session: AsyncSession, parent: Node | None, path: str, kind: str) -> Node:
    node = Node(new_id(), path, new_id().hex[-10:])
    await session.execute(
        text(
            "insert into organisations (id, code, name, kind, path, parent_id, approves_members,"
            " external, children_made)"
            " values (:id, :code, :name, :kind, :path, :parent, :approves, :external, 100)"
        ),
        {
            "id": node.id, "code": node.code, "name": f"示例{kind}", "kind": kind, "path": path,
            "parent": parent.id if parent else None, "approves": kind == "committee",
            "external": parent is None,
        },
    )  # fmt: skip
    return node


async def member(session: AsyncSession, branch: Node, **changes: Any) -> UUID:
    """A full member of a branch."""
    person, found = new_id(), new_id()
    await session.execute(
        text(
            "insert into people (id, name, home_org_id, home_path)"
            " values (:id, '示例党员', :org, :path)"
        ),
        {"id": person, "org": branch.id, "path": branch.path},
    )
    values = {"id": found, "person": person, "org": branch.id, "path": branch.path}
    values |= {"state": "active", "joined": date(2010, 7, 1)} | changes
    await session.execute(
        text(
            "insert into members (id, person_id, standing, state, org_id, org_path, joined_on)"
            " values (:id, :person, 'full', :state, :org, :path, :joined)"
        ),
        values,
    )
    return found


@asynccontextmanager
async def database(url: str) -> AsyncGenerator[AsyncSession]:
    """One committed transaction that sees every row."""
    on = engine(url, pool_size=1)
    try:
        async with system_transaction(on) as session:
            yield session
    finally:
        await on.dispose()
