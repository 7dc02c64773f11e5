"""Which column of a workbook is which field: by template, by what was chosen before, by habit."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.orgs.exchange.imports.columns import COLUMNS, SHEETS, Kind

SEARCHED_ROWS = 10
"""A title and notes may stand above the headings."""
_DECORATION = re.compile(r"[（(\[【].*?[)）\]】]|[\s*＊:：]")


@dataclass(frozen=True)
class Headings:
    """Where the headings stand and what they mean."""

    row: int
    """Index from 0."""
    found: Mapping[str, int]
    """Field → column index."""
    unknown: tuple[str, ...]
    """Headings that mean nothing to us; their columns are left out."""
    missing: tuple[str, ...]
    """Required headings that are not there."""


def plain(heading: str) -> str:
    """A heading without remarks, stars and spaces: "姓 名（必填）" is 姓名."""
    return _DECORATION.sub("", unicodedata.normalize("NFKC", heading))


def kind_of_sheet(name: str, given: Kind | None) -> Kind | None:
    """By its name; a workbook for one kind needs no particular name."""
    if given is not None:
        return given
    return next((kind for kind, word in SHEETS.items() if word in name), None)


def find(kind: Kind, rows: Sequence[Sequence[str]], chosen: Mapping[str, str]) -> Headings:
    """The row among the first ones that fits best. `chosen`: the office's heading → our field."""
    candidates = [_read(kind, index, row, chosen) for index, row in enumerate(rows)]
    empty = Headings(0, {}, (), tuple(c.heading for c in COLUMNS[kind] if c.required))
    return max(candidates, key=lambda headings: len(headings.found), default=empty)


def _read(kind: Kind, index: int, row: Sequence[str], chosen: Mapping[str, str]) -> Headings:
    known = _known(kind) | {plain(heading): name for heading, name in chosen.items()}
    found: dict[str, int] = {}
    unknown: list[str] = []
    for at, heading in enumerate(row):
        name = known.get(plain(heading)) if heading.strip() else ""
        if name is None or (name and name in found):
            unknown.append(heading.strip()[:40])
        elif name:
            found[name] = at
    missing = [c.heading for c in COLUMNS[kind] if c.required and c.name not in found]
    return Headings(index, found, tuple(unknown), tuple(missing))


def _known(kind: Kind) -> dict[str, str]:
    known = {other: column.name for column in COLUMNS[kind] for other in column.others}
    return known | {plain(column.heading): column.name for column in COLUMNS[kind]}
