"""Reads a workbook that strangers made: in a child process without secrets, with limits."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any, cast

from services.orgs.exchange.imports.workbook import child
from services.orgs.exchange.imports.workbook.cells import Cell
from services.orgs.exchange.imports.workbook.reading import Sheet
from services.orgs.exchange.imports.workbook.structure import not_a_workbook
from shared.problems import Invalid

PATIENCE = 180
ROOT = Path(__file__).parents[5]


def read(content: bytes) -> list[Sheet]:
    """The visible sheets. Errors: 422 not-a-workbook, workbook-password, sheet-too-large."""
    try:
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-m", child.__name__],
            input=content, capture_output=True, timeout=PATIENCE, check=True, cwd=ROOT,
            env={"PATH": "/usr/bin:/bin", "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        )  # fmt: skip
        answer: dict[str, Any] = json.loads(done.stdout)
    except (subprocess.SubprocessError, ValueError) as error:
        raise not_a_workbook() from error
    if "problem" in answer:
        code, detail = answer["problem"]
        raise Invalid(code, detail)
    return [_sheet(sheet) for sheet in answer["sheets"]]


def _sheet(given: dict[str, Any]) -> Sheet:
    return Sheet(
        name=given["name"],
        rows=[[_cell(cell) for cell in row] for row in given["rows"]],
        formulas=frozenset((row, column) for row, column in given["formulas"]),
        merged=tuple(((a, b), (c, d)) for (a, b), (c, d) in given["merged"]),
    )


def _cell(cell: Any) -> Cell:
    if not isinstance(cell, dict):
        return cell
    tagged = cast(dict[str, str], cell)
    return date.fromisoformat(tagged["date"])
