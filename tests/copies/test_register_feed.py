"""The register's own feed, read by the follower: both sides of the contract together."""

from datetime import date

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from services.orgs.exchange.changes.repository import publish
from services.orgs.exchange.changes.router import router as changes
from services.orgs.metadata import IDEMPOTENCY
from shared.contracts.changes import AccountCopy, ChangeKind, GrantCopy
from shared.copies.access import load_grants
from shared.copies.follower import follow_once
from shared.database import engine, system_transaction
from shared.ids import new_id
from shared.permissions import services_only
from shared.service import Service, build
from shared.settings import ServiceSettings
from tests.databases import DatabaseSet
from tests.notifications.world import eventually, scalar
from tests.orgs.api import KEY
from tests.principals import FakeVerifier


@pytest.fixture
def orgs_url(fresh_postgres: DatabaseSet) -> str:
    return fresh_postgres.url("orgs")


async def test_what_the_register_publishes_arrives(orgs_url: str, on: AsyncEngine) -> None:
    who = AccountCopy(id=new_id(), person_id=new_id(), name="示例", disabled=False)
    held = GrantCopy(
        id=new_id(), account_id=who.id, role="committee", org_id=new_id(),
        valid_from=date(2026, 1, 1), valid_to=None,
    )  # fmt: skip
    register = engine(orgs_url, pool_size=1)
    async with system_transaction(register) as session:
        await publish(session, ChangeKind.ACCOUNT, who.id, who)
        await publish(session, ChangeKind.MEMBER, new_id())
        await publish(session, ChangeKind.GRANT, held.id, held)
    await register.dispose()
    app = build(
        Service(
            name="orgs",
            settings=ServiceSettings(database_url=orgs_url, audit_key=SecretStr(KEY)),
            routers=[changes],
            permissions={("GET", "/v1/changes"): services_only()},
            load_grants=load_grants,
            idempotency_table=IDEMPOTENCY,
        )
    )
    verifier = FakeVerifier().install(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app),
            base_url="http://orgs",
            headers=verifier.service("notifications"),
        ) as orgs,
    ):

        async def arrived() -> bool:
            await follow_once(on, orgs)
            return bool(await scalar(on, "select count(*) from copy_grants"))

        await eventually(arrived)
    assert await scalar(on, "select account_id from copy_grants") == who.id
    assert await scalar(on, "select person_id from copy_accounts") == who.person_id
