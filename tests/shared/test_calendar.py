"""Period arithmetic: month ends, leap days, 调休, and years whose table is not out."""

from datetime import date, timedelta

import pytest
from chinese_calendar import constants
from hypothesis import given
from hypothesis import strategies as st

from services.orgs.rulebook.calendar.rules import table_of
from shared.calendar import NoTable, Period, Unit, WorkingDays, due_on

DAYS = st.dates(min_value=date(2019, 1, 1), max_value=date(2030, 12, 31))
COUNTS = st.integers(min_value=0, max_value=60)


def published() -> WorkingDays:
    years = range(2020, 2027)
    tables = [table_of(year, constants.holidays, constants.workdays)[0] for year in years]
    days = {day: False for table in tables for day in table.off}
    days |= {day: True for table in tables for day in table.worked}
    return WorkingDays(days, frozenset(years))


CALENDAR = published()


def months(value: int) -> Period:
    return Period(value=value, unit=Unit.MONTH)


@pytest.mark.parametrize(
    ("start", "period", "last"),
    [
        (date(2026, 1, 31), months(1), date(2026, 2, 28)),
        (date(2028, 1, 31), months(1), date(2028, 2, 29)),
        (date(2026, 8, 31), months(6), date(2027, 2, 28)),
        (date(2026, 2, 28), months(1), date(2026, 3, 28)),
        (date(2024, 2, 29), Period(value=1, unit=Unit.YEAR), date(2025, 2, 28)),
        (date(2024, 2, 29), Period(value=4, unit=Unit.YEAR), date(2028, 2, 29)),
        (date(2026, 12, 2), Period(value=90, unit=Unit.DAY), date(2027, 3, 2)),
        (date(2026, 11, 23), Period(value=0, unit=Unit.DAY), date(2026, 11, 23)),
    ],
)
def test_a_calendar_period_ends_on_the_same_day_or_the_last_of_the_month(
    start: date, period: Period, last: date
) -> None:
    assert due_on(start, period, CALENDAR) == last


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2026, 2, 14), True),
        (date(2026, 2, 15), False),
        (date(2026, 2, 16), False),
        (date(2026, 2, 23), False),
        (date(2026, 2, 24), True),
        (date(2026, 2, 28), True),
        (date(2026, 10, 1), False),
    ],
)
def test_spring_festival_2026_moves_two_weekend_days_to_work(day: date, worked: bool) -> None:
    assert CALENDAR.is_working(day) is worked


@pytest.mark.parametrize(
    ("start", "count", "last"),
    [
        (date(2026, 2, 13), 1, date(2026, 2, 14)),
        (date(2026, 2, 13), 2, date(2026, 2, 24)),
        (date(2026, 2, 13), 6, date(2026, 2, 28)),
        (date(2026, 9, 30), 1, date(2026, 10, 8)),
    ],
)
def test_working_days_skip_the_holiday_and_count_the_make_up_day(
    start: date, count: int, last: date
) -> None:
    assert due_on(start, Period(value=count, unit=Unit.WORKING_DAY), CALENDAR) == last


def test_a_year_without_table_counts_monday_to_friday_and_says_so() -> None:
    # 1 January 2027 is a Friday: a holiday for certain, yet nobody has published the table.
    assert CALENDAR.after(date(2026, 12, 31), 1) == date(2027, 1, 1)
    assert CALENDAR.is_provisional(date(2027, 1, 1))
    assert not CALENDAR.is_provisional(date(2026, 12, 31))
    with pytest.raises(NoTable):
        CALENDAR.is_working(date(2027, 1, 1))


@given(DAYS, COUNTS)
def test_every_working_period_ends_on_a_worked_day_and_counts_exactly(
    start: date, count: int
) -> None:
    last = CALENDAR.after(start, count)
    between = [start + timedelta(days=n + 1) for n in range((last - start).days)]
    assert sum(_worked(day) for day in between) == count
    assert count == 0 or _worked(last)


@given(DAYS, COUNTS, COUNTS)
def test_working_days_add_up(start: date, first: int, second: int) -> None:
    assert CALENDAR.after(CALENDAR.after(start, first), second) == CALENDAR.after(
        start, first + second
    )


@given(DAYS, DAYS, COUNTS, st.sampled_from(list(Unit)))
def test_a_later_start_never_ends_earlier(one: date, other: date, count: int, unit: Unit) -> None:
    period = Period(value=count, unit=unit)
    first, second = sorted((one, other))
    assert due_on(first, period, CALENDAR) <= due_on(second, period, CALENDAR)


@given(DAYS, st.integers(min_value=0, max_value=120))
def test_months_stay_in_the_month_they_name(start: date, count: int) -> None:
    last = due_on(start, months(count), CALENDAR)
    assert last.year * 12 + last.month == start.year * 12 + start.month + count
    assert last.day <= start.day
    assert last.day == start.day or (last + timedelta(days=1)).month != last.month


@given(DAYS, st.integers(min_value=0, max_value=20))
def test_a_year_is_twelve_months(start: date, count: int) -> None:
    years = Period(value=count, unit=Unit.YEAR)
    assert due_on(start, years, CALENDAR) == due_on(start, months(12 * count), CALENDAR)


def _worked(day: date) -> bool:
    return day.weekday() < 5 if CALENDAR.is_provisional(day) else CALENDAR.is_working(day)
