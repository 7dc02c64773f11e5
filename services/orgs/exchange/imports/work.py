"""Checks and applies imports in the background; what a killed worker began, another repeats."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from services.orgs.exchange.imports import repository, verdicts
from services.orgs.exchange.imports.applying import Writer
from services.orgs.exchange.imports.checks.checking import check
from services.orgs.exchange.imports.checks.loading import organisations
from services.orgs.exchange.imports.checks.plans import Office, Planned
from services.orgs.exchange.imports.columns import Kind
from services.orgs.exchange.imports.rows import Part, parts
from services.orgs.exchange.imports.sealing import FileSealer
from services.orgs.exchange.imports.states import Mode, State
from services.orgs.exchange.imports.workbook import isolated, report
from services.orgs.register.people.keystore import Keystore
from shared import audit, clock, logging
from shared.access import Access
from shared.auth import Principal
from shared.database import set_scope, system_transaction
from shared.problems import Conflict, Invalid, Problem, Unavailable

PAUSE = 1.0
"""Seconds between two looks for work."""
log = logging.logger()
Found = dict[str, Any]


@dataclass(frozen=True)
class Desk:
    """What the work needs of the service."""

    engine: AsyncEngine
    keystore: Keystore
    sealer: FileSealer
    demo: bool

    def office(self, job: Found, today: date) -> Office:
        return Office(job["org_id"], job["org_path"], today, self.demo)


def place(import_id: UUID, column: str) -> str:
    """What a sealed file is bound to."""
    return f"imports/{column}/{import_id}"


async def forever(app: FastAPI) -> None:
    """Until the service stops. Every replica does it; a lease keeps them apart."""
    settings = app.state.settings
    desk = Desk(
        app.state.engine, app.state.keystore, FileSealer(settings.master_keys), settings.demo
    )
    while True:
        try:
            if not await work_once(desk):
                await _expire(desk)
                await asyncio.sleep(PAUSE)
        except Exception as error:
            log.warning("imports", exc_info=error)
            await asyncio.sleep(PAUSE)


async def work_once(desk: Desk) -> bool:
    """Take up one import and bring it a state further; False when none waits."""
    async with system_transaction(desk.engine) as session:
        job = await repository.claim(session)
    if job is None:
        return False
    async with _leased(desk, job["id"]):
        try:
            if job["attempts"] > repository.MOST_ATTEMPTS:
                raise Invalid("import-failed", "多次处理未成功，请联系系统管理员后重新上传。")
            step = _check if job["state"] == State.CHECKING.value else _apply
            await step(desk, job)
        except (Unavailable, DBAPIError) as error:
            await _again(desk, job, error)
        except Problem as problem:
            await _fail(desk, job, problem)
    return True


async def _again(desk: Desk, job: Found, error: Exception) -> None:
    """Somebody else was faster, or a database is away: the next attempt comes a little later."""
    log.warning("import", import_id=job["id"], attempt=job["attempts"], kind=type(error).__name__)
    async with system_transaction(desk.engine) as session:
        later = clock.now() + timedelta(seconds=2 * job["attempts"])
        await repository.change(session, job["id"], leased_until=later)


@asynccontextmanager
async def _leased(desk: Desk, import_id: UUID) -> AsyncGenerator[None]:
    """Prolong the lease for as long as the work goes on."""

    async def prolong() -> None:
        while True:
            await asyncio.sleep(repository.LEASE.seconds / 3)
            async with system_transaction(desk.engine) as session:
                until = clock.now() + repository.LEASE
                await repository.change(session, import_id, leased_until=until)

    beating = asyncio.ensure_future(prolong())
    try:
        yield
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)


async def _read(desk: Desk, job: Found) -> list[Part]:
    async with system_transaction(desk.engine) as session:
        sealed = await repository.file(session, job["id"], "content")
        chosen = await repository.chosen_headings(session, job["org_id"])
    if sealed is None:
        raise Invalid("import-failed", "文件已清除，请重新上传。")
    kind = Kind(job["kind"]) if job["kind"] else None

    def read() -> list[Part]:
        content = desk.sealer.open(sealed, place(job["id"], "content"))
        return parts(isolated.read(content), kind, chosen)

    return await asyncio.to_thread(read)


async def _check(desk: Desk, job: Found) -> None:
    """Verdicts, preview and report; nothing is written to the register."""
    found = await _read(desk, job)
    if any(part.headings.missing for part in found):
        await _ask_for_headings(desk, job, found)
        return
    async with system_transaction(desk.engine) as session:
        plans = await check(session, desk.keystore, desk.office(job, clock.today()), found)
    await _keep(desk, job, found, plans)


async def _keep(
    desk: Desk, job: Found, found: list[Part], plans: list[Planned], **told: str
) -> None:
    import_id = job["id"]

    def close() -> dict[str, bytes | None]:
        preview = verdicts.preview(found, plans)
        bad = report.workbook(found) if any(plan.row.is_bad for plan in plans) else None
        return {
            "preview": desk.sealer.close(preview, place(import_id, "preview")),
            "report": desk.sealer.close(bad, place(import_id, "report")) if bad else None,
        }

    files = await asyncio.to_thread(close)
    rows = repository.as_rows(import_id, verdicts.verdicts(plans))
    async with system_transaction(desk.engine) as session:
        await repository.put_rows(session, import_id, rows)
        await repository.change(
            session, import_id, state=State.CHECKED.value, counts=verdicts.counts(plans),
            headings=verdicts.headings(found), leased_until=None, attempts=0,
            **files, **told,
        )  # fmt: skip


async def _ask_for_headings(desk: Desk, job: Found, found: list[Part]) -> None:
    """The file stays: once somebody says which column is which, it is checked again."""
    missing = "、".join(
        f"{part.sheet.name}：{heading}" for part in found for heading in part.headings.missing
    )
    async with system_transaction(desk.engine) as session:
        await repository.change(
            session, job["id"], state=State.FAILED.value, leased_until=None, attempts=0,
            headings=verdicts.headings(found), error_code="missing-column",
            error_detail=f"缺少必填栏目（{missing}），请指定对应的栏目，或改好表头后重新上传。",
        )  # fmt: skip


async def _apply(desk: Desk, job: Found) -> None:
    """Check again, for the register may have changed, and write in the same transaction."""
    found = await _read(desk, job)
    office = desk.office(job, clock.today())
    async with system_transaction(desk.engine) as session:
        plans = await check(session, desk.keystore, office, found)
        counts = verdicts.counts(plans)
        if job["mode"] == Mode.ALL.value and counts.get("refused"):
            changed = True
        else:
            changed = False
            known = await organisations(session, office, [])
            await set_scope(session, prefixes=(office.path,), person=None)
            writer = Writer(session, desk.keystore, office.today, _progress(desk, job["id"]))
            made = await writer.write(plans, {row["id"]: row["path"] for row in known})
            done = [
                replace(plan, object_id=made.get(at, plan.object_id))
                for at, plan in enumerate(plans)
            ]
            await _record(session, job, done, counts)
    if changed:
        sentence = "检查之后登记内容有变化，部分行不再合格，请查看后重新确认。"
        await _keep(desk, job, found, plans, error_code="changed-meanwhile", error_detail=sentence)


def _progress(desk: Desk, import_id: UUID) -> Callable[[int], Awaitable[None]]:
    """In a transaction of its own: the one that writes shows nothing before its end."""

    async def told(done: int) -> None:
        async with system_transaction(desk.engine) as session:
            await repository.change(session, import_id, done=done)

    return told


async def _record(session: Any, job: Found, plans: list[Planned], counts: dict[str, int]) -> None:
    """In the transaction of the import itself: its end, the rows' records, the audit trail."""
    rows = repository.as_rows(job["id"], verdicts.verdicts(plans))
    applied = [{**row, "applied": row["verdict"] in ("create", "correct")} for row in rows]
    await repository.put_rows(session, job["id"], applied)
    await repository.end(session, job["id"], State.APPLIED, counts=counts, done=len(plans))
    importer = Access(Principal(account_id=job["created_by"], kind="person"), ())
    await audit.record(
        session, importer, "import.applied", object_kind="import", object_id=job["id"],
        org_path=job["org_path"], counts=counts,
    )  # fmt: skip


async def _fail(desk: Desk, job: Found, problem: Problem) -> None:
    keep = isinstance(problem, Conflict) or problem.code == "no-known-sheet"
    told = {"error_code": problem.code, "error_detail": problem.detail}
    async with system_transaction(desk.engine) as session:
        if keep:
            await repository.change(
                session, job["id"], state=State.FAILED.value, leased_until=None, **told
            )
        else:
            await repository.end(session, job["id"], State.FAILED, **told)


async def _expire(desk: Desk) -> None:
    async with system_transaction(desk.engine) as session:
        for import_id in await repository.expired(session):
            await repository.end(session, import_id, State.DISCARDED)
