"""`python -m services.orgs.rulebook.calendar.load` loads the published years; repeating is safe."""

import asyncio
import sys
from datetime import date

from chinese_calendar import constants
from sqlmodel.ext.asyncio.session import AsyncSession

from services.orgs.rulebook.calendar import repository
from services.orgs.rulebook.calendar.rules import table_of
from services.orgs.settings import OrgsSettings
from shared.database import engine, system_transaction

FIRST = 2020
SOURCE = "国务院办公厅关于部分节假日安排的通知（chinesecalendar 汇编）"


async def load_all(session: AsyncSession) -> int:
    """Load 2020 and later as far as published; a year loaded by hand is left alone."""
    holidays: dict[date, str] = constants.holidays
    workdays: dict[date, str] = constants.workdays
    present = {row.year for row in await repository.years(session)}
    wanted = {day.year for day in holidays if day.year >= FIRST} - present
    for year in sorted(wanted):
        table, notes = table_of(year, holidays, workdays)
        await repository.put(session, table, SOURCE, notes)
    return len(wanted)


async def main() -> None:
    settings = OrgsSettings()  # pyright: ignore[reportCallIssue]
    on = engine(settings.database_url, pool_size=1)
    try:
        async with system_transaction(on) as session:
            new = await load_all(session)
    finally:
        await on.dispose()
    sys.stdout.write(f"calendar: {new} new year(s)\n")


if __name__ == "__main__":
    asyncio.run(main())
