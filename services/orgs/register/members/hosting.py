"""GET /v1/participations: who takes part in an organisation without belonging to it."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy import select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.orgs.register.members.tables import MEMBERS, PARTICIPATIONS
from services.orgs.register.organisations.tables import ORGANISATIONS
from services.orgs.register.people.tables import PEOPLE
from services.orgs.register.subtrees import Sorted, page, readable
from shared.contracts.base import Contract
from shared.contracts.members import HostedMember
from shared.pages import MAX_LIMIT, Page
from shared.web import AccessDep, Route, SessionDep

router = APIRouter(prefix="/v1/participations", tags=["members"], route_class=Route)
_HOST = ORGANISATIONS.alias("host")
_SHOWN: tuple[Any, ...] = (
    MEMBERS.c.id,
    MEMBERS.c.person_id,
    PEOPLE.c.name,
    PEOPLE.c.id_number_masked.label("masked_id_number"),
    MEMBERS.c.standing,
    MEMBERS.c.state,
    MEMBERS.c.org_id,
    ORGANISATIONS.c.name.label("org_name"),
    PARTICIPATIONS.c.org_id.label("host_org_id"),
    _HOST.c.name.label("host_org_name"),
    PARTICIPATIONS.c.kind,
    PARTICIPATIONS.c.valid_from.label("since"),
)


class HostedWanted(Contract):
    under: UUID | None = None
    """At and below this host; without it everything the caller may read."""
    after: str | None = Field(default=None, max_length=300)
    limit: int = Field(default=50, ge=1, le=MAX_LIMIT)


@router.get("")
async def hosted(
    session: SessionDep, access: AccessDep, wanted: Annotated[HostedWanted, Query()]
) -> Page[HostedMember]:
    """Open participations by host; members belong where they are (S12 item 10)."""
    prefixes = await readable(session, access, wanted.under)
    return await listed(session, prefixes, after=wanted.after, limit=wanted.limit)


async def listed(
    session: AsyncSession, prefixes: list[str], *, after: str | None, limit: int
) -> Page[HostedMember]:
    path, member = PARTICIPATIONS.c.org_path, PARTICIPATIONS.c.member_id
    statement = (
        select(*_SHOWN, path.label("at_path"), member.label("at_id"))
        .select_from(PARTICIPATIONS)
        .join(MEMBERS, MEMBERS.c.id == member)
        .join(PEOPLE, PEOPLE.c.id == MEMBERS.c.person_id)
        .join(ORGANISATIONS, ORGANISATIONS.c.id == MEMBERS.c.org_id)
        .join(_HOST, _HOST.c.id == PARTICIPATIONS.c.org_id)
        .where(PARTICIPATIONS.c.valid_to.is_(None))
    )
    found = await page(session, statement, Sorted(path, member), prefixes, after=after, limit=limit)
    shown = [{k: v for k, v in row.items() if not k.startswith("at_")} for row in found.rows]
    return Page(items=[HostedMember.model_validate(row) for row in shown], next=found.next)
