"""Applies a page of the register's feed to the local copy."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Table, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.contracts.base import Contract
from shared.contracts.changes import (
    AccountCopy,
    CalendarYear,
    Change,
    ChangeKind,
    GrantCopy,
    OrganisationCopy,
)
from shared.copies.tables import (
    ACCOUNTS,
    CALENDAR_DAYS,
    CALENDAR_YEARS,
    GRANTS,
    ORGANISATIONS,
    STATE,
)

_COPIED: dict[ChangeKind, tuple[Table, type[Contract]]] = {
    ChangeKind.ORGANISATION: (ORGANISATIONS, OrganisationCopy),
    ChangeKind.GRANT: (GRANTS, GrantCopy),
    ChangeKind.ACCOUNT: (ACCOUNTS, AccountCopy),
}


@dataclass(frozen=True)
class Position:
    """How far the feed is read; `asked_at` is the database's clock before orgs was asked."""

    cursor: str
    asked_at: datetime


async def position(session: AsyncSession) -> Position:
    row = (
        await session.execute(select(STATE.c.cursor, func.clock_timestamp()).where(STATE.c.id == 1))
    ).one()
    return Position(row[0], row[1])


async def advance(session: AsyncSession, read: Position, cursor: str) -> bool:
    """Move the cursor; False when another replica moved it since it was read."""
    moved = await session.execute(
        update(STATE)
        .where(STATE.c.id == 1, STATE.c.cursor == read.cursor)
        .values(cursor=cursor, seen_at=func.greatest(STATE.c.seen_at, read.asked_at))
        .returning(STATE.c.id)
    )
    return moved.one_or_none() is not None


async def apply(session: AsyncSession, changes: Iterable[Change]) -> None:
    """The last entry of each record wins; an entry without data says that the record is gone."""
    latest = {(change.kind, change.object_id): change for change in changes}
    for kind, (table, contract) in _COPIED.items():
        found = [change for change in latest.values() if change.kind == kind]
        gone = [change.object_id for change in found if not change.data]
        rows = [_known(contract, change.data) for change in found if change.data]
        if gone:
            await session.execute(delete(table).where(table.c.id.in_(gone)))
        if rows:
            await _upsert(session, table, rows)
    for change in latest.values():
        if change.kind == ChangeKind.CALENDAR and change.data:
            year = CalendarYear.model_validate(_fields(CalendarYear, change.data))
            await _load_year(session, year, change.cursor)


def _fields(contract: type[Contract], data: dict[str, Any]) -> dict[str, Any]:
    """A newer register may add fields that this release does not know yet."""
    return {name: value for name, value in data.items() if name in contract.model_fields}


def _known(contract: type[Contract], data: dict[str, Any]) -> dict[str, Any]:
    return contract.model_validate(_fields(contract, data)).model_dump()


async def _upsert(session: AsyncSession, table: Table, rows: list[dict[str, Any]]) -> None:
    statement = insert(table).values(rows)
    replaced = {c.name: statement.excluded[c.name] for c in table.columns if not c.primary_key}
    await session.execute(
        statement.on_conflict_do_update(index_elements=[table.c.id], set_=replaced)
    )


async def _load_year(session: AsyncSession, year: CalendarYear, cursor: str) -> None:
    days = [{"day": day, "worked": False} for day in year.off]
    days += [{"day": day, "worked": True} for day in year.worked]
    first, last = date(year.year, 1, 1), date(year.year, 12, 31)
    await session.execute(delete(CALENDAR_DAYS).where(CALENDAR_DAYS.c.day.between(first, last)))
    if days:
        await session.execute(insert(CALENDAR_DAYS).values(days).on_conflict_do_nothing())
    await session.execute(insert(CALENDAR_YEARS).values(year=year.year).on_conflict_do_nothing())
    await session.execute(update(STATE).where(STATE.c.id == 1).values(calendar_cursor=cursor))
