"""Letters through the API: serial books, reissue, expiry, receipt, who reads them, due dates."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient, Response

from services.orgs.rulebook.editions import load
from shared.access import Role
from shared.ids import new_id
from tests.orgs.api import Tree, application, database, member, plant, served
from tests.principals import FakeVerifier, grant, keyed


@dataclass(frozen=True)
class Desk:
    """One test's tree, a member in its eastern branch, and the API."""

    client: AsyncClient
    callers: FakeVerifier
    tree: Tree
    member: UUID
    url: str

    async def post(self, path: str, body: dict[str, Any], key: str | None = None) -> Response:
        headers = keyed(self.callers.service(), key)
        return await self.client.post(path, json=body, headers=headers)

    async def issue(self, key: str | None = None, **changes: Any) -> Response:
        body: dict[str, Any] = {
            "case_id": str(new_id()), "from_org_id": str(self.tree.east.id),
            "to_org_id": str(self.tree.west.id), "member_ids": [str(self.member)],
            "issued_on": "2026-03-02", "valid_until": "2026-05-31", "dues_paid_to": "2026-02-01",
        }  # fmt: skip
        return await self.post("/v1/letters", body | changes, key)

    async def effect(self, letter: str, effect: str, **body: Any) -> Response:
        case = {"case_id": str(new_id())}
        return await self.post(f"/v1/letters/{letter}/{effect}", case | body)

    async def due(self, letter: str) -> dict[str, str]:
        """Open dates of one letter: rule → date."""
        found: dict[str, str] = {}
        after: str | None = None
        while True:
            params = {"after": after} if after else {}
            answer = await self.client.get("/v1/due", params=params, headers=self.callers.service())
            page = answer.json()
            found |= {d["rule"]: d["due_on"] for d in page["items"] if d["subject_id"] == letter}
            after = page["next"]
            if after is None:
                return found


@pytest.fixture
async def desk(orgs_database: str) -> AsyncGenerator[Desk]:
    async with database(orgs_database) as session:
        await load.load_all(session)
        tree = await plant(session)
        someone = await member(session, tree.east_branch)
    app, callers = application(orgs_database)
    async with served(app) as client:
        yield Desk(client, callers, tree, someone, orgs_database)


async def test_serial_is_drawn_from_the_senders_book_of_the_year(desk: Desk) -> None:
    answer = await desk.issue()
    assert answer.status_code == 201
    assert answer.json()["serial"] == f"{desk.tree.east.code}〔2026〕0001"
    assert await desk.due(answer.json()["id"]) == {"transfer.letter.validity": "2026-05-31"}


async def test_numbers_have_no_gap_when_many_letters_are_issued_at_once(desk: Desk) -> None:
    async with database(desk.url) as session:
        people = [await member(session, desk.tree.east_branch) for _ in range(12)]
    bodies: list[dict[str, Any]] = [{"member_ids": [str(person)]} for person in people]
    bodies[3] = {"valid_until": "2026-12-31"}
    bodies[7] = {"to_org_id": str(desk.tree.west_branch.id)}
    answers = await asyncio.gather(*(desk.issue(**body) for body in bodies))
    serials = sorted(a.json()["serial"][-4:] for a in answers if a.status_code == 201)
    assert serials == [f"{n:04d}" for n in range(1, 11)]


async def test_repeated_issue_with_the_same_key_is_the_same_letter(desk: Desk) -> None:
    case = str(new_id())
    first = await desk.issue(key="case:letter:1", case_id=case)
    second = await desk.issue(key="case:letter:1", case_id=case)
    assert first.json() == second.json()


async def test_a_member_has_one_open_letter(desk: Desk) -> None:
    await desk.issue()
    answer = await desk.issue()
    assert (answer.status_code, answer.json()["code"]) == (409, "letter-open")


async def test_reissue_voids_the_old_serial_in_the_same_transaction(desk: Desk) -> None:
    old = (await desk.issue()).json()
    new = (await desk.issue(replaces_id=old["id"], issued_on="2026-06-01",
                            valid_until="2026-08-30")).json()  # fmt: skip
    assert new["serial"].endswith("0002")
    seen = (
        await desk.client.get(f"/v1/letters/{old['id']}", headers=desk.callers.service())
    ).json()
    assert (seen["state"], seen["replaced_by_id"]) == ("void", new["id"])
    assert await desk.due(old["id"]) == {}
    late = await desk.effect(old["id"], "acceptances", on="2026-05-01")
    assert late.json()["code"] == "letter-void"
    await desk.effect(new["id"], "acceptances", on="2026-06-10")
    receipt = await desk.effect(new["id"], "receipts", serial=old["serial"], on="2026-06-11")
    assert receipt.json()["code"] == "serial-void"


async def test_refused_reissue_leaves_the_old_letter_as_it_was(desk: Desk) -> None:
    old = (await desk.issue()).json()
    refused = await desk.issue(replaces_id=old["id"], valid_until="2026-12-31")
    assert refused.json()["code"] == "validity-too-long"
    answer = await desk.effect(old["id"], "acceptances", on="2026-05-31")
    assert answer.json()["state"] == "accepted"


async def test_from_acceptance_to_receipt_with_its_dates(desk: Desk) -> None:
    letter = (await desk.issue()).json()
    early = await desk.effect(letter["id"], "receipts", serial=letter["serial"], on="2026-03-10")
    assert early.json()["code"] == "not-accepted"
    late = await desk.effect(letter["id"], "acceptances", on="2026-06-01")
    assert late.json()["code"] == "letter-expired"
    await desk.effect(letter["id"], "acceptances", on="2026-03-31")
    assert await desk.due(letter["id"]) == {"transfer.receipt": "2026-04-30"}
    wrong = await desk.effect(letter["id"], "receipts", serial="别的编号", on="2026-04-02")
    assert wrong.json()["code"] == "serial-mismatch"
    closed = await desk.effect(letter["id"], "receipts", serial=letter["serial"], on="2026-04-02")
    assert closed.json()["state"] == "closed"
    assert await desk.due(letter["id"]) == {}


async def test_sender_waits_for_the_receipt_of_a_committee_outside(desk: Desk) -> None:
    letter = (await desk.issue(to_org_id=str(desk.tree.outside.id))).json()
    await desk.effect(letter["id"], "acceptances", on="2026-04-01")
    answer = await desk.client.get(
        "/v1/due", params={"rule": "transfer.receipt"}, headers=desk.callers.service()
    )
    owed = [d for d in answer.json()["items"] if d["subject_id"] == letter["id"]]
    assert [d["org_id"] for d in owed] == [str(desk.tree.east.id)]


@pytest.mark.parametrize(
    ("role", "where", "status"),
    [
        (Role.COMMITTEE, "east", 200),
        (Role.COMMITTEE, "west", 200),
        (Role.ORGANISER, "county", 200),
        (Role.SECRETARY, "east_branch", 404),
        (Role.COMMITTEE, "west_branch", 404),
        (Role.OPERATOR, "county", 403),
        (Role.AUDITOR, "county", 403),
        (Role.MEMBER, "east", 403),
    ],
)
async def test_both_sides_and_those_above_read_a_letter(
    desk: Desk, role: Role, where: str, status: int
) -> None:
    letter = (await desk.issue()).json()
    node = getattr(desk.tree, where)
    headers = desk.callers.person(grant(role, node.id, node.path))
    answer = await desk.client.get(f"/v1/letters/{letter['id']}", headers=headers)
    assert answer.status_code == status
    listed = await desk.client.get("/v1/letters", headers=headers)
    seen = listed.json().get("items", [])
    assert [item["id"] for item in seen] == ([letter["id"]] if status == 200 else [])


async def test_list_is_paged_and_filtered(desk: Desk) -> None:
    async with database(desk.url) as session:
        people = [await member(session, desk.tree.east_branch) for _ in range(5)]
    for person in people:
        await desk.issue(member_ids=[str(person)])
    params: dict[str, Any] = {"org": str(desk.tree.west.id), "state": "issued", "limit": 2}
    seen: list[str] = []
    while True:
        answer = await desk.client.get("/v1/letters", params=params, headers=desk.callers.service())
        seen += [item["serial"][-4:] for item in answer.json()["items"]]
        if answer.json()["next"] is None:
            break
        params["after"] = answer.json()["next"]
    assert seen == ["0005", "0004", "0003", "0002", "0001"]


async def test_tr06_paper_has_numbers_and_dates_in_capitals(desk: Desk) -> None:
    letter = (await desk.issue()).json()
    node = desk.tree.east
    headers = desk.callers.person(grant(Role.COMMITTEE, node.id, node.path))
    answer = await desk.client.get(f"/v1/letters/{letter['id']}/paper", headers=headers)
    paper = answer.json()
    assert paper["issued_on_capitals"] == "贰零贰陆年叁月贰日"
    assert paper["valid_days_capitals"] == "玖拾"
    assert paper["dues_paid_to_capitals"] == "贰零贰陆年贰月"
    assert paper["names"] == ["示例党员"]


async def test_only_services_have_effects_on_letters(desk: Desk) -> None:
    node = desk.tree.east
    headers = keyed(desk.callers.person(grant(Role.COMMITTEE, node.id, node.path)))
    answer = await desk.client.post("/v1/letters", json={}, headers=headers)
    assert answer.status_code == 403
    answer = await desk.client.get("/v1/due", headers=headers)
    assert answer.status_code == 403


@pytest.mark.parametrize("cursor", ["x", "WzFd", "WyJ4IiwgInkiXQ"])
async def test_cursor_that_we_did_not_make_is_refused(desk: Desk, cursor: str) -> None:
    for path in ("/v1/due", "/v1/letters"):
        answer = await desk.client.get(
            path, params={"after": cursor}, headers=desk.callers.service()
        )
        assert (answer.status_code, answer.json()["code"]) == (422, "bad-cursor")
