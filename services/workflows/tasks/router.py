"""/v1/tasks: the inbox, one task with its form, decisions, claims, urging."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, status

from services.workflows.commands.answer import ANSWERS, once
from services.workflows.commands.repository import Command
from services.workflows.deps import RegisterDep
from services.workflows.registry import process_of
from services.workflows.tasks import decisions, handling, repository, rules
from shared import clock
from shared.contracts.base import Contract
from shared.contracts.inbox import Checked, NewDecision, TaskDetail, TaskSummary
from shared.copies.working_days import working_days
from shared.pages import MAX_LIMIT, Page
from shared.web import AccessDep, Route, SessionDep

router = APIRouter(prefix="/v1/tasks", tags=["tasks"], route_class=Route)


class Counts(Contract):
    todo: int
    overdue: int
    soon: int
    """Due within 30 days."""


@router.get("")
async def inbox(
    session: SessionDep,
    access: AccessDep,
    box: Literal["todo", "optional", "done"] = "todo",
    after: Annotated[str | None, Query(max_length=300)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50,
) -> Page[TaskSummary]:
    """My turn (overdue first), standing possibilities, or what I have answered."""
    return await repository.inbox(session, access, box=box, after=after, limit=limit)


@router.get("/counts")
async def counts(session: SessionDep, access: AccessDep) -> Counts:
    row = await repository.counts(session, access)
    return Counts(todo=row.todo, overdue=row.overdue, soon=row.soon)


@router.get("/{task_id}")
async def read_task(session: SessionDep, task_id: UUID) -> TaskDetail:
    """One task with the JSON Schema of its form and why its date is what it is."""
    row = await repository.row_of(session, task_id)
    calendar = await working_days(session)
    provisional = row.due_on is not None and calendar.is_provisional(row.due_on)
    return repository.detail(row, provisional=provisional)


@router.post("/{task_id}/check")
async def check(
    session: SessionDep, access: AccessDep, register: RegisterDep, task_id: UUID, new: NewDecision
) -> Checked:
    """Run every rule of a decision and write nothing."""
    row = await repository.row_of(session, task_id)
    await rules.may_answer(session, access, row)
    rules.still_open(row, new.on or clock.today())
    await rules.examined(register, process_of(row.process), row, new)
    return Checked(label=row.label)


@router.post(
    "/{task_id}/decisions",
    status_code=status.HTTP_201_CREATED,
    response_model=None,
    responses=ANSWERS,
)
async def decide(
    request: Request,
    task_id: UUID,
    new: NewDecision,
    session: SessionDep,
    access: AccessDep,
    register: RegisterDep,
) -> None:
    """Answer a task. 201 applied, 202 recorded and on its way.

    Errors: 403 not-your-turn, both-sides; 409 task-already-answered, period-lapsed; 422 by field.
    """

    async def make(key: str, digest: str) -> Command:
        return await decisions.record(
            session, access, register, task_id, new, key=key, digest=digest
        )

    await once(request, session, access.principal.account_id, make)


@router.post("/{task_id}/claims", status_code=status.HTTP_204_NO_CONTENT)
async def claim(session: SessionDep, access: AccessDep, task_id: UUID) -> None:
    """Take a task for oneself (签领); colleagues see it, 409 when another has it."""
    await handling.claim(session, access, await repository.row_of(session, task_id))


@router.delete("/{task_id}/claims", status_code=status.HTTP_204_NO_CONTENT)
async def release(session: SessionDep, access: AccessDep, task_id: UUID) -> None:
    """Give a claimed task back to the office."""
    await handling.release(session, access, await repository.row_of(session, task_id))


@router.post("/{task_id}/urgings", status_code=status.HTTP_204_NO_CONTENT)
async def urge(session: SessionDep, access: AccessDep, task_id: UUID) -> None:
    """催办: by the starter or a superior, once a day for each task."""
    await handling.urge(session, access, await repository.row_of(session, task_id))
