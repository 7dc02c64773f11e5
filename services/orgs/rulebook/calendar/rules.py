"""What a yearly working-day table must look like."""

from collections.abc import Mapping
from datetime import date

from shared.contracts.changes import CalendarYear
from shared.problems import FieldError, Invalid

NOTES = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "National Day": "国庆节",
    "Mid-autumn Festival": "中秋节",
    "Anti-Fascist 70th Day": "抗战胜利纪念日",
}


def must_be_table(year: int, table: CalendarYear) -> None:
    """Only days of that year that differ from Monday-to-Friday. Error: 422 calendar-days."""
    errors = [
        *(_error("off", day) for day in table.off if day.year != year or day.weekday() > 4),
        *(_error("worked", day) for day in table.worked if day.year != year or day.weekday() < 5),
    ]
    if table.year != year:
        errors.append(FieldError("year", "calendar-year", "年份与地址中的年份不一致。"))
    if len({*table.off}) < len(table.off) or len({*table.worked}) < len(table.worked):
        errors.append(FieldError("off", "calendar-twice", "同一天列了两次，请删除重复的日期。"))
    if not table.off:
        errors.append(FieldError("off", "calendar-empty", "放假日期不能为空，请填写全年安排。"))
    if errors:
        raise Invalid(
            "calendar-days", "放假安排有误，请按国务院办公厅通知核对。",
            field=errors[0].field, errors=errors,
        )  # fmt: skip


def _error(field: str, day: date) -> FieldError:
    kind = "周一至周五" if field == "off" else "周六、周日"
    return FieldError(field, "calendar-day", f"{day:%m月%d日}不是该年的{kind}，请核对。")


def table_of(
    year: int, holidays: Mapping[date, str], workdays: Mapping[date, str]
) -> tuple[CalendarYear, dict[date, str]]:
    """One year out of a list of holidays and make-up days, with the name of each day."""
    off = sorted(day for day in holidays if day.year == year and day.weekday() < 5)
    worked = sorted(day for day in workdays if day.year == year and day.weekday() > 4)
    names = {day: holidays[day] for day in off} | {day: workdays[day] for day in worked}
    notes = {day: NOTES.get(name, name) for day, name in names.items()}
    return CalendarYear(year=year, off=off, worked=worked), notes
