"""Periods: calendar months and years, or working days with 调休 from a table that is data."""

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum

from dateutil.relativedelta import relativedelta
from pydantic import BaseModel, ConfigDict, Field


class Unit(StrEnum):
    DAY = "day"
    WORKING_DAY = "working_day"
    MONTH = "month"
    YEAR = "year"


class Period(BaseModel):
    """A length of time as a regulation writes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: int = Field(ge=0)
    unit: Unit


class NoTable(LookupError):
    """The working-day table of that year has not been loaded."""

    def __init__(self, year: int) -> None:
        super().__init__(f"no working-day table for {year}")
        self.year = year


class WorkingDays:
    """Days that differ from Monday-to-Friday: True = worked, False = off, with the years known."""

    def __init__(self, exceptions: Mapping[date, bool], years: frozenset[int]) -> None:
        self._exceptions = exceptions
        self._years = years

    def is_working(self, day: date) -> bool:
        if day.year not in self._years:
            raise NoTable(day.year)
        return self._exceptions.get(day, day.weekday() < 5)

    def is_provisional(self, day: date) -> bool:
        """True where the yearly table is not out yet and Monday-to-Friday is assumed."""
        return day.year not in self._years

    def after(self, start: date, count: int) -> date:
        """The last of `count` working days that follow `start`; unknown years count Mon-Fri."""
        day = start
        while count > 0:
            day += timedelta(days=1)
            worked = day.weekday() < 5 if self.is_provisional(day) else self.is_working(day)
            count -= worked
        return day


def due_on(start: date, period: Period, calendar: WorkingDays) -> date:
    """The last day of a period that runs from a dated event; the day of the event is not counted.

    Months and years are calendar ones: 31 January + 1 month is the last day of February.
    """
    match period.unit:
        case Unit.DAY:
            return start + timedelta(days=period.value)
        case Unit.WORKING_DAY:
            return calendar.after(start, period.value)
        case Unit.MONTH:
            return start + relativedelta(months=period.value)
        case Unit.YEAR:
            return start + relativedelta(years=period.value)
