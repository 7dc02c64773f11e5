"""Commands on a whole case: withdrawal by its starter, repair by an operator, events."""

from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from services.workflows.cases import repository
from services.workflows.commands import repository as commands
from services.workflows.commands.outcomes import conflict
from services.workflows.commands.repository import Command
from shared import audit, clock
from shared.access import Access
from shared.auth import Principal
from shared.contracts.cases import Interruption, Repair
from shared.contracts.changes import Change, ChangeKind
from shared.contracts.inbox import CaseSummary, RepairOrder, Withdrawal
from shared.ids import new_id
from shared.problems import Forbidden

EVENTS = {"died": "member-died", "removed": "member-removed", "left": "member-removed"}
SYSTEM = Access(Principal(account_id="feed", kind="service"), ())


async def withdraw(
    session: AsyncSession,
    access: Access,
    case_id: UUID,
    order: Withdrawal,
    *,
    key: str,
    digest: str,
) -> Command:
    case = await repository.one(session, case_id)
    if case.state == "ended":
        raise conflict("case-ended")
    starter = await session.execute(
        text("select started_by from cases where id=:id"), {"id": case_id}
    )
    if starter.scalar_one() != access.principal.account_id:
        raise Forbidden("not-your-case", "只有发起人可以撤回该事项。")
    stop = Interruption(
        command_id=new_id(),
        actor=access.principal.account_id,
        kind="withdraw",
        on=clock.today(),
    )
    body = {"interruption": stop.model_dump(mode="json")}
    return await _record(
        session, access, case, stop.command_id, "interrupt", body, order.reason, (key, digest)
    )


async def repair(
    session: AsyncSession,
    access: Access,
    case_id: UUID,
    order: RepairOrder,
    *,
    key: str,
    digest: str,
) -> Command:
    case = await repository.one(session, case_id)
    if case.state != "attention":
        raise conflict("not-in-attention")
    mend = Repair(command_id=new_id(), actor=access.principal.account_id, terminate=order.terminate)
    body = {"repair": mend.model_dump(mode="json")}
    return await _record(
        session, access, case, mend.command_id, "mend", body, order.reason, (key, digest)
    )


async def on_change(session: AsyncSession, change: Change) -> None:
    """The register's event overtakes the open cases of its subject."""
    kind = EVENTS.get(str(change.data.get("state"))) if change.kind is ChangeKind.MEMBER else None
    if kind is None:
        return
    claimed = await session.execute(
        text("select case_id from claims where subject_id=:id and released_at is null"),
        {"id": change.object_id},
    )
    for row in claimed.all():
        key = f"{kind}:{change.object_id}"
        if await commands.by_key(session, SYSTEM.principal.account_id, f"{row.case_id}:{key}"):
            continue
        case = await repository.one(session, row.case_id)
        stop = Interruption(
            command_id=new_id(),
            actor=SYSTEM.principal.account_id,
            kind=kind,
            on=clock.today(),
            subject=change.object_id,
        )
        body = {"interruption": stop.model_dump(mode="json")}
        keys = (f"{row.case_id}:{key}", "")
        await _record(session, SYSTEM, case, stop.command_id, "interrupt", body, kind, keys)


async def _record(
    session: AsyncSession,
    access: Access,
    case: CaseSummary,
    command_id: UUID,
    kind: str,
    body: dict[str, Any],
    reason: str,
    keys: tuple[str, str],
) -> Command:
    command = Command.taken(
        access,
        keys,
        id=command_id,
        case_id=case.id,
        kind=kind,
        body={"process": case.process, "title": case.process_title, **body},
    )
    await commands.record(session, command, {"reason": reason})
    await audit.record(session, access, f"case.{kind}", object_kind="case", object_id=case.id)
    return command
