"""Files that are damaged or hostile are refused; nothing else comes out of reading them."""

import contextlib
import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.orgs.exchange.imports.columns import Kind
from services.orgs.exchange.imports.rows import parts
from services.orgs.exchange.imports.workbook import isolated, reading
from shared.problems import Problem
from tests.orgs.exchange.workbooks import headings, member, members, xls

XLSX = members(member(1, "支部"), member(2, "支部"))
XLS = xls([headings(Kind.MEMBERS), member(1, "支部")])
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><worksheet>&b;</worksheet>'


def tampered(part: str, content: str) -> bytes:
    """The good workbook with one part replaced."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(XLSX)) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            new.writestr(name, content if name == part else old.read(name))
    return target.getvalue()


def sheet(cells: str) -> bytes:
    return tampered(
        "xl/worksheets/sheet1.xml", f"<worksheet><sheetData>{cells}</sheetData></worksheet>"
    )


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (tampered("xl/worksheets/sheet1.xml", BOMB), "not-a-workbook"),
        (tampered("xl/workbook.xml", BOMB), "not-a-workbook"),
        (tampered("xl/worksheets/sheet1.xml", "<worksheet>"), "not-a-workbook"),
        (sheet('<row r="1"><c r="A1"/></row><row r="9"><c r="XFD1048576"/></row>'),
         "sheet-too-large"),
        (sheet('<row r="1"><c r="?1"/></row>'), "not-a-workbook"),
        (tampered("xl/_rels/workbook.xml.rels", "<Relationships/>"), "not-a-workbook"),
        (XLSX[:200], "not-a-workbook"),
        (XLS[:700], "not-a-workbook"),
    ],
)  # fmt: skip
def test_hostile_workbook_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(Problem) as error:
        reading.read(content)
    assert error.value.code == code


def test_file_that_unpacks_to_gigabytes_is_refused() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(5):
            archive.writestr(f"xl/worksheets/sheet{number}.xml", bytes(90_000_000))
    assert len(target.getvalue()) < 1_000_000
    with pytest.raises(Problem) as error:
        reading.read(target.getvalue())
    assert error.value.code == "sheet-too-large"


@settings(max_examples=40, deadline=None)
@given(st.sampled_from([XLSX, XLS]), st.integers(min_value=8), st.binary(min_size=1, max_size=40))
def test_damaged_bytes_never_break_the_service(good: bytes, at: int, noise: bytes) -> None:
    at = 8 + at % (len(good) - 8)
    with contextlib.suppress(Problem):
        parts(isolated.read(good[:at] + noise + good[at + len(noise) :]), None, {})


def test_reader_that_dies_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolated.child, "__name__", "services.orgs.no_such_module")
    with pytest.raises(Problem) as error:
        isolated.read(XLSX)
    assert error.value.code == "not-a-workbook"


def test_child_reads_what_the_reader_reads() -> None:
    for content in (XLSX, XLS):
        here, there = reading.read(content), isolated.read(content)
        assert [sheet.name for sheet in here] == [sheet.name for sheet in there]
        assert [list(map(list, s.rows)) for s in here] == [list(map(list, s.rows)) for s in there]
