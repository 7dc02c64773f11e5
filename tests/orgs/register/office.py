"""The register's API over a small county of its own, with the callers that tests speak as."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from httpx import AsyncClient, Response
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from services.orgs.access import routes as access
from services.orgs.metadata import IDEMPOTENCY
from services.orgs.register import bulk
from services.orgs.register import routes as register
from services.orgs.register.enterprises.rules import demonstration_credit_code
from services.orgs.register.people.rules import demonstration_id_number
from shared.access import Role
from shared.contracts.register import OrganisationKind
from shared.ids import new_id
from shared.service import Service, build
from tests.orgs.api import Node, database, served, settings
from tests.principals import FakeVerifier, grant, keyed

_SERIAL = count(int.from_bytes(new_id().bytes[-3:]) % 9_000_000)
BORN = date(1980, 2, 29)


def id_number() -> str:
    """An invented number that no other test of this run has."""
    return demonstration_id_number(BORN, next(_SERIAL))


def credit_code() -> str:
    return demonstration_credit_code(next(_SERIAL))


@dataclass(frozen=True)
class County:
    county: Node
    east: Node
    east_branch: Node
    second_branch: Node
    west: Node
    west_branch: Node
    outside: Node


@dataclass(frozen=True)
class Office:
    client: AsyncClient
    callers: FakeVerifier
    app: FastAPI
    county: County
    url: str

    def at(self, role: Role, node: Node) -> dict[str, str]:
        return self.callers.person(grant(role, node.id, node.path))

    def committee(self, node: Node | None = None) -> dict[str, str]:
        return self.at(Role.COMMITTEE, node or self.county.county)

    async def get(self, path: str, who: dict[str, str] | None = None, **params: Any) -> Response:
        return await self.client.get(path, params=params, headers=who or self.committee())

    async def send(
        self,
        method: str,
        path: str,
        body: dict[str, Any],
        who: dict[str, str] | None = None,
        **headers: str,
    ) -> Response:
        return await self.client.request(
            method, path, json=body, headers=keyed(who or self.committee(), **headers)
        )

    async def effect(self, member: str, name: str, **body: Any) -> Response:
        path = f"/v1/members/{member}/{name}"
        return await self.send("POST", path, {"on": "2026-03-02"} | body, self.callers.service())

    async def person(self, at: Node, name: str = "王示例", **more: Any) -> dict[str, Any]:
        body = {"name": name, "id_number": id_number(), "home_org_id": str(at.id)} | more
        answer = await self.send("POST", "/v1/people", body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def member(self, at: Node, name: str = "王示例", **more: Any) -> dict[str, Any]:
        person = await self.person(at, name)
        body = {
            "person_id": person["id"], "org_id": str(at.id), "standing": "full",
            "joined_on": "2015-07-01", "full_on": "2016-07-01", "reason": "首次录入",
        } | more  # fmt: skip
        answer = await self.send("POST", "/v1/members", body)
        assert answer.status_code == 201, answer.text
        return answer.json()


@asynccontextmanager
async def opened(url: str, keys_url: str) -> AsyncGenerator[Office]:
    chosen = settings(url, keys_url).model_copy(update={"demo": True})
    groups = (register,)
    app = build(
        Service(
            name="orgs",
            settings=chosen,
            routers=[router for group in groups for router in group.ROUTERS],
            permissions={k: v for group in groups for k, v in group.PERMISSIONS.items()},
            load_grants=access.load_grants,
            idempotency_table=IDEMPOTENCY,
            constraints={k: v for group in groups for k, v in group.CONSTRAINTS.items()},
        )
    )
    callers = FakeVerifier().install(app)
    async with database(url) as session:
        county = await settle(session)
    async with served(app) as client:
        yield Office(client, callers, app, county, url)


async def settle(session: AsyncSession) -> County:
    """A county with two committees, below the one root of the database."""
    await session.execute(
        text(
            "insert into organisations (id, code, name, kind, path) values"
            " (:id, 'ROOT', '省委', 'committee', '0') on conflict do nothing"
        ),
        {"id": new_id()},
    )
    found = await session.execute(text("select id from organisations where path = '0'"))
    # Paths that other tests wrote by hand may hold the next label.
    await session.execute(
        text("update organisations set children_made = greatest(children_made, 100000)"
             " where path = '0'")
    )  # fmt: skip
    root: UUID = found.scalar_one()
    county = _row("示例县委", OrganisationKind.COMMITTEE, root)
    east = _row("城东镇党委", OrganisationKind.COMMITTEE, county.id)
    west = _row("城西镇党委", OrganisationKind.COMMITTEE, county.id)
    rows = {
        "county": county,
        "east": east,
        "west": west,
        "east_branch": _row("东风机械公司党支部", OrganisationKind.BRANCH, east.id),
        "second_branch": _row("和平纺织公司党支部", OrganisationKind.BRANCH, east.id),
        "west_branch": _row("西山茶业公司党支部", OrganisationKind.BRANCH, west.id),
        "outside": _row("外省某区委", OrganisationKind.COMMITTEE, None),
    }
    paths = await bulk.load_organisations(session, list(rows.values()))
    return County(**{name: Node(r.id, paths[r.id], r.code) for name, r in rows.items()})


def _row(name: str, kind: OrganisationKind, parent: UUID | None) -> bulk.LoadedOrganisation:
    return bulk.LoadedOrganisation(
        code=new_id().hex[-12:],
        name=name,
        kind=kind,
        parent_id=parent,
        since=date(2010, 1, 1),
        approves_members=kind is OrganisationKind.COMMITTEE,
        external=parent is None,
        phone="10012345678" if parent is None else None,
    )
