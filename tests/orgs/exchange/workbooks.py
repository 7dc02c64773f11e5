"""Workbooks as offices fill them in, for tests of imports."""

import io
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import xlsxwriter
import xlwt

from services.orgs.exchange.imports.columns import COLUMNS, SHEETS, Kind
from services.orgs.register.enterprises.rules import demonstration_credit_code
from services.orgs.register.people.rules import demonstration_id_number

Rows = Sequence[Sequence[Any]]


def xlsx(sheets: Mapping[str, Rows]) -> bytes:
    """Texts beginning with {= become formulas, everything else is what it is."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for at, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, str) and value.startswith("{="):
                    sheet.write_formula(at, column, value.strip("{}"))
                elif value is not None:
                    sheet.write(at, column, value)
    book.close()
    return target.getvalue()


def xls(rows: Rows, *, formula_at: tuple[int, int] | None = None) -> bytes:
    book: Any = xlwt.Workbook()
    sheet = book.add_sheet(SHEETS[Kind.MEMBERS])
    for at, row in enumerate(rows):
        for column, value in enumerate(row):
            filled = xlwt.Formula("1+1") if (at, column) == formula_at else value
            sheet.write(at, column, filled)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def headings(kind: Kind) -> list[str]:
    return [column.heading for column in COLUMNS[kind]]


def row(sheet: Kind, /, **values: Any) -> list[Any]:
    return [values.get(column.name) for column in COLUMNS[sheet]]


def id_number(serial: int, born: date = date(1985, 3, 9)) -> str:
    return demonstration_id_number(born, serial)


def member(serial: int, organisation: str, /, **changes: Any) -> list[Any]:
    values = {
        "name": "示例", "id_number": id_number(serial), "organisation": organisation,
        "standing": "正式党员", "joined_on": "2012-06-20", "full_on": "2013-06-20",
        "dues_paid_to": "2026-02", "phone": f"100{serial:08d}",
    }  # fmt: skip
    return row(Kind.MEMBERS, **values | changes)


def enterprise(serial: int, organisation: str, /, **changes: Any) -> list[Any]:
    values = {
        "credit_code": demonstration_credit_code(serial), "name": f"示例企业{serial}",
        "organisation": organisation, "staff_count": 60, "above_scale": "是",
    }  # fmt: skip
    return row(Kind.ENTERPRISES, **values | changes)


def organisation(code: str, parent: str, /, **changes: Any) -> list[Any]:
    values = {
        "code": code, "name": f"示例支部{code}", "kind": "党支部", "parent": parent,
        "founded_on": "2019-07-01",
    }  # fmt: skip
    return row(Kind.ORGANISATIONS, **values | changes)


def members(*rows: list[Any]) -> bytes:
    return xlsx({SHEETS[Kind.MEMBERS]: [headings(Kind.MEMBERS), *rows]})


def whole(
    organisations: list[list[Any]], enterprises: list[list[Any]], people: list[list[Any]]
) -> bytes:
    """One workbook with three sheets."""
    return xlsx(
        {
            SHEETS[kind]: [headings(kind), *rows]
            for kind, rows in zip(Kind, (organisations, enterprises, people), strict=True)
        }
    )
