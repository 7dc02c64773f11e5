"""What calamine does not tell of an xlsx: formulas, and how far the cells reach.

Read before anything else, so that a file that unpacks to gigabytes or has one cell in the last
corner is refused instead of filling the memory.
"""

import io
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from xml.parsers import expat

from services.orgs.exchange.imports.workbook import legacy
from shared.problems import Invalid

MOST_UNPACKED = 400_000_000
MOST_ROWS = 100_000
MOST_COLUMNS = 100
MOST_SHEETS = 10
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships id"
BROKEN = (
    zipfile.BadZipFile, zlib.error, expat.ExpatError, struct.error, LookupError, ValueError,
    OSError, EOFError, RuntimeError, MemoryError, TypeError,
)  # fmt: skip
"""What damaged or hostile files raise; RuntimeError is an encrypted or unknown entry."""
Place = tuple[int, int]
"""Row and column, from 0."""


@dataclass
class SheetStructure:
    rows: int = 0
    columns: int = 0
    formulas: set[Place] = field(default_factory=set[Place])

    def reach(self, place: Place) -> None:
        self.rows = max(self.rows, place[0] + 1)
        self.columns = max(self.columns, place[1] + 1)
        if self.rows > MOST_ROWS or self.columns > MOST_COLUMNS:
            raise Invalid(
                "sheet-too-large",
                f"工作表超过 {MOST_ROWS} 行或 {MOST_COLUMNS} 列，请删除多余的行列或拆成几个文件。",
            )


def not_a_workbook() -> Invalid:
    return Invalid("not-a-workbook", "不是有效的 Excel 文件，请另存为 .xlsx 或 .xls 后重新上传。")


def structures(content: bytes) -> dict[str, SheetStructure]:
    """By sheet name. Errors: 422 not-a-workbook, sheet-too-large."""
    try:
        if content.startswith(OLE):
            return _legacy(content)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MOST_UNPACKED:
                raise Invalid("sheet-too-large", "文件展开后过大，请拆成几个文件后重新上传。")
            parts = _parts(archive)
            if len(parts) > MOST_SHEETS:
                raise Invalid("too-many-sheets", f"工作表超过 {MOST_SHEETS} 个，请删除无关的表。")
            return {name: _scan(archive, part) for name, part in parts.items()}
    except BROKEN as error:
        raise not_a_workbook() from error


def _legacy(content: bytes) -> dict[str, SheetStructure]:
    found: dict[str, SheetStructure] = {}
    for name, cells in legacy.sheets(content):
        sheet = found.setdefault(name, SheetStructure())
        for place, is_formula in cells:
            sheet.reach(place)
            if is_formula:
                sheet.formulas.add(place)
    return found


def _parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Sheet name → its file in the archive."""
    targets: dict[str, str] = {}
    sheets: dict[str, str] = {}

    def relation(name: str, given: dict[str, str]) -> None:
        if name.endswith("Relationship"):
            targets[given["Id"]] = posixpath.normpath(posixpath.join("/xl", given["Target"]))[1:]

    def sheet(name: str, given: dict[str, str]) -> None:
        if name.rpartition(" ")[2] == "sheet":
            sheets[given["name"]] = given[_RELATION]

    _parse(archive.read("xl/_rels/workbook.xml.rels"), relation)
    _parse(archive.read("xl/workbook.xml"), sheet)
    return {name: targets[reference] for name, reference in sheets.items()}


def _scan(archive: zipfile.ZipFile, part: str) -> SheetStructure:
    found = SheetStructure()
    at: list[Place] = [(0, -1)]

    def element(name: str, given: dict[str, str]) -> None:
        tag = name.rpartition(" ")[2]
        if tag == "c":
            at[0] = _place(given["r"]) if "r" in given else (at[0][0], at[0][1] + 1)
            found.reach(at[0])
        elif tag == "f":
            found.formulas.add(at[0])
        elif tag == "row":
            at[0] = (int(given["r"]) - 1 if "r" in given else at[0][0] + 1, -1)

    _parse(archive.read(part), element)
    return found


def _parse(content: bytes, start: Callable[[str, dict[str, str]], None]) -> None:
    """No document type is read: a workbook needs none, an entity bomb does."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = start

    def refuse(*_: object) -> None:
        raise ValueError("a workbook has no document type")

    parser.StartDoctypeDeclHandler = refuse
    parser.Parse(content, True)


def _place(reference: str) -> Place:
    found = _PLACE.fullmatch(reference)
    if found is None:
        raise ValueError("no cell reference")
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - 64
    return int(found[2]) - 1, column - 1
