"""Every query on the audit trail; nothing here writes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, String, cast, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.orgs.access.places import within
from services.orgs.access.trail.models import AuditEvent
from services.orgs.metadata import AUDIT_EVENTS
from shared.access import EVERYWHERE

_E = AUDIT_EVENTS.c


@dataclass(frozen=True)
class TrailFilter:
    prefixes: tuple[str, ...]
    object_id: UUID | None = None
    object_kind: str | None = None
    actor: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None


async def page(session: AsyncSession, wanted: TrailFilter, limit: int) -> list[AuditEvent]:
    """Latest first. What has no organisation is for auditors of the whole register."""
    reach = within(cast(_E.org_path, String(collation="C")), wanted.prefixes)
    if EVERYWHERE in wanted.prefixes:
        reach = or_(reach, _E.org_path.is_(None), _E.org_path.startswith("X"))
    conditions = [column == value for column, value in _equal(wanted) if value is not None]
    if wanted.since is not None:
        conditions.append(_E.at >= wanted.since)
    if wanted.until is not None:
        conditions.append(_E.at < wanted.until)
    if wanted.before is not None:
        conditions.append(_E.id < wanted.before)
    query = select(AUDIT_EVENTS).where(reach, *conditions).order_by(_E.id.desc()).limit(limit)
    rows = (await session.execute(query)).mappings()
    return [AuditEvent.model_validate({k: v for k, v in r.items() if k != "xid"}) for r in rows]


def _equal(wanted: TrailFilter) -> list[tuple[ColumnElement[Any], object]]:
    return [
        (_E.object_id, wanted.object_id),
        (_E.object_kind, wanted.object_kind),
        (_E.actor, wanted.actor),
    ]
