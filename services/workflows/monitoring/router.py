"""/v1/monitoring: what is stuck and what waits to be delivered, without personal data."""

from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import text

from services.workflows.commands.answer import status_of
from services.workflows.commands.repository import by_id
from shared.contracts.inbox import Backlog, CommandStatus, Stuck
from shared.database import set_scope
from shared.problems import Forbidden, NotFound
from shared.web import AccessDep, Route, SessionDep

router = APIRouter(tags=["monitoring"], route_class=Route)
_STUCK = text(
    "select c.id as case_id, c.process, c.step, coalesce(c.attention, 'not-answering') as code,"
    " coalesce(c.unreachable_since, c.fence) as since,"
    " (select coalesce(max(attempts), 0) from commands k where k.case_id = c.id) as attempts"
    " from cases c where c.state='attention' or c.unreachable_since is not null"
    " order by since limit 200"
)


@router.get("/v1/monitoring/backlog")
async def backlog(session: SessionDep) -> Backlog:
    """Commands not yet delivered, notices not yet handed over, cases that call for attention."""
    await set_scope(session, prefixes=("0",), person=None)
    row = (
        await session.execute(
            text(
                "select count(*) as n, min(recorded_at) as oldest,"
                " (select count(*) from notices) as notices"
                " from commands where state='recorded'"
            )
        )
    ).one()
    stuck = (await session.execute(_STUCK)).mappings()
    return Backlog(
        undelivered=row.n,
        oldest_at=row.oldest,
        notices=row.notices,
        stuck=[Stuck.model_validate(dict(found)) for found in stuck],
    )


@router.get("/v1/commands/{command_id}")
async def command(session: SessionDep, access: AccessDep, command_id: UUID) -> CommandStatus:
    """What became of a command: recorded, applied or refused. Its author's only."""
    found = await by_id(session, command_id)
    if found is None:
        raise NotFound("no-command", "没有找到该操作记录。")
    if found.caller != access.principal.account_id:
        raise Forbidden("not-yours", "只能查看本人提交的操作。")
    return await status_of(session, command_id)
