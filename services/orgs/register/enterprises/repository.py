"""Enterprises in the database: lists, one, entering, changing, who covers them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, insert, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from services.orgs.exchange.changes.repository import publish
from services.orgs.register.enterprises.tables import ENTERPRISES
from services.orgs.register.organisations.tables import ORGANISATIONS
from services.orgs.register.search import AFTER_EVERYTHING, is_latin, like, spell
from services.orgs.register.subtrees import Sorted, page
from shared.contracts.changes import ChangeKind
from shared.contracts.enterprises import Enterprise, EnterpriseCopy, OperatingStatus
from shared.pages import Page
from shared.problems import NotFound

_C = ENTERPRISES.c
_SHOWN = (
    *(_C[name] for name in Enterprise.model_fields if name != "org_name"),
    ORGANISATIONS.c.name.label("org_name"),
)


@dataclass(frozen=True)
class Wanted:
    """What a list of enterprises is narrowed to."""

    q: str | None = None
    status: OperatingStatus | None = None
    covered: bool | None = None
    staff_from: int | None = None


def not_found() -> NotFound:
    return NotFound("enterprise-not-found", "没有找到该企业，或您无权查看。")


def name_columns(name: str) -> dict[str, Any]:
    spelling = spell(name)
    return {"name": name, "pinyin": spelling.pinyin, "initials": spelling.initials}


def _shown() -> Select[Any]:
    return select(*_SHOWN).join(ORGANISATIONS, ORGANISATIONS.c.id == _C.org_id)


async def get(session: AsyncSession, enterprise_id: UUID, *, lock: bool = False) -> Enterprise:
    statement = _shown().where(_C.id == enterprise_id)
    if lock:
        statement = statement.with_for_update(of=ENTERPRISES)
    row = (await session.execute(statement)).mappings().one_or_none()
    if row is None:
        raise not_found()
    return Enterprise.model_validate(dict(row))


def _named(q: str) -> ColumnElement[bool]:
    """By part of the name, or by the beginning of code, pinyin or initials."""
    text = q.strip()
    part_of_name = _C.name.ilike(like(text))
    if not is_latin(text):
        return part_of_name
    low = text.lower()
    return or_(
        part_of_name,
        _C.credit_code.startswith(text.upper(), autoescape=True),
        _C.initials.between(low, low + AFTER_EVERYTHING),
        _C.pinyin.between(low, low + AFTER_EVERYTHING),
    )


async def listed(
    session: AsyncSession,
    prefixes: Sequence[str],
    wanted: Wanted,
    *,
    after: str | None,
    limit: int,
) -> Page[Enterprise]:
    """By the path of the responsible organisation."""
    statement = _shown().add_columns(_C.org_path.label("at_path"), _C.id.label("at_id"))
    if wanted.q:
        statement = statement.where(_named(wanted.q))
    if wanted.status:
        statement = statement.where(_C.operating_status == wanted.status.value)
    if wanted.staff_from is not None:
        statement = statement.where(_C.staff_count >= wanted.staff_from)
    if wanted.covered is not None:
        open_ones = _C.covering_org_id.is_(None)
        statement = statement.where(~open_ones if wanted.covered else open_ones)
    by = Sorted(_C.org_path, _C.id)
    found = await page(session, statement, by, prefixes, after=after, limit=limit)
    shown = [{k: v for k, v in row.items() if not k.startswith("at_")} for row in found.rows]
    return Page(items=[Enterprise.model_validate(row) for row in shown], next=found.next)


async def enter(session: AsyncSession, columns: dict[str, Any]) -> None:
    await session.execute(insert(ENTERPRISES).values(**columns))
    await announce(session, columns["id"])


async def change(session: AsyncSession, enterprise_id: UUID, columns: dict[str, Any]) -> None:
    if "name" in columns:
        columns = columns | name_columns(columns["name"])
    await session.execute(
        update(ENTERPRISES).where(_C.id == enterprise_id).values(version=_C.version + 1, **columns)
    )
    await announce(session, enterprise_id)


async def announce(session: AsyncSession, enterprise_id: UUID) -> None:
    statement = select(*(_C[name] for name in EnterpriseCopy.model_fields))
    row = (await session.execute(statement.where(_C.id == enterprise_id))).mappings().one()
    copy = EnterpriseCopy.model_validate(dict(row))
    await publish(session, ChangeKind.ENTERPRISE, enterprise_id, copy)
