"""Rows of the working-day tables: years, and the days that differ from Monday-to-Friday."""

from datetime import date, datetime

from sqlalchemy import DateTime
from sqlmodel import Field

from services.orgs.metadata import OrgsTable


class CalendarYearRow(OrgsTable, table=True):
    __tablename__ = "calendar_years"  # pyright: ignore[reportAssignmentType]

    year: int = Field(primary_key=True)
    source: str
    loaded_at: datetime = Field(sa_type=DateTime(timezone=True))  # pyright: ignore[reportArgumentType]


class CalendarDayRow(OrgsTable, table=True):
    __tablename__ = "calendar_days"  # pyright: ignore[reportAssignmentType]

    day: date = Field(primary_key=True)
    year: int = Field(foreign_key="calendar_years.year")
    worked: bool
    note: str = ""
