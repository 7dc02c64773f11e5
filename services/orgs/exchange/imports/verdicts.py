"""What the office sees of a check: counts, verdicts without values, a preview of the first rows."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from services.orgs.exchange.imports.cells import shown
from services.orgs.exchange.imports.checks.plans import Planned
from services.orgs.exchange.imports.columns import COLUMNS
from services.orgs.exchange.imports.rows import Part
from services.orgs.register.people.rules import mask_id_number

PREVIEWED = 20
_MASKED = frozenset({"id_number", "phone"})


def counts(plans: Sequence[Planned]) -> dict[str, int]:
    """Rows in all and by verdict."""
    return {"rows": len(plans), **Counter(plan.verdict.value for plan in plans)}


def verdicts(plans: Sequence[Planned]) -> list[dict[str, Any]]:
    """Codes, fields and sentences; no value of a cell."""
    return [
        {
            "kind": plan.kind.value,
            "sheet": plan.row.sheet,
            "number": plan.row.number,
            "verdict": plan.verdict.value,
            "errors": {"cells": [asdict(error) for error in plan.row.errors]},
            "object_id": plan.object_id,
        }
        for plan in plans
    ]


def headings(parts: Sequence[Part]) -> list[dict[str, Any]]:
    """Per sheet: which headings were understood, which not, which are missing."""
    return [
        {
            "kind": part.kind.value,
            "sheet": part.sheet.name,
            "found": sorted(part.headings.found),
            "unknown": list(part.headings.unknown),
            "missing": list(part.headings.missing),
        }
        for part in parts
    ]


def preview(parts: Sequence[Part], plans: Sequence[Planned]) -> bytes:
    """The first rows of every sheet as the office filled them, numbers masked."""
    said = {(plan.row.sheet, plan.row.number): plan.verdict.value for plan in plans}
    found = [
        {
            "sheet": part.sheet.name,
            "number": row.number,
            "verdict": said[row.sheet, row.number],
            "values": {
                column.heading: _shown(column.name, row.values[column.name])
                for column in COLUMNS[part.kind]
                if column.name in row.values
            },
        }
        for part in parts
        for row in part.rows[:PREVIEWED]
    ]
    return json.dumps(found, ensure_ascii=False, default=str).encode()


def _shown(name: str, value: Any) -> str:
    text = shown(value)
    return mask_id_number(text) if name in _MASKED and len(text) > 8 else text
