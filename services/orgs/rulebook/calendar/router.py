"""Working-day tables (放假与调休) as data, one per year."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field

from services.orgs.rulebook.calendar import repository
from services.orgs.rulebook.calendar.rules import must_be_table
from shared import audit
from shared.contracts.base import Contract
from shared.contracts.changes import CalendarYear
from shared.web import AccessDep, Route, SessionDep

router = APIRouter(prefix="/v1/calendar", tags=["calendar"], route_class=Route)


class CalendarSummary(Contract):
    year: int
    source: str
    loaded_at: datetime


class CalendarList(Contract):
    items: list[CalendarSummary]


class CalendarTable(CalendarYear):
    """A yearly table as it is handed in, with the document it comes from."""

    source: str = Field(min_length=2, max_length=200)
    notes: dict[date, str] = Field(default_factory=dict[date, str])


@router.get("")
async def years(session: SessionDep) -> CalendarList:
    """The years whose table is loaded; other years count Monday to Friday for the time being."""
    rows = await repository.years(session)
    return CalendarList(items=[CalendarSummary.model_validate(row.model_dump()) for row in rows])


@router.get("/{year}")
async def year_table(session: SessionDep, year: int) -> CalendarYear:
    """Error: 404 calendar-unknown while the State Council has not published the year."""
    return await repository.must_find(session, year)


@router.post("/{year}")
async def load(
    session: SessionDep,
    access: AccessDep,
    year: Annotated[int, Path(ge=2000, le=2199)],
    body: CalendarTable,
) -> CalendarYear:
    """Load or replace a year; open deadlines are counted again by whoever reads the feed."""
    must_be_table(year, body)
    table = CalendarYear(year=body.year, off=body.off, worked=body.worked)
    if await repository.put(session, table, body.source, body.notes):
        await audit.record(
            session, access, "calendar.loaded", object_kind="calendar",
            object_id=repository.year_id(year), year=year, source=body.source,
        )  # fmt: skip
    return await repository.must_find(session, year)
