"""Imports from upload to register: what is written, refused, reported, repeated, and by whom."""

import asyncio
import io
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest
import python_calamine
from fastapi import FastAPI
from httpx import AsyncClient, Response
from sqlalchemy import text

from services.orgs.exchange.imports import repository
from services.orgs.exchange.imports.columns import SHEETS, Kind
from services.orgs.exchange.imports.work import Desk as Worker
from services.orgs.exchange.imports.work import FileSealer, work_once
from shared import clock
from shared.access import Role
from shared.ids import new_id
from tests.orgs.api import Node, Tree, application, database, plant, served
from tests.orgs.exchange import workbooks
from tests.orgs.exchange.workbooks import enterprise, headings, member, members, organisation, xlsx
from tests.principals import FakeVerifier, grant, keyed

SERIALS = count(int(new_id().hex[-6:], 16) % 1_000_000 * 9)
MEMBERS = SHEETS[Kind.MEMBERS]


def serial() -> int:
    return next(SERIALS)


@dataclass(frozen=True)
class Desk:
    client: AsyncClient
    app: FastAPI
    callers: FakeVerifier
    tree: Tree
    url: str
    office: dict[str, str]

    async def upload(
        self, content: bytes, kind: str | None = None, at: Node | None = None
    ) -> Response:
        params = {"organisation": str((at or self.tree.east).id), "filename": "花名册.xlsx"}
        params |= {"kind": kind} if kind else {}
        return await self.client.post(
            "/v1/imports", params=params, content=content, headers=self.office
        )

    async def get(self, import_id: str, part: str = "") -> Response:
        return await self.client.get(f"/v1/imports/{import_id}{part}", headers=self.office)

    async def until(self, import_id: str, *states: str) -> dict[str, Any]:
        """Ends with the test's own timeout."""
        while True:
            found = (await self.get(import_id)).json()
            if found["state"] in states:
                return found
            await asyncio.sleep(0.05)

    async def checked(self, content: bytes, kind: str | None = None) -> dict[str, Any]:
        answer = await self.upload(content, kind)
        assert answer.status_code == 202, answer.json()
        return await self.until(answer.json()["id"], "checked", "failed")

    async def confirm(self, import_id: str, mode: str = "all") -> Response:
        return await self.client.post(
            f"/v1/imports/{import_id}/confirmation",
            json={"mode": mode},
            headers=keyed(self.office),
        )

    async def applied(self, content: bytes, mode: str = "all") -> dict[str, Any]:
        found = await self.checked(content)
        answer = await self.confirm(found["id"], mode)
        assert answer.status_code == 202, (answer.json(), found)
        return await self.until(found["id"], "applied", "checked", "failed")

    async def errors(self, content: bytes, kind: str | None = None) -> list[tuple[str, str]]:
        """(field, code) of every refused row."""
        found = await self.checked(content, kind)
        rows = (await self.get(found["id"], "/rows?verdict=refused")).json()["items"]
        return [(e["field"], e["code"]) for row in rows for e in row["errors"]]

    async def scalar(self, sql: str, **values: Any) -> Any:
        async with database(self.url) as session:
            return (await session.execute(text(sql), values)).scalar_one()


pytestmark = pytest.mark.timeout(60)


@pytest.fixture
async def desk(orgs_database: str, keys_database: str) -> AsyncGenerator[Desk]:
    async with database(orgs_database) as session:
        tree = await plant(session)
    app, callers = application(orgs_database, keys_database)
    office = callers.person(grant(Role.COMMITTEE, tree.east.id, tree.east.path))
    async with served(app) as client:
        yield Desk(client, app, callers, tree, orgs_database, office)


async def test_three_sheets_found_enterprises_and_members_of_new_branches(desk: Desk) -> None:
    code, inner = new_id().hex[-8:], new_id().hex[-8:]
    content = workbooks.whole(
        [
            organisation(inner, code, name=f"内支部{inner}"),
            organisation(code, desk.tree.east.code, kind="党总支", name=f"总支{code}"),
        ],
        [enterprise(serial(), code), enterprise(serial(), desk.tree.east_branch.code)],
        [member(serial(), inner), member(serial(), f"内支部{inner}", standing="预备党员",
                                         full_on=None, joined_on="2026-03-01")],
    )  # fmt: skip
    done = await desk.applied(content)
    assert (done["state"], done["counts"]) == ("applied", {"rows": 6, "create": 6})
    path = await desk.scalar("select path from organisations where code = :c", c=inner)
    assert path.startswith(desk.tree.east.path)
    assert len(path) == len(desk.tree.east.path) + 8
    kept = "select count(*) from members where org_path = :p"
    assert await desk.scalar(kept, p=path) == 2
    ends = "select max(probation_ends_on) from members where org_path = :p"
    assert await desk.scalar(ends, p=path) == date(2027, 3, 1)


async def test_second_upload_of_the_same_file_changes_nothing(desk: Desk) -> None:
    content = members(*(member(serial(), desk.tree.east_branch.code) for _ in range(3)))
    await desk.applied(content)
    before = await desk.scalar("select max(id) from changes")
    again = await desk.checked(content)
    assert again["counts"] == {"rows": 3, "unchanged": 3}
    assert (await desk.confirm(again["id"])).json()["code"] == "nothing-to-apply"
    assert await desk.scalar("select max(id) from changes") == before


async def test_same_file_twice_at_once_is_one_import(desk: Desk) -> None:
    content = members(member(serial(), desk.tree.east_branch.code))
    first, second = await desk.upload(content), await desk.upload(content)
    assert first.json()["id"] == second.json()["id"]


async def test_correction_of_dates_and_telephone(desk: Desk) -> None:
    number, code = serial(), desk.tree.east_branch.code
    await desk.applied(members(member(number, code)))
    done = await desk.applied(
        members(member(number, code, dues_paid_to="2026年5月", phone="10099999999"))
    )
    assert done["counts"] == {"rows": 1, "correct": 1}
    paid = "select dues_paid_to from members where org_path = :p"
    assert await desk.scalar(paid, p=desk.tree.east_branch.path) == date(2026, 5, 1)
    again = await desk.checked(
        members(member(number, code, dues_paid_to="2026-05", phone="100 9999 9999"))
    )
    assert again["counts"] == {"rows": 1, "unchanged": 1}


def _swapped(code: str) -> str:
    at = next(n for n in range(10, 16) if code[n] != code[n + 1])
    return code[:at] + code[at + 1] + code[at] + code[at + 2 :]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"name": None}, ("name", "missing")),
        ({"joined_on": "2012-02-30"}, ("joined_on", "date-missing")),
        ({"joined_on": "上世纪"}, ("joined_on", "date-format")),
        ({"joined_on": "2199-01-01"}, ("joined_on", "date-in-future")),
        ({"full_on": "2011-01-01"}, ("full_on", "full-before-joined")),
        ({"standing": "群众"}, ("standing", "not-in-list")),
        ({"standing": "预备党员"}, ("full_on", "probationary-with-full-date")),
        ({"id_number": 330102199001011234}, ("id_number", "stored-as-number")),
        ({"id_number": "12345"}, ("id_number", "id-number-length")),
        ({"organisation": "没有的支部"}, ("organisation", "organisation-unknown")),
        ({"phone": "12"}, ("phone", "phone-format")),
        ({"name": "{=A1}"}, ("name", "formula-cell")),
        ({"name": "=HYPERLINK(1)"}, ("name", "name-characters")),
    ],
)
async def test_bad_cell_is_reported_with_its_field(
    desk: Desk, changes: dict[str, Any], error: tuple[str, str]
) -> None:
    content = members(member(serial(), desk.tree.east_branch.code, **changes))
    assert await desk.errors(content) == [error]


async def test_wrong_check_digit_is_found(desk: Desk) -> None:
    number = workbooks.id_number(serial())
    wrong = number[:17] + ("0" if number[17] != "0" else "1")
    content = members(member(0, desk.tree.east_branch.code, id_number=wrong))
    assert await desk.errors(content) == [("id_number", "id-number-checksum")]


async def test_transposed_credit_code_is_found(desk: Desk) -> None:
    row = enterprise(serial() + 1_234_567, desk.tree.east.code)
    row[0] = _swapped(row[0])
    content = xlsx({SHEETS[Kind.ENTERPRISES]: [headings(Kind.ENTERPRISES), row]})
    assert await desk.errors(content) == [("credit_code", "credit-code-checksum")]


async def test_merged_cell_in_a_data_row_is_named(desk: Desk) -> None:
    book = io.BytesIO()
    import_rows = [member(serial(), desk.tree.east_branch.code) for _ in range(2)]
    with workbooks.xlsxwriter.Workbook(book, {"in_memory": True}) as target:
        sheet = target.add_worksheet(MEMBERS)
        for at, row in enumerate([headings(Kind.MEMBERS), *import_rows]):
            sheet.write_row(at, 0, row)
        sheet.merge_range(1, 2, 2, 2, desk.tree.east_branch.code)
    found = await desk.checked(book.getvalue())
    rows = (await desk.get(found["id"], "/rows?verdict=refused")).json()["items"]
    details = [error["detail"] for row in rows for error in row["errors"]]
    assert details == ["C2 是合并单元格，请拆分。", "C3 是合并单元格，请拆分。"]


async def test_xls_is_read_and_its_formulas_found(desk: Desk) -> None:
    rows = [headings(Kind.MEMBERS), member(serial(), desk.tree.east_branch.code)]
    assert (await desk.checked(workbooks.xls(rows)))["counts"] == {"rows": 1, "create": 1}
    assert await desk.errors(workbooks.xls(rows, formula_at=(1, 0))) == [("name", "formula-cell")]


async def test_row_of_another_office_is_refused(desk: Desk) -> None:
    content = members(member(serial(), desk.tree.west_branch.code))
    assert await desk.errors(content) == [("organisation", "outside-reach")]


async def test_import_never_moves_a_person(desk: Desk) -> None:
    number = serial()
    await desk.applied(members(member(number, desk.tree.east_branch.code)))
    inside = members(member(number, desk.tree.east.code))
    assert await desk.errors(inside) == [("organisation", "import-never-moves")]
    west = desk.callers.person(grant(Role.COMMITTEE, desk.tree.west.id, desk.tree.west.path))
    other = Desk(desk.client, desk.app, desk.callers, desk.tree, desk.url, west)
    answer = await other.upload(
        members(member(number, desk.tree.west_branch.code)), at=desk.tree.west
    )
    found = await other.until(answer.json()["id"], "checked")
    rows = (await other.get(found["id"], "/rows")).json()["items"]
    codes = [error["code"] for error in rows[0]["errors"]]
    assert codes == ["outside-reach", "import-never-moves"]


async def test_row_that_touches_an_open_transfer_is_reported(desk: Desk) -> None:
    number = serial()
    await desk.applied(members(member(number, desk.tree.east_branch.code)))
    async with database(desk.url) as session:
        await session.execute(
            text(
                "insert into transits (id, member_id, person_id, org_path, case_id, to_org_id,"
                " to_path, started_on) select :id, id, person_id, org_path, :case, :to, :path,"
                " current_date from members where org_path = :at"
            ),
            {
                "id": new_id(), "case": new_id(), "to": desk.tree.west.id,
                "path": desk.tree.west.path, "at": desk.tree.east_branch.path,
            },
        )  # fmt: skip
    content = members(member(number, desk.tree.east_branch.code, dues_paid_to="2026-06"))
    assert await desk.errors(content) == [("id_number", "in-transit")]


async def test_same_person_twice_names_the_first_row(desk: Desk) -> None:
    number = serial()
    content = members(*(member(number, desk.tree.east_branch.code) for _ in range(2)))
    assert await desk.errors(content) == [("id_number", "row-twice")]


async def test_all_or_none_refuses_good_rows_take_the_rest(desk: Desk) -> None:
    code = desk.tree.east_branch.code
    content = members(member(serial(), code), member(serial(), code, name=None))
    found = await desk.checked(content)
    assert found["counts"] == {"rows": 2, "create": 1, "refused": 1}
    refused = await desk.confirm(found["id"], "all")
    assert (refused.status_code, refused.json()["code"]) == (409, "rows-refused")
    assert (await desk.confirm(found["id"], "good")).status_code == 202
    done = await desk.until(found["id"], "applied")
    rows = (await desk.get(done["id"], "/rows")).json()["items"]
    assert [(row["verdict"], row["applied"]) for row in rows] == [
        ("create", True), ("refused", False),
    ]  # fmt: skip
    assert rows[0]["object_id"] is not None


async def test_report_is_the_workbook_with_reasons_and_no_formula(desk: Desk) -> None:
    good = member(serial(), desk.tree.east_branch.code)
    bad = member(serial(), desk.tree.east_branch.code, name="=1+1", joined_on="2012-02-30")
    found = await desk.checked(members(good, bad))
    answer = await desk.get(found["id"], "/report.xlsx")
    sheet = python_calamine.load_workbook(io.BytesIO(answer.content)).get_sheet_by_index(0)
    rows = sheet.to_python()
    assert rows[0][-1] == "不合格原因"
    assert rows[1][-1] == ""
    assert rows[2][0] == "=1+1"
    assert "入党日期：这个日期不存在" in str(rows[2][-1])
    assert b"<f>" not in answer.content


async def test_own_headings_are_mapped_and_remembered(desk: Desk) -> None:
    own = [*headings(Kind.MEMBERS)]
    own[0], own[1] = "同志", "公民身份号码（18位）"
    rows = [["某镇党员花名册"], own, member(serial(), desk.tree.east_branch.code)]
    found = await desk.checked(xlsx({"Sheet1": rows}), "members")
    assert (found["state"], found["error_code"]) == ("failed", "missing-column")
    assert found["headings"][0]["missing"] == ["姓名"]
    assert found["headings"][0]["unknown"] == ["同志"]
    answer = await desk.client.put(
        f"/v1/imports/{found['id']}/headings",
        json={"kind": "members", "headings": {"同志": "name"}},
        headers=keyed(desk.office),
    )
    assert answer.status_code == 200
    done = await desk.until(found["id"], "checked")
    assert done["counts"] == {"rows": 1, "create": 1}
    rows[2] = member(serial(), desk.tree.east_branch.code)
    assert (await desk.checked(xlsx({"Sheet1": rows}), "members"))["state"] == "checked"


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"hello", "not-a-workbook"), (b"", "not-a-workbook")],
)
async def test_not_a_workbook_is_refused_at_once(desk: Desk, content: bytes, code: str) -> None:
    answer = await desk.upload(content)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


@pytest.mark.parametrize("content", [b"PK\x03\x04 junk", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 junk"])
async def test_broken_file_fails_and_is_erased(desk: Desk, content: bytes) -> None:
    found = await desk.checked(content)
    assert (found["state"], found["error_code"]) == ("failed", "not-a-workbook")
    erased = "select content is null from imports where id = :i"
    assert await desk.scalar(erased, i=UUID(found["id"]))


async def test_file_too_large_is_cut_off(desk: Desk) -> None:
    answer = await desk.upload(b"PK\x03\x04" + bytes(20_000_001))
    assert answer.status_code == 413


async def test_file_is_closed_at_rest_and_erased_when_done(desk: Desk) -> None:
    content = members(member(serial(), desk.tree.east_branch.code))
    found = await desk.checked(content)
    kept = bytes(
        await desk.scalar("select content from imports where id = :i", i=UUID(found["id"]))
    )
    assert content[:100] not in kept
    await desk.confirm(found["id"])
    await desk.until(found["id"], "applied")
    erased = "select content is null and preview is null from imports where id = :i"
    assert await desk.scalar(erased, i=UUID(found["id"]))


async def test_preview_masks_numbers(desk: Desk) -> None:
    found = await desk.checked(members(member(serial(), desk.tree.east_branch.code)))
    items = (await desk.get(found["id"], "/preview")).json()["items"]
    assert items[0]["values"]["身份证号"].count("*") == 10
    assert items[0]["verdict"] == "create"


async def test_discard_erases_and_ends(desk: Desk) -> None:
    found = await desk.checked(members(member(serial(), desk.tree.east_branch.code)))
    answer = await desk.client.post(
        f"/v1/imports/{found['id']}/discard", headers=keyed(desk.office)
    )
    assert answer.json()["state"] == "discarded"
    assert (await desk.confirm(found["id"])).json()["code"] == "import-state"


@pytest.mark.parametrize(
    ("role", "where", "status"),
    [
        (Role.COMMITTEE, "east", 202),
        (Role.ORGANISER, "county", 202),
        (Role.COMMITTEE, "west", 403),
        (Role.COMMITTEE, "east_branch", 403),
        (Role.SECRETARY, "east", 403),
        (Role.OPERATOR, "county", 403),
    ],
)
async def test_committee_or_organiser_at_or_above_imports(
    desk: Desk, role: Role, where: str, status: int
) -> None:
    node = getattr(desk.tree, where)
    caller = desk.callers.person(grant(role, node.id, node.path))
    other = Desk(desk.client, desk.app, desk.callers, desk.tree, desk.url, caller)
    content = members(member(serial(), desk.tree.east_branch.code))
    assert (await other.upload(content)).status_code == status


async def test_another_office_does_not_see_an_import(desk: Desk) -> None:
    found = await desk.checked(members(member(serial(), desk.tree.east_branch.code)))
    west = desk.callers.person(grant(Role.COMMITTEE, desk.tree.west.id, desk.tree.west.path))
    for part in ("", "/rows", "/preview", "/report.xlsx"):
        answer = await desk.client.get(f"/v1/imports/{found['id']}{part}", headers=west)
        assert answer.status_code == 404


@pytest.mark.parametrize("kind", ["members", "enterprises", "organisations", "all"])
async def test_template_has_chinese_headings(desk: Desk, kind: str) -> None:
    answer = await desk.client.get(f"/v1/imports/templates/{kind}.xlsx", headers=desk.office)
    book = python_calamine.load_workbook(io.BytesIO(answer.content))
    kinds = list(Kind) if kind == "all" else [Kind(kind)]
    assert book.sheet_names == [*(SHEETS[one] for one in kinds), "填写说明"]
    assert book.get_sheet_by_index(0).to_python()[0] == headings(kinds[0])


async def test_template_filled_in_is_understood(desk: Desk) -> None:
    found = await desk.checked(
        workbooks.whole([], [], [member(serial(), desk.tree.east_branch.code)])
    )
    assert all(not sheet["unknown"] for sheet in found["headings"])


async def test_import_of_a_dead_worker_is_taken_up_when_its_lease_ends(desk: Desk) -> None:
    found = await desk.checked(members(member(serial(), desk.tree.east_branch.code)))
    async with database(desk.url) as session:
        await repository.change(
            session, UUID(found["id"]), state="applying", mode="all", attempts=1,
            leased_until=clock.now() + timedelta(seconds=1),
        )  # fmt: skip
    assert (await desk.get(found["id"])).json()["state"] == "applying"
    done = await desk.until(found["id"], "applied")
    assert done["counts"]["create"] == 1


async def test_import_that_kills_its_worker_every_time_fails_in_the_end(desk: Desk) -> None:
    found = await desk.checked(members(member(serial(), desk.tree.east_branch.code)))
    async with database(desk.url) as session:
        await repository.change(
            session, UUID(found["id"]), state="applying", mode="all", attempts=99
        )
    done = await desk.until(found["id"], "failed")
    assert done["error_code"] == "import-failed"


async def test_row_that_went_bad_meanwhile_stops_all_or_none(desk: Desk) -> None:
    number, code = serial(), desk.tree.east_branch.code
    found = await desk.checked(members(member(number, code), member(serial(), code)))
    taken = members(member(number, code, name="另一示例"))
    await desk.applied(taken)
    await desk.confirm(found["id"])
    done = await desk.until(found["id"], "checked", "applied")
    assert (done["state"], done["error_code"]) == ("checked", "changed-meanwhile")
    assert done["counts"] == {"rows": 2, "refused": 1, "create": 1}


async def test_nothing_waits_when_everything_is_done(desk: Desk) -> None:
    state = desk.app.state
    worker = Worker(state.engine, state.keystore, FileSealer(state.settings.master_keys), demo=True)
    assert await work_once(worker) is False


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_fifty_thousand_rows(desk: Desk) -> None:
    code = desk.tree.east_branch.code
    rows = [member(n, code, id_number=workbooks.id_number(n, _born(n))) for n in range(50_000)]
    rows[777][0] = None
    begun = clock.now()
    found = await desk.checked(members(*rows))
    assert found["counts"] == {"rows": 50_000, "create": 49_999, "refused": 1}
    await desk.confirm(found["id"], "good")
    done = await desk.until(found["id"], "applied")
    assert done["counts"]["create"] == 49_999
    kept = "select count(*) from members where org_path = :p"
    assert await desk.scalar(kept, p=desk.tree.east_branch.path) == 49_999
    assert (clock.now() - begun).total_seconds() < 240


def _born(serial: int) -> date:
    return date(1950, 1, 1) + timedelta(days=serial % 15_000)
