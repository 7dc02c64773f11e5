"""From what stands in a cell to a value: text, dates, months, numbers, words from a list."""

import re
import unicodedata
from datetime import date, datetime
from typing import Any

from services.orgs.exchange.imports.columns import Column, Value
from services.orgs.exchange.imports.workbook.cells import Cell
from shared.contracts.words import one_line
from shared.validation import RuleBroken

LONGEST = 200
_DATE = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?")
_MONTH = re.compile(r"(\d{4})[-/.年]?(\d{1,2})月?")
SAFE_DIGITS = 15
"""Excel keeps no more digits of a number: the end of an identity number is lost."""


def is_blank(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def read(column: Column, cell: Cell) -> Any:
    """The value of a filled cell. Error: RuleBroken, in words for whoever filled it."""
    readers = {
        Value.TEXT: _text,
        Value.NUMBER_TEXT: _number_text,
        Value.DATE: _date,
        Value.MONTH: _month,
        Value.INTEGER: _integer,
    }
    if column.choices:
        return _choice(column, cell)
    return readers[column.value](cell)


def shown(cell: Cell) -> str:
    """As a person sees it in the sheet."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    return str(cell)


def _text(cell: Cell) -> str:
    value = one_line(shown(cell))
    if len(value) > LONGEST:
        raise RuleBroken("too-long", f"最多 {LONGEST} 个字，请缩短。")
    return value


def _number_text(cell: Cell) -> str:
    if isinstance(cell, int | float) and abs(cell) >= 10**SAFE_DIGITS:
        raise RuleBroken(
            "stored-as-number",
            "号码被存成了数字，末几位已丢失；请把单元格设为文本格式后重新填写。",
        )
    return _text(cell)


def _date(cell: Cell) -> date:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    found = _DATE.fullmatch(_squeezed(cell))
    if found is None:
        raise RuleBroken("date-format", "日期格式不正确，请按 2026-01-31 的格式填写。")
    return _existing(*(int(part) for part in found.groups()))


def _month(cell: Cell) -> date:
    """The first day of the month."""
    if isinstance(cell, date):
        return date(cell.year, cell.month, 1)
    found = _MONTH.fullmatch(_squeezed(cell))
    if found is None:
        raise RuleBroken("month-format", "年月格式不正确，请按 2026-01 的格式填写。")
    return _existing(int(found[1]), int(found[2]), 1)


def _existing(year: int, month: int, day: int) -> date:
    try:
        found = date(year, month, day)
    except ValueError as error:
        raise RuleBroken("date-missing", "这个日期不存在，请核对月份和日期。") from error
    if not 1900 <= found.year <= 2199:
        raise RuleBroken("date-year", "年份不合理，请核对。")
    return found


def _integer(cell: Cell) -> int:
    squeezed = _squeezed(cell).replace(",", "")
    if not re.fullmatch(r"\d{1,7}", squeezed):
        raise RuleBroken("integer-format", "应填写整数，请核对。")
    return int(squeezed)


def _choice(column: Column, cell: Cell) -> Any:
    value = column.choices.get(_squeezed(cell))
    if value is None:
        words = "、".join(dict.fromkeys(column.choices))
        raise RuleBroken("not-in-list", f"不在可选范围内，请填写：{words}。")
    return value == "true" if column.value is Value.YES_NO else value


def _squeezed(cell: Cell) -> str:
    return "".join(unicodedata.normalize("NFKC", shown(cell)).split())
