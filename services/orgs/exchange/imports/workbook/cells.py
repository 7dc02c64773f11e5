"""What a cell of a workbook may hold."""

from datetime import date, datetime, time, timedelta

Cell = int | float | str | bool | date | datetime | time | timedelta | None
