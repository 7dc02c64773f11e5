"""From sheets to rows of values, each with what is wrong with its cells."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from services.orgs.exchange.imports import cells
from services.orgs.exchange.imports.columns import COLUMNS, Column, Kind
from services.orgs.exchange.imports.headings import SEARCHED_ROWS, Headings, find, kind_of_sheet
from services.orgs.exchange.imports.workbook.cells import Cell
from services.orgs.exchange.imports.workbook.reading import Sheet
from shared.problems import Invalid
from shared.validation import RuleBroken


@dataclass(frozen=True)
class CellError:
    """What is wrong with one cell: names the field and the rule, never the value."""

    field: str
    code: str
    detail: str


@dataclass
class Row:
    """One filled row; `number` is what Excel shows at its left."""

    kind: Kind
    sheet: str
    number: int
    values: dict[str, Any] = field(default_factory=dict[str, Any])
    errors: list[CellError] = field(default_factory=list[CellError])

    def refuse(self, field: str, code: str, detail: str) -> None:
        self.errors.append(CellError(field, code, detail))

    @property
    def is_bad(self) -> bool:
        return bool(self.errors)


@dataclass(frozen=True)
class Part:
    """One sheet that is imported."""

    kind: Kind
    sheet: Sheet
    headings: Headings
    rows: list[Row]


def parts(
    sheets: list[Sheet], given: Kind | None, chosen: Mapping[str, Mapping[str, str]]
) -> list[Part]:
    """What a workbook holds, organisations first: others refer to them.

    Errors: 422 no-known-sheet, missing-column, nothing-to-import.
    """
    wanted = [(kind_of_sheet(sheet.name, given), sheet) for sheet in sheets]
    pairs = [(kind, sheet) for kind, sheet in wanted if kind is not None]
    pairs = pairs[:1] if given is not None else pairs
    if not pairs:
        raise Invalid(
            "no-known-sheet", "没有找到名为“党组织”“企业”或“党员”的工作表，请选择导入类别。"
        )
    order = list(Kind)
    found = [_part(kind, sheet, chosen) for kind, sheet in pairs]
    if not any(part.rows or part.headings.missing for part in found):
        raise Invalid("nothing-to-import", "工作表中没有数据行，请填写后重新上传。")
    return sorted(found, key=lambda part: order.index(part.kind))


def _part(kind: Kind, sheet: Sheet, chosen: Mapping[str, Mapping[str, str]]) -> Part:
    first = [[cells.shown(cell) for cell in row] for row in sheet.rows[:SEARCHED_ROWS]]
    headings = find(kind, first, chosen.get(kind.value, {}))
    rows = [] if headings.missing else list(_rows(kind, sheet, headings))
    return Part(kind, sheet, headings, rows)


def _rows(kind: Kind, sheet: Sheet, headings: Headings) -> Iterator[Row]:
    columns = [
        (column, headings.found[column.name])
        for column in COLUMNS[kind]
        if column.name in headings.found
    ]
    merged = sheet.merged_by_row()
    for index in range(headings.row + 1, len(sheet.rows)):
        filled = sheet.rows[index]
        if all(cells.is_blank(filled[at]) for _, at in columns) and not any(
            (index, at) in sheet.formulas for _, at in columns
        ):
            continue
        row = Row(kind, sheet.name, index + 1)
        for column, at in columns:
            if any(left <= at <= right for left, right in merged.get(index, ())):
                row.refuse(column.name, "merged-cell", f"{_cell(index, at)} 是合并单元格，请拆分。")
            elif (index, at) in sheet.formulas:
                row.refuse(column.name, "formula-cell", f"{_cell(index, at)} 是公式，请改填数值。")
            else:
                _fill(row, column, filled[at])
        yield row


def _fill(row: Row, column: Column, cell: Cell) -> None:
    if cells.is_blank(cell):
        if column.required:
            row.refuse(column.name, "missing", "必填，请填写。")
        return
    try:
        row.values[column.name] = cells.read(column, cell)
    except RuleBroken as broken:
        row.refuse(column.name, broken.code, broken.detail)


def _cell(row: int, column: int) -> str:
    """B7, as Excel names it."""
    letters = ""
    number = column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"
