"""Where the cells and formulas of an xls (BIFF8) are; calamine tells the values only."""

import io
import struct
from collections.abc import Iterator
from typing import Any, cast

import olefile

BOUNDSHEET = 0x0085
END = 0x000A
FORMULA = 0x0006
CELLS = frozenset({FORMULA, 0x00FD, 0x0204, 0x0203, 0x027E, 0x0205, 0x00BD, 0x0201, 0x00BE, 0x00D6})
"""FORMULA, LABELSST, LABEL, NUMBER, RK, BOOLERR, MULRK, BLANK, MULBLANK, RSTRING."""
MULTIPLE = frozenset({0x00BD, 0x00BE})
Cell = tuple[tuple[int, int], bool]


def sheets(content: bytes) -> Iterator[tuple[str, Iterator[Cell]]]:
    """Each sheet's name with its cells: place and whether it holds a formula.

    Error: OSError or ValueError when the file is none.
    """
    stream = _stream(content)
    for kind, body in _records(stream, 0):
        if kind == BOUNDSHEET and body[5] == 0:
            yield _name(body), _cells(stream, int.from_bytes(body[:4], "little"))


def _stream(content: bytes) -> bytes:
    container = cast(Any, olefile.OleFileIO(io.BytesIO(content)))
    try:
        name = next((n for n in ("Workbook", "Book") if container.exists(n)), None)
        if name is None:
            raise ValueError("no workbook stream")
        return container.openstream(name).read()
    finally:
        container.close()


def _records(stream: bytes, offset: int) -> Iterator[tuple[int, bytes]]:
    """Records up to the end of the substream that begins at the offset."""
    while offset + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, offset)
        yield kind, stream[offset + 4 : offset + 4 + size]
        if kind == END:
            return
        offset += 4 + size


def _name(body: bytes) -> str:
    """Length, a flag for two-byte characters, the characters."""
    wide = body[7] & 1
    raw = body[8 : 8 + body[6] * (2 if wide else 1)]
    return raw.decode("utf-16-le" if wide else "latin-1")


def _cells(stream: bytes, offset: int) -> Iterator[Cell]:
    for kind, body in _records(stream, offset):
        if kind not in CELLS:
            continue
        row, column = struct.unpack_from("<HH", body)
        if kind in MULTIPLE:
            column = int.from_bytes(body[-2:], "little")
        if kind not in {0x0201, 0x00BE}:
            yield (row, column), kind == FORMULA
