"""/v1/cases: open, list, read, withdraw, repair."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, status
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from services.workflows.cases import actions, repository
from services.workflows.cases.intake import Intake
from services.workflows.cases.repository import Filter
from services.workflows.commands.answer import ANSWERS, once
from services.workflows.commands.repository import Command
from services.workflows.deps import RegisterDep, SettingsDep
from services.workflows.registry import process_of
from shared.access import EVERYWHERE
from shared.contracts.inbox import (
    CaseDetail,
    CaseSummary,
    NewCase,
    RepairOrder,
    TimelineEntry,
    Withdrawal,
)
from shared.database import set_scope
from shared.pages import MAX_LIMIT, Page
from shared.problems import NotFound
from shared.web import AccessDep, Route, SessionDep

router = APIRouter(prefix="/v1/cases", tags=["cases"], route_class=Route)
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]


@router.post("", status_code=status.HTTP_201_CREATED, response_model=None, responses=ANSWERS)
async def open_case(
    request: Request,
    new: NewCase,
    session: SessionDep,
    access: AccessDep,
    register: RegisterDep,
    settings: SettingsDep,
) -> None:
    """Open a case. 201 when it has come to its first rest, 202 when it is recorded and on its way.

    Errors: 403 not-yours-to-file, 409 member-in-transit, same-organisation, subject-claimed …,
    422 by field of the process's request.
    """
    process = process_of(new.process)
    intake = Intake(session, access, register, settings)

    async def make(key: str, digest: str) -> Command:
        return await intake.open(new, process, key, digest)

    await once(request, session, access.principal.account_id, make)


@router.get("")
async def list_cases(  # noqa: PLR0913, PLR0917
    session: SessionDep,
    access: AccessDep,
    process: Annotated[str | None, Query(max_length=60)] = None,
    state: Annotated[str | None, Query(max_length=20)] = None,
    under: UUID | None = None,
    subject: UUID | None = None,
    mine: bool = False,
    overdue: bool = False,
    after: Annotated[str | None, Query(max_length=300)] = None,
    limit: Limit = 50,
) -> Page[CaseSummary]:
    """Cases that the caller may read, newest first; `under` is an organisation's subtree."""
    where = Filter(
        process=process,
        state=state,
        under=await _path(session, under) if under else None,
        started_by=access.principal.account_id if mine else None,
        overdue=overdue,
        subject=subject,
    )
    return await repository.page(session, where, after=after, limit=limit)


async def _path(session: AsyncSession, org_id: UUID) -> str:
    found = await session.execute(
        text("select path from copy_organisations where id=:id"), {"id": org_id}
    )
    path = found.scalar_one_or_none()
    if path is None:
        raise NotFound("no-organisation", "没有找到该党组织，请核对。", field="under")
    return path


@router.get("/{case_id}")
async def read_case(session: SessionDep, case_id: UUID) -> CaseDetail:
    """One case with its tasks and parties; 404 for whoever may not read it."""
    return await repository.detail(session, case_id)


@router.get("/{case_id}/timeline")
async def read_timeline(session: SessionDep, case_id: UUID) -> list[TimelineEntry]:
    """What happened, oldest first, each entry with its article."""
    return await repository.timeline(session, case_id)


@router.post(
    "/{case_id}/withdrawals",
    status_code=status.HTTP_201_CREATED,
    response_model=None,
    responses=ANSWERS,
)
async def withdraw(
    request: Request, case_id: UUID, order: Withdrawal, session: SessionDep, access: AccessDep
) -> None:
    """The starter takes the case back before the other side has accepted (409 not-withdrawable)."""

    async def make(key: str, digest: str) -> Command:
        return await actions.withdraw(session, access, case_id, order, key=key, digest=digest)

    await once(request, session, access.principal.account_id, make)


@router.post(
    "/{case_id}/repairs",
    status_code=status.HTTP_201_CREATED,
    response_model=None,
    responses=ANSWERS,
)
async def repair(
    request: Request, case_id: UUID, order: RepairOrder, session: SessionDep, access: AccessDep
) -> None:
    """An operator carries a case in `attention` on, or ends it, with a reason (409 otherwise)."""

    # Operators read no case, yet mend every one: the case is found, and stays out of the answer.
    await set_scope(session, prefixes=(EVERYWHERE,), person=None)

    async def make(key: str, digest: str) -> Command:
        return await actions.repair(session, access, case_id, order, key=key, digest=digest)

    await once(request, session, access.principal.account_id, make, shows_case=False)
