"""Lists of organisations and the directory of committees with approval rights."""

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import ColumnElement, Select, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.orgs.register.organisations import repository
from services.orgs.register.organisations.tables import ORGANISATIONS
from services.orgs.register.search import (
    AFTER_EVERYTHING,
    grams_of_query,
    is_latin,
    like,
)
from shared.contracts.base import Contract
from shared.contracts.organisations import DirectoryEntry, Organisation
from shared.contracts.register import OrganisationKind, OrganisationState
from shared.pages import MAX_LIMIT, Page, decode_cursor, encode_cursor

_C = ORGANISATIONS.c


class Wanted(Contract):
    """What the caller filters by; `under` with `as_of` is the subtree as it stood on that day."""

    parent: UUID | None = None
    under: UUID | None = None
    as_of: date | None = None
    q: str | None = Field(default=None, min_length=1, max_length=60)
    kind: OrganisationKind | None = None
    state: OrganisationState | None = None
    external: bool | None = None
    after: str | None = Field(default=None, max_length=300)
    limit: int = Field(default=50, ge=1, le=MAX_LIMIT)


def named(q: str) -> ColumnElement[bool]:
    """By part of the name, or by the beginning of code, pinyin or initials."""
    text = q.strip()
    part_of_name = _C.grams.contains(grams_of_query(text)) & _C.name.ilike(like(text))
    if not is_latin(text):
        return part_of_name
    low = text.lower()
    return or_(
        part_of_name,
        _C.code.startswith(text, autoescape=True),
        _C.initials.startswith(low, autoescape=True),
        _C.pinyin.startswith(low, autoescape=True),
    )


async def listed(session: AsyncSession, wanted: Wanted) -> Page[Organisation]:
    """By path, so that a subtree reads from its top down."""
    after, limit = wanted.after, wanted.limit
    statement = await _filtered(session, repository.whole(), wanted)
    if after:
        statement = statement.where(_C.path > str(decode_cursor(after, 1)[0]))
    rows = (await session.execute(statement.order_by(_C.path).limit(limit + 1))).mappings().all()
    items = [Organisation.model_validate(dict(row)) for row in rows[:limit]]
    return Page(items=items, next=encode_cursor(items[-1].path) if len(rows) > limit else None)


async def _filtered(session: AsyncSession, statement: Select[Any], wanted: Wanted) -> Select[Any]:
    if wanted.parent:
        statement = statement.where(_C.parent_id == wanted.parent)
    if wanted.under and wanted.as_of:
        statement = statement.where(_C.id.in_(repository.subtree_as_of(wanted.under, wanted.as_of)))
    elif wanted.under:
        path = (await repository.place(session, wanted.under)).path
        statement = statement.where(_C.path >= path, _C.path < path + "~")
    for column, value in (("kind", wanted.kind), ("state", wanted.state)):
        if value is not None:
            statement = statement.where(_C[column] == value.value)
    if wanted.external is not None:
        statement = statement.where(_C.external.is_(wanted.external))
    return statement.where(named(wanted.q)) if wanted.q else statement


async def directory(
    session: AsyncSession, q: str | None, after: str | None, limit: int
) -> Page[DirectoryEntry]:
    """Committees that may send and receive members, here and elsewhere; by path."""
    statement = select(
        _C.path, _C.id, _C.code, _C.name, _C.phone, _C.division_code, _C.external
    ).where(_C.approves_members, _C.state != OrganisationState.DISSOLVED.value)
    if q:
        digits = "".join(filter(str.isdigit, q))
        by_phone = _C.phone.between(digits, digits + AFTER_EVERYTHING)
        statement = statement.where(or_(named(q), by_phone) if len(digits) > 3 else named(q))
    if after:
        statement = statement.where(_C.path > str(decode_cursor(after, 1)[0]))
    rows = (await session.execute(statement.order_by(_C.path).limit(limit + 1))).mappings().all()
    items = [
        DirectoryEntry.model_validate({k: v for k, v in row.items() if k != "path"})
        for row in rows[:limit]
    ]
    more = len(rows) > limit
    return Page(items=items, next=encode_cursor(rows[limit - 1]["path"]) if more else None)
