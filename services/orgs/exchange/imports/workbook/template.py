"""Workbooks to fill in: Chinese headings, a hint at every cell, lists where words are fixed."""

import io
from typing import Any

import xlsxwriter

from services.orgs.exchange.imports.columns import COLUMNS, SHEETS, Column, Kind, Value

ROWS = 50_000
GUIDE = "填写说明"
_HEADING = {"bold": True, "bg_color": "#F2DCDB", "border": 1, "align": "center"}
_REQUIRED = _HEADING | {"font_color": "#C00000"}


def workbook(kinds: list[Kind]) -> bytes:
    """One sheet for each kind, and one that explains the columns."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    styles = {
        "heading": book.add_format(_HEADING),
        "required": book.add_format(_REQUIRED),
        "text": book.add_format({"num_format": "@"}),
    }
    for kind in kinds:
        sheet = book.add_worksheet(SHEETS[kind])
        sheet.freeze_panes(1, 0)
        for at, column in enumerate(COLUMNS[kind]):
            _column(sheet, at, column, styles)
    _guide(book, kinds, styles)
    book.close()
    return target.getvalue()


def _column(sheet: Any, at: int, column: Column, styles: dict[str, Any]) -> None:
    """Every column is text: Excel must not touch numbers of 18 digits, nor guess dates."""
    width = max(14, 2 * len(column.heading) + 4)
    sheet.set_column(at, at, 22 if column.value is Value.NUMBER_TEXT else width, styles["text"])
    sheet.write_string(0, at, column.heading, styles["required" if column.required else "heading"])
    rule: dict[str, Any] = {
        "validate": "any",
        "input_title": column.heading[:32],
        "input_message": column.hint[:255],
    }
    if column.choices:
        rule |= {
            "validate": "list",
            "source": list(column.choices),
            "error_title": "不在可选范围内",
            "error_message": "请从下拉列表中选择。",
        }
    sheet.data_validation(1, at, ROWS, at, rule)


def _guide(book: Any, kinds: list[Kind], styles: dict[str, Any]) -> None:
    sheet = book.add_worksheet(GUIDE)
    sheet.set_column(0, 3, 24)
    rows = [("工作表", "栏目", "怎么填", "示例")]
    rows += [
        (SHEETS[kind], column.heading, column.hint, column.example)
        for kind in kinds
        for column in COLUMNS[kind]
    ]
    for number, row in enumerate(rows):
        for at, words in enumerate(row):
            sheet.write_string(number, at, words, None if number else styles["heading"])
