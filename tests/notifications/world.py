"""A small register as notifications knows it, and the service's API in one process."""

import asyncio
import base64
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.notifications.app import create_app
from services.notifications.settings import NotificationsSettings
from shared.access import Access, Grant, Role
from shared.auth import Principal
from shared.contracts.messages import Channel, Message, Recipient, Template
from shared.copies.access import load_grants
from shared.copies.tables import ACCOUNTS, GRANTS, ORGANISATIONS
from shared.database import system_transaction
from shared.ids import new_id
from tests.principals import FakeVerifier

NOWHERE = "http://127.0.0.1:9"
KEY = SecretStr(base64.b64encode(b"k" * 32).decode())


def settings(url: str, **changes: Any) -> NotificationsSettings:
    given: dict[str, Any] = {
        "database_url": url,
        "audit_key": KEY,
        "orgs_url": NOWHERE,
        "issuer": NOWHERE,
        "console_url": "http://console.example",
    }
    return NotificationsSettings(**(given | changes))


def application(url: str, **changes: Any) -> tuple[FastAPI, FakeVerifier]:
    """Callers need no login; their grants come from the copy, as in production."""
    app = create_app(settings(url, **changes))
    verifier = FakeVerifier()
    app.state.verifier = verifier
    app.state.load_grants = load_grants
    return app, verifier


@asynccontextmanager
async def served(app: FastAPI) -> AsyncGenerator[httpx.AsyncClient]:
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url="http://notifications"
        ) as client,
    ):
        yield client


@dataclass(frozen=True)
class Org:
    id: UUID
    path: str


async def organisation(on: AsyncEngine, path: str = "0") -> Org:
    org = Org(new_id(), path)
    values = {
        "id": org.id, "path": path, "name": "示例党委", "kind": "committee", "code": "1",
        "status": "active", "approves_members": True, "external": False,
    }  # fmt: skip
    async with system_transaction(on) as session:
        await session.execute(insert(ORGANISATIONS).values(values))
    return org


async def account(
    on: AsyncEngine,
    *grants: tuple[Role, Org],
    person: UUID | None = None,
    disabled: bool = False,
    until: date | None = None,
) -> UUID:
    """An account with its grants, as the feed would have brought them."""
    found = new_id()
    async with system_transaction(on) as session:
        await session.execute(
            insert(ACCOUNTS).values(id=found, person_id=person, name="示例", disabled=disabled)
        )
        for role, org in grants:
            await session.execute(
                insert(GRANTS).values(
                    id=new_id(), account_id=found, role=role.value, org_id=org.id,
                    valid_from=date(2020, 1, 1), valid_to=until,
                )
            )  # fmt: skip
    return found


async def seen(on: AsyncEngine, seconds_ago: int = 0) -> None:
    """The feed answered that long ago."""
    async with system_transaction(on) as session:
        await session.execute(
            text("update copy_state set seen_at = clock_timestamp() - make_interval(secs => :s)"),
            {"s": seconds_ago},
        )


def person(verifier: FakeVerifier, account_id: UUID) -> dict[str, str]:
    return verifier.person(name=str(account_id))


def principal(account_id: UUID, kind: str = "person") -> Principal:
    return Principal(account_id=str(account_id), kind=kind)


def access(account_id: UUID, *grants: tuple[Role, Org]) -> Access:
    held = tuple(Grant(role, org.id, org.path) for role, org in grants)
    return Access(principal(account_id), held)


def message(to: UUID | Recipient, key: str = "", **changes: Any) -> Message:
    given: dict[str, Any] = {
        "dedupe_key": key or str(new_id()),
        "template": Template.TASK_OPENED,
        "variables": {"process": "党员组织关系转接", "task": "支部审查", "due_on": "2026-12-01"},
        "to": to if isinstance(to, Recipient) else Recipient(account_id=to),
        "channels": frozenset[Channel](),
    }
    return Message(**(given | changes))


def body(messages: Iterable[Message]) -> dict[str, Any]:
    return {"messages": [one.model_dump(mode="json") for one in messages]}


async def scalar(on: AsyncEngine, sql: str, **values: Any) -> Any:
    async with system_transaction(on) as session:
        return (await session.execute(text(sql), values)).scalar_one()


async def eventually(check: Callable[[], Awaitable[object]], seconds: float = 20) -> None:
    """Wait until it holds; the time limit is the failure."""
    async with asyncio.timeout(seconds):
        while True:
            if await check():
                return
            await asyncio.sleep(0.02)
