"""Reads the sheets of a workbook: values, and the cells that can't be trusted."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import python_calamine

from services.orgs.exchange.imports.workbook.cells import Cell
from services.orgs.exchange.imports.workbook.structure import (
    Place,
    SheetStructure,
    not_a_workbook,
    structures,
)
from shared.problems import Invalid

MOST_MERGED_ROWS = 200_000


@dataclass(frozen=True)
class Sheet:
    """One visible sheet; places count from 0."""

    name: str
    rows: Sequence[Sequence[Cell]]
    formulas: frozenset[Place]
    merged: Sequence[tuple[Place, Place]]

    def merged_by_row(self) -> dict[int, list[tuple[int, int]]]:
        """Row → columns, first to last, that belong to a merged cell."""
        found: dict[int, list[tuple[int, int]]] = {}
        for (top, left), (bottom, right) in self.merged:
            for row in range(top, min(bottom, len(self.rows) - 1) + 1):
                found.setdefault(row, []).append((left, right))
        return found


def read(content: bytes) -> list[Sheet]:
    """The visible sheets in their order. Errors: 422 not-a-workbook, password, sheet-too-large.

    The reader is written in Rust; its panic is no Exception.
    """
    found = structures(content)
    try:
        with python_calamine.load_workbook(io.BytesIO(content)) as workbook:
            visible = [
                sheet.name
                for sheet in workbook.sheets_metadata
                if sheet.visible == python_calamine.SheetVisibleEnum.Visible and sheet.name in found
            ]
            return [_sheet(workbook, name, found[name]) for name in visible]
    except python_calamine.PasswordError as error:
        raise Invalid("workbook-password", "文件设有密码，请取消密码后重新上传。") from error
    except python_calamine.CalamineError as error:
        raise not_a_workbook() from error
    except BaseException as error:
        if type(error).__name__ == "PanicException":
            raise not_a_workbook() from error
        raise


def _sheet(
    workbook: python_calamine.CalamineWorkbook, name: str, structure: SheetStructure
) -> Sheet:
    sheet = workbook.get_sheet_by_name(name)
    merged = tuple(sheet.merged_cell_ranges or ())
    if sum(bottom - top + 1 for (top, _), (bottom, _) in merged) > MOST_MERGED_ROWS:
        raise Invalid("sheet-too-large", "合并单元格过多，请取消合并后重新上传。")
    return Sheet(
        name=name,
        rows=sheet.to_python(skip_empty_area=False),
        formulas=frozenset(structure.formulas),
        merged=merged,
    )
