"""Records a person's decision: authority and form are checked here, once, at the counter."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.workflows.commands import repository as commands
from services.workflows.commands.repository import Command
from services.workflows.forms import split_private
from services.workflows.kernel.process import Register
from services.workflows.registry import process_of
from services.workflows.tasks import repository, rules
from shared import audit, clock
from shared.access import Access
from shared.contracts.cases import Decision
from shared.contracts.inbox import NewDecision
from shared.ids import new_id


async def record(
    session: AsyncSession,
    access: Access,
    register: Register,
    task_id: UUID,
    new: NewDecision,
    *,
    key: str,
    digest: str,
) -> Command:
    task = await repository.row_of(session, task_id)
    behalf = await rules.may_answer(session, access, task)
    on = new.on or clock.today()
    rules.still_open(task, on)
    form = await rules.examined(register, process_of(task.process), task, new)
    public, private = split_private(form) if form else ({}, {})
    decision = Decision(
        command_id=new_id(),
        task_id=task_id,
        actor=access.principal.account_id,
        on_behalf_of=behalf,
        choice=new.choice,
        on=on,
        form=public,
    )
    command = Command.taken(
        access,
        (key, digest),
        id=decision.command_id,
        case_id=task.case_id,
        task_id=task_id,
        kind="decide",
        on_behalf_of=behalf,
        body={
            "process": task.process,
            "title": task.title,
            "decision": decision.model_dump(mode="json"),
        },
    )
    await commands.record(session, command, private)
    await audit.record(
        session,
        access,
        "task.decided",
        object_kind="task",
        object_id=task_id,
        org_path=task.org_path,
        on_behalf_of=behalf,
        choice=new.choice,
    )
    return command
