"""Claims, urging and escalation of tasks: they belong to the office, not to the process."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlmodel.ext.asyncio.session import AsyncSession

from services.workflows import notices
from services.workflows.registry import process_of
from services.workflows.tasks import rules
from shared import audit, clock
from shared.access import Access, Role
from shared.contracts.messages import Message, Recipient, Template
from shared.ids import new_id
from shared.problems import Conflict, Forbidden


async def claim(session: AsyncSession, access: Access, task: Row[Any]) -> None:
    await rules.may_answer(session, access, task)
    await session.execute(text("select 1 from tasks where id=:id for update"), {"id": task.id})
    holder = task.claimant if task.claim_kind == "claimed" else None
    account = access.principal.account_id
    if holder == account:
        return
    if holder is not None:
        raise Conflict("task-claimed", "该事项已由同事签领，请与其协商或等其退回。")
    await _handle(session, access, task, "claimed")


async def release(session: AsyncSession, access: Access, task: Row[Any]) -> None:
    await rules.may_answer(session, access, task)
    if task.claim_kind == "claimed":
        await _handle(session, access, task, "released")


async def urge(session: AsyncSession, access: Access, task: Row[Any]) -> None:
    """Reaches those whose turn it is, once a day."""
    superior = access.covers(task.org_path, {Role.COMMITTEE, Role.ORGANISER})
    starter = await session.execute(
        text("select started_by from cases where id=:id"), {"id": task.case_id}
    )
    if not superior and starter.scalar_one() != access.principal.account_id:
        raise Forbidden("not-yours-to-urge", "只有发起人或上级党组织可以催办。")
    if task.state != "open":
        raise Conflict("task-closed", "该事项已关闭，无需催办。")
    await _handle(session, access, task, "urged")
    due = {"due_on": task.due_on.isoformat()} if task.due_on else {}
    told = Message(
        dedupe_key=f"urged:{task.id}:{clock.today().isoformat()}",
        template=Template.TASK_URGED,
        to=Recipient(role=Role(task.role), org_id=task.org_id),
        variables={
            "process": process_of(task.process).title,
            "case_number": str(task.case_id)[-8:],
            "task": task.title,
            **due,
        },
        case_id=task.case_id,
        task_id=task.id,
    )
    await notices.add(session, [told])


async def _handle(
    session: AsyncSession,
    access: Access,
    task: Row[Any],
    kind: str,
    *,
    to_org: UUID | None = None,
    to_path: str | None = None,
) -> None:
    await session.execute(
        text(
            "insert into handlings (id, task_id, case_id, kind, actor, at, to_org_id, to_path)"
            " values (:id, :task, :case, :kind, :actor, :at, :org, :path)"
        ),
        {
            "id": new_id(),
            "task": task.id,
            "case": task.case_id,
            "kind": kind,
            "actor": access.principal.account_id,
            "at": clock.now(),
            "org": to_org,
            "path": to_path,
        },
    )
    await audit.record(
        session,
        access,
        f"task.{kind}",
        object_kind="task",
        object_id=task.id,
        org_path=task.org_path,
    )
