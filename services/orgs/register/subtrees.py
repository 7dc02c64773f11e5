"""Lists over the subtrees that a caller may read, by (path, id), a page at a constant cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Column, RowMapping, Select, tuple_
from sqlmodel.ext.asyncio.session import AsyncSession

from services.orgs.register.organisations import repository as organisations
from shared.access import Access
from shared.pages import decode_cursor, encode_cursor
from shared.problems import Forbidden, Invalid


def without_nested(prefixes: Sequence[str]) -> list[str]:
    """The subtrees in order, without those that lie inside another."""
    kept: list[str] = []
    for prefix in sorted(prefixes):
        if not kept or not prefix.startswith(kept[-1]):
            kept.append(prefix)
    return kept


async def readable(session: AsyncSession, access: Access, under: UUID | None) -> list[str]:
    """The subtree asked for, if it may be read; else every subtree of the caller."""
    if under is not None:
        place = await organisations.place(session, under)
        access.must_read(place.path)
        return [place.path]
    found = without_nested(access.prefixes)
    if not found:
        raise Forbidden("outside-reach", "您没有可查看的组织范围，请联系上级党组织办理。")
    return found


@dataclass(frozen=True)
class Sorted:
    """The two columns that a list is sorted by."""

    path: Column[str]
    id: Column[UUID]


@dataclass(frozen=True)
class Found:
    rows: list[RowMapping]
    next: str | None


async def page(
    session: AsyncSession,
    statement: Select[Any],
    by: Sorted,
    prefixes: Sequence[str],
    *,
    after: str | None,
    limit: int,
) -> Found:
    """One range of the index for each subtree in turn, until the page is full.

    The statement must select the two columns as `at_path` and `at_id`.
    """
    last = _last(after)
    rows: list[RowMapping] = []
    for prefix in prefixes:
        if last and last[0] >= prefix + "~":
            continue
        part = statement.where(by.path >= prefix, by.path < prefix + "~")
        if last:
            part = part.where(tuple_(by.path, by.id) > last)
        part = part.order_by(by.path, by.id).limit(limit + 1 - len(rows))
        rows.extend((await session.execute(part)).mappings().all())
        if len(rows) > limit:
            seen = rows[limit - 1]
            return Found(rows[:limit], encode_cursor(seen["at_path"], seen["at_id"]))
    return Found(rows, None)


def _last(after: str | None) -> tuple[str, UUID] | None:
    if after is None:
        return None
    path, row_id = decode_cursor(after, 2)
    try:
        return str(path), UUID(str(row_id))
    except ValueError:
        raise Invalid("bad-cursor", "翻页标记无效，请从第一页重新查询。", field="after") from None
