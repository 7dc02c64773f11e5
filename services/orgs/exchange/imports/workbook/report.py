"""The office's own workbook back, with the bad cells marked and the reason in Chinese."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import xlsxwriter

from services.orgs.exchange.imports.cells import shown
from services.orgs.exchange.imports.columns import named
from services.orgs.exchange.imports.rows import CellError, Part, Row
from services.orgs.exchange.imports.workbook.cells import Cell

MOST_COMMENTS = 2000
"""Comments are kept in memory and slow Excel down; the last column always has the reason."""
REASON = "不合格原因"


def workbook(parts: Sequence[Part]) -> bytes:
    """Every row as it was, as text; "=…" stays text and never becomes a formula."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"constant_memory": True, "strings_to_formulas": False})
    bad = book.add_format({"bg_color": "#FFC7CE", "font_color": "#9C0006", "num_format": "@"})
    comments = [MOST_COMMENTS]
    for part in parts:
        _sheet(book.add_worksheet(part.sheet.name[:31]), part, bad, comments)
    book.close()
    return target.getvalue()


def _sheet(sheet: Any, part: Part, bad: Any, comments: list[int]) -> None:
    errors = {row.number - 1: row for row in part.rows if row.is_bad}
    last = max((len(row) for row in part.sheet.rows), default=0)
    for index, cells in enumerate(part.sheet.rows):
        row = errors.get(index)
        marked = _marked(row, part.headings.found) if row else {}
        _row(sheet, index, cells, marked, bad)
        for at, found in marked.items():
            if comments[0]:
                comments[0] -= 1
                sheet.write_comment(index, at, found.detail)
        if row:
            sheet.write_string(index, last, reason(row), bad)
        elif index == part.headings.row:
            sheet.write_string(index, last, REASON)


def _row(
    sheet: Any, index: int, cells: Sequence[Cell], marked: Mapping[int, CellError], bad: Any
) -> None:
    for at in sorted({*range(len(cells)), *marked}):
        text = shown(cells[at]) if at < len(cells) else ""
        if at in marked:
            sheet.write_string(index, at, text, bad) if text else sheet.write_blank(
                index, at, None, bad
            )
        elif text:
            sheet.write_string(index, at, text)


def _marked(row: Row, columns: Mapping[str, int]) -> dict[int, CellError]:
    return {columns[error.field]: error for error in row.errors if error.field in columns}


def reason(row: Row) -> str:
    """姓名：必填，请填写。身份证号：…"""
    return "".join(
        f"{named(row.kind, error.field).heading}：{error.detail}" for error in row.errors
    )
