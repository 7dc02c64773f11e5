"""Reads and replaces yearly working-day tables."""

from collections.abc import Iterable, Mapping
from datetime import date
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.orgs.exchange.changes.repository import publish
from services.orgs.rulebook.calendar.tables import CalendarDayRow, CalendarYearRow
from shared import clock
from shared.calendar import WorkingDays
from shared.contracts.changes import CalendarYear, ChangeKind
from shared.problems import NotFound


def year_id(year: int) -> UUID:
    """The feed names objects by UUID; a year has this one."""
    return uuid5(NAMESPACE_URL, f"urn:dangjian:calendar:{year}")


async def years(session: AsyncSession) -> list[CalendarYearRow]:
    return list(await session.exec(select(CalendarYearRow).order_by(col(CalendarYearRow.year))))


async def find(session: AsyncSession, year: int) -> CalendarYear | None:
    if await session.get(CalendarYearRow, year) is None:
        return None
    found = await session.exec(
        select(CalendarDayRow).where(CalendarDayRow.year == year).order_by(col(CalendarDayRow.day))
    )
    days = list(found)
    return CalendarYear(
        year=year,
        off=[row.day for row in days if not row.worked],
        worked=[row.day for row in days if row.worked],
    )


async def must_find(session: AsyncSession, year: int) -> CalendarYear:
    """Error: 404 calendar-unknown while the yearly table is not out."""
    found = await find(session, year)
    if found is None:
        raise NotFound("calendar-unknown", "该年的放假安排尚未公布或载入，期限暂按周一至周五计算。")
    return found


async def put(
    session: AsyncSession, table: CalendarYear, source: str, notes: Mapping[date, str]
) -> bool:
    """Load or replace a year and tell the other services. False when nothing differs."""
    sorted_table = CalendarYear(year=table.year, off=sorted(table.off), worked=sorted(table.worked))
    if await find(session, table.year) == sorted_table:
        return False
    await session.exec(delete(CalendarDayRow).where(col(CalendarDayRow.year) == table.year))
    await session.merge(CalendarYearRow(year=table.year, source=source, loaded_at=clock.now()))
    await session.flush()
    session.add_all(_rows(table.year, table.off, False, notes))
    session.add_all(_rows(table.year, table.worked, True, notes))
    await session.flush()
    await publish(session, ChangeKind.CALENDAR, year_id(table.year), sorted_table)
    return True


def _rows(
    year: int, days: Iterable[date], worked: bool, notes: Mapping[date, str]
) -> list[CalendarDayRow]:
    return [
        CalendarDayRow(day=day, year=year, worked=worked, note=notes.get(day, "")) for day in days
    ]


async def working_days(session: AsyncSession) -> WorkingDays:
    """Every loaded year, for counting periods; a year that is not loaded counts Monday-Friday."""
    loaded = frozenset(row.year for row in await years(session))
    days = await session.exec(select(CalendarDayRow))
    return WorkingDays({row.day: row.worked for row in days}, loaded)
