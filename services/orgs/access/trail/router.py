"""GET /v1/audit-events: what was done, for auditors."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, Field

from services.orgs.access.places import reach
from services.orgs.access.trail import repository
from services.orgs.access.trail.models import AuditEvent
from services.orgs.access.trail.repository import TrailFilter
from shared.access import Role
from shared.contracts.base import Contract
from shared.pages import Page, decode_cursor, encode_cursor
from shared.problems import Invalid
from shared.web import AccessDep, Route, SessionDep

router = APIRouter(prefix="/v1/audit-events", tags=["audit"], route_class=Route)


class Asked(Contract):
    """Query of the trail; `since` counts, `until` does not."""

    object_id: UUID | None = None
    object_kind: Annotated[str | None, Field(max_length=60)] = None
    actor: Annotated[str | None, Field(max_length=60)] = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    after: Annotated[str | None, Field(max_length=200)] = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


@router.get("")
async def audit_events(
    session: SessionDep, access: AccessDep, asked: Annotated[Asked, Query()]
) -> Page[AuditEvent]:
    """Latest first, within the auditor's organisations."""
    wanted = TrailFilter(
        prefixes=reach(access, Role.AUDITOR),
        object_id=asked.object_id,
        object_kind=asked.object_kind,
        actor=asked.actor,
        since=asked.since,
        until=asked.until,
        before=_cursor(asked.after),
    )
    events = await repository.page(session, wanted, asked.limit + 1)
    more = encode_cursor(events[asked.limit - 1].id) if len(events) > asked.limit else None
    return Page(items=events[: asked.limit], next=more)


def _cursor(after: str | None) -> int | None:
    if after is None:
        return None
    found = decode_cursor(after, 1)[0]
    if not isinstance(found, int):
        raise Invalid("bad-cursor", "翻页标记无效，请从第一页重新查询。", field="after")
    return found
