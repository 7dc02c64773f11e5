"""Reads one workbook in a process of its own: from standard input, as JSON to standard output.

A damaged file can make the reader ask for more memory than there is, which ends the process; the
limits below make it end early, and only this one.
"""

import json
import resource
import sys
from datetime import date, datetime
from typing import Any

from services.orgs.exchange.imports.workbook import reading
from services.orgs.exchange.imports.workbook.cells import Cell
from shared.problems import Problem

MOST_MEMORY = 2_000_000_000
MOST_SECONDS = 120


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    content = sys.stdin.buffer.read()
    json.dump(_answer(content), sys.stdout, ensure_ascii=True)


def _answer(content: bytes) -> Any:
    try:
        return {"sheets": [_sheet(sheet) for sheet in reading.read(content)]}
    except Problem as problem:
        return {"problem": [problem.code, problem.detail]}


def _sheet(sheet: reading.Sheet) -> dict[str, Any]:
    return {
        "name": sheet.name,
        "rows": [[_cell(cell) for cell in row] for row in sheet.rows],
        "formulas": sorted(sheet.formulas),
        "merged": list(sheet.merged),
    }


def _cell(cell: Cell) -> Any:
    """JSON has no dates; a time of day means nothing in our columns."""
    if isinstance(cell, datetime):
        return {"date": cell.date().isoformat()}
    if isinstance(cell, date):
        return {"date": cell.isoformat()}
    return cell if cell is None or isinstance(cell, str | bool | int | float) else str(cell)


if __name__ == "__main__":
    main()
