"""People are told once each, by inbox and e-mail; colleagues and portals take part."""

import asyncio
import email
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.local.suite import Suite
from shared.ids import new_id
from tests.e2e.conftest import Desk
from tests.e2e.people import Person, transfer_of, until
from tests.e2e.test_transfer import CHECKED, filed
from tests.village import Village


@pytest.fixture(scope="module")
def frequent_rounds(suite: Suite) -> None:
    """The Schedule at second scale, on the real server."""
    suite.stop("worker")
    suite.start("worker", {"DANGJIAN_WORKFLOWS_ROUND_SECONDS": "2"})


async def told(person: Person, case: str, template: str) -> list[dict[str, Any]]:
    page = (await person.get("/v1/inbox", "notifications", limit=200)).json()
    return [i for i in page["items"] if (i["case_id"], i["template"]) == (case, template)]


@pytest.mark.usefixtures("frequent_rounds")
async def test_an_overdue_task_is_reminded_once_and_goes_up_to_the_superior(
    desk: Desk, peopled: Village
) -> None:
    case = await filed(desk, peopled, 10)
    secretary, east = await desk("secretary-east-1"), await desk("committee-east")
    await until(lambda: told(secretary, case, "task-overdue"))
    await until(lambda: told(east, case, "task-escalated"))
    await asyncio.sleep(5)
    assert len(await told(secretary, case, "task-overdue")) == 1
    assert len(await told(east, case, "task-escalated")) == 1
    answered = await east.answer(case, "branch_check", "approve", **CHECKED)
    assert answered.status_code in {201, 202}, answered.text


async def test_what_leaves_the_suite_says_only_that_something_waits(
    desk: Desk, peopled: Village, suite: Suite
) -> None:
    member, secretary = await desk("member-0"), await desk("secretary-east-1")
    body = transfer_of(peopled.members[0], peopled.orgs["west-1"])
    case = (await member.post("/v1/cases", body)).json()["case_id"]
    await secretary.answer(case, "branch_check", "approve", **CHECKED)

    async def mailed() -> list[Path]:
        return [p for p in suite.state.mail.rglob("*") if p.is_file() and case in text_of(p)]

    mails = await until(mailed, seconds=40)
    assert len(mails) == 1
    text = text_of(mails[0])
    for secret in (peopled.names[0], "转接", "党", peopled.numbers[0]):
        assert secret not in text


def text_of(path: Path) -> str:
    message = email.message_from_bytes(path.read_bytes())
    body = message.get_payload(decode=True)
    assert isinstance(body, bytes)
    return body.decode() + str(message["subject"])


async def test_a_colleague_answers_during_a_dated_absence(desk: Desk, peopled: Village) -> None:
    case = await filed(desk, peopled, 11)
    secretary, helper = await desk("secretary-east-1"), await desk("secretary-east-2")
    absence = {
        "to_account": str(peopled.accounts["secretary-east-2"]),
        "role": "secretary",
        "org_id": str(peopled.orgs["east-1"]),
        "valid_from": "2026-01-01",
        "valid_to": "2099-12-31",
    }
    assert (await secretary.post("/v1/delegations", absence)).status_code == 201
    answer = await helper.answer(case, "branch_check", "approve", **CHECKED)
    assert answer.status_code in {201, 202}, answer.text

    async def decided() -> list[dict[str, Any]]:
        timeline = (await secretary.get(f"/v1/cases/{case}/timeline")).json()
        return [e for e in timeline if e["kind"] == "decided"]

    entry = (await until(decided))[0]
    assert entry["on_behalf_of"] == str(peopled.accounts["secretary-east-1"])


async def test_a_portal_files_with_its_own_scope_and_decides_nothing(
    desk: Desk, peopled: Village, suite: Suite
) -> None:
    security = await desk("security")
    client = {
        "name": "示例门户",
        "org_id": str(peopled.orgs["county"]),
        "scopes": ["register:read", "cases:read", "cases:write"],
        "kind": "machine",
    }
    made = await security.post("/v1/clients", client, service="orgs")
    assert made.status_code == 201, made.text
    portal = Person(suite, await _token(suite, made.json()))

    body = transfer_of(peopled.members[12], peopled.orgs["west-1"])

    async def in_reach() -> bool:
        checked = await portal.post("/v1/processes/transfer_member/check", body["request"])
        return checked.status_code == 200

    await until(in_reach)
    answer = await portal.post("/v1/cases", body)
    assert answer.status_code in {201, 202}, answer.text
    secretary = await desk("secretary-east-1")
    task = await secretary.turn(answer.json()["case_id"], "branch_check")
    refused = await portal.post(f"/v1/tasks/{task['id']}/decisions", {"choice": "approve"})
    assert (refused.status_code, refused.json()["code"]) == (403, "no-permission")
    await portal.leave()


async def _token(suite: Suite, client: dict[str, Any]) -> str:
    async with httpx.AsyncClient() as http:
        answer = await http.post(
            f"{suite.url('orgs')}/oauth2/token",
            data={"grant_type": "client_credentials"},
            auth=(client["id"], client["secret"]),
        )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


async def test_claims_are_seen_by_colleagues(desk: Desk, peopled: Village) -> None:
    case = await filed(desk, peopled, 13)
    secretary = await desk("secretary-east-1")
    await secretary.answer(case, "branch_check", "approve", **CHECKED)
    east, colleague = await desk("committee-east"), await desk("colleague-east")
    task = await east.turn(case, "sending_decision")
    path = f"/v1/tasks/{task['id']}/claims"
    assert (await east.post(path)).status_code == 204
    taken = await colleague.post(path)
    assert (taken.status_code, taken.json()["code"]) == (409, "task-claimed")
    urged = await secretary.post(f"/v1/tasks/{task['id']}/urgings", key=str(new_id()))
    assert urged.status_code == 204
    await until(lambda: told(east, case, "task-urged"))
