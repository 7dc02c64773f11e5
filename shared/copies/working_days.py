"""The working-day calendar from the local copy, kept in memory until a new table is loaded."""

from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import select
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.calendar import WorkingDays
from shared.copies.tables import CALENDAR_DAYS, CALENDAR_YEARS, STATE

_KEPT: WeakKeyDictionary[Any, tuple[str, WorkingDays]] = WeakKeyDictionary()


async def working_days(session: AsyncSession) -> WorkingDays:
    """One small query tells whether the calendar changed since it was last read."""
    version = (
        await session.execute(select(STATE.c.calendar_cursor).where(STATE.c.id == 1))
    ).scalar_one()
    kept = _KEPT.get(session.get_bind())
    if kept and kept[0] == version:
        return kept[1]
    days = await session.execute(select(CALENDAR_DAYS.c.day, CALENDAR_DAYS.c.worked))
    years = await session.execute(select(CALENDAR_YEARS.c.year))
    calendar = WorkingDays({row.day: row.worked for row in days}, frozenset(years.scalars()))
    _KEPT[session.get_bind()] = (version, calendar)
    return calendar
