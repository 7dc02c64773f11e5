"""Whoever is superuser may change the audit trail, and the offline verifier says so."""

import base64
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from shared import audit, audit_verify
from shared.access import Access
from shared.auth import Principal
from shared.database import engine, system_transaction
from shared.ids import new_id
from tests.databases import DatabaseSet
from tests.superuser import executed

KEY = b"a" * 32
SOMEONE = Access(Principal(account_id=str(new_id()), kind="person"), ())
TAMPERINGS = {
    "edit": "update orgs.audit_events set actor = 'somebody else' where id = 3",
    "edit of the detail": "update orgs.audit_events set detail = '{}' where id = 3",
    "delete": "delete from orgs.audit_events where id = 3",
    "delete with its seal": "delete from orgs.audit_events where id = 3;"
    "delete from orgs.audit_seals where event_id = 3;"
    "update orgs.audit_seals set seq = seq - 1 where seq > 3",
    "reorder": "update orgs.audit_events set id = -id where id in (3, 4);"
    "update orgs.audit_events set id = 7 + id where id in (-3, -4)",
    "reorder of the seals": "alter table orgs.audit_seals drop constraint uq_audit_seals_event_id;"
    "update orgs.audit_seals set event_id = 7 - event_id where event_id in (3, 4)",
    "cut of the tail": "delete from orgs.audit_events where id > 4;"
    "delete from orgs.audit_seals where event_id > 4",
    "cut of everything": "truncate orgs.audit_events, orgs.audit_seals",
    "slipped in": "insert into orgs.audit_events (xid, at, actor, actor_kind, action, object_kind)"
    " select xid, at, actor, actor_kind, action, object_kind from orgs.audit_events where id = 1",
}


@dataclass
class Trail:
    databases: DatabaseSet
    anchor: Path

    async def tamper(self, script: str) -> None:
        await executed(self.databases.server, self.databases.names.main, script)

    async def verdict(self) -> int:
        return await audit_verify.main(["orgs", "--anchor", str(self.anchor)])


@pytest_asyncio.fixture
async def trail(
    fresh_postgres: DatabaseSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[Trail]:
    """Six sealed events in three transactions, each head anchored."""
    monkeypatch.setenv("DANGJIAN_ORGS_AUDIT_KEY", base64.b64encode(KEY).decode())
    monkeypatch.setenv("DANGJIAN_ORGS_DATABASE_URL", fresh_postgres.url("orgs"))
    on, anchor = engine(fresh_postgres.url("orgs"), pool_size=1), tmp_path / "orgs.anchor"
    for _ in range(3):
        async with system_transaction(on) as session:
            for action in ("member.corrected", "member.moved"):
                await audit.record(session, SOMEONE, action, object_kind="member", code="示例")
        async with system_transaction(on) as session:
            head = await audit.seal(session, KEY)
        with anchor.open("a") as file:
            file.write(f"2026-11-23T00:00:00+00:00 {head}\n")
    await on.dispose()
    yield Trail(fresh_postgres, anchor)


async def test_an_untouched_trail_is_intact(trail: Trail) -> None:
    assert await trail.verdict() == 0


@pytest.mark.parametrize("script", TAMPERINGS.values(), ids=TAMPERINGS.keys())
async def test_tampering_by_a_superuser_is_detected(trail: Trail, script: str) -> None:
    await trail.tamper(script)
    assert await trail.verdict() == 1


async def test_whoever_lacks_the_key_cannot_seal_anew(trail: Trail) -> None:
    await trail.tamper(
        "update orgs.audit_events set actor = 'x' where id = 1; truncate orgs.audit_seals"
    )
    on = engine(trail.databases.url("orgs"), pool_size=1)
    async with system_transaction(on) as session:
        await audit.seal(session, b"b" * 32)
    await on.dispose()
    assert await trail.verdict() == 1


async def test_the_app_role_may_only_add(trail: Trail) -> None:
    on = engine(trail.databases.url("orgs"), pool_size=1)
    for statement in ("update audit_events set actor = 'x'", "delete from audit_seals"):
        with pytest.raises(Exception, match="InsufficientPrivilege"):
            async with system_transaction(on) as session:
                await session.execute(audit.text(statement))
    await on.dispose()
