"""A transfer from the first REST call to the register, the inbox and the e-mail."""

from typing import Any

from deploy.local.suite import Suite
from shared.ids import new_id
from tests.e2e.conftest import Desk
from tests.e2e.people import transfer_of, until
from tests.village import Village

TAKEN = {201, 202}
"""Applied, or recorded because the machine was slow: both are promises."""
CHECKED: dict[str, Any] = {
    "dues_paid_to": "2026-01-01",
    "discipline_clear": True,
    "posts_settled": True,
}


async def filed(desk: Desk, village: Village, member: int, to: str = "west-1", **more: Any) -> str:
    secretary = await desk("secretary-east-1")
    body = transfer_of(village.members[member], village.orgs[to], **more)
    answer = await secretary.post("/v1/cases", body)
    assert answer.status_code in TAKEN, answer.text
    case = answer.json()["case_id"]
    await secretary.turn(case, "branch_check")
    return case


async def test_art10_between_two_committees_that_share_only_the_county(
    desk: Desk, peopled: Village
) -> None:
    case = await filed(desk, peopled, 0)
    secretary, east, west = [
        await desk(x) for x in ("secretary-east-1", "committee-east", "committee-west")
    ]
    assert (await secretary.answer(case, "branch_check", "approve", **CHECKED)).status_code in TAKEN
    assert (await east.answer(case, "sending_decision", "approve")).status_code in TAKEN
    member = f"/v1/members/{peopled.members[0]}"
    await west.turn(case, "receiving_decision")
    assert (await east.get(member, "orgs")).json()["state"] == "in_transit"
    detail = (await west.get(f"/v1/cases/{case}")).json()
    serial = detail["known"]["serial"]
    accepted = await west.answer(
        case, "receiving_decision", "accept", branch_id=str(peopled.orgs["west-1"]), serial=serial
    )
    assert accepted.status_code in TAKEN, accepted.text
    await west.turn(case, "receipt")
    assert (await west.get(member, "orgs")).json()["org_id"] == str(peopled.orgs["west-1"])
    done = await west.answer(case, "receipt", "receipt_sent", serial=serial)
    assert done.status_code in TAKEN

    async def over() -> bool:
        return (await east.get(f"/v1/cases/{case}")).json()["outcome"] == "transferred"

    await until(over)
    letters = (await east.get("/v1/letters", "orgs", org=str(peopled.orgs["east"]))).json()
    assert [row["state"] for row in letters["items"] if row["serial"] == serial] == ["closed"]
    timeline = (await east.get(f"/v1/cases/{case}/timeline")).json()
    assert {entry["article"] for entry in timeline if entry["kind"] == "decided"} == {"10"}

    async def told() -> bool:
        inbox = (await west.get("/v1/inbox", "notifications")).json()
        return any(item["case_id"] == case for item in inbox["items"])

    await until(told)


async def test_the_same_key_gives_the_same_answer_and_counts_once(
    desk: Desk, peopled: Village
) -> None:
    secretary = await desk("secretary-east-1")
    body = transfer_of(peopled.members[1], peopled.orgs["west-1"])
    key = str(new_id())
    first = await secretary.post("/v1/cases", body, key=key)
    again = await secretary.post("/v1/cases", body, key=key)
    assert first.json()["case_id"] == again.json()["case_id"]
    other = await secretary.post("/v1/cases", body | {"process": "x"}, key=key)
    assert (other.status_code, other.json()["code"]) in {(422, "key-reused"), (404, "no-process")}
    second = await secretary.post("/v1/cases", body)
    assert (second.status_code, second.json()["code"]) == (409, "subject-claimed")


async def test_ed19_art25_wrong_input_names_field_rule_and_basis(
    desk: Desk, peopled: Village
) -> None:
    secretary = await desk("secretary-east-1")
    member, east_1 = peopled.members[2], peopled.orgs["east-1"]
    same = await secretary.post("/v1/cases", transfer_of(member, east_1))
    assert (same.status_code, same.json()["code"]) == (409, "same-organisation")
    assert same.json()["basis"]
    late = transfer_of(member, peopled.orgs["west-1"], applied_on="2026-02-30")
    refused = (await secretary.post("/v1/cases", late)).json()
    assert (refused["status"], refused["field"]) == (422, "request.applied_on")
    case = await filed(desk, peopled, 2)
    no_reason = await secretary.answer(case, "branch_check", "refuse")
    assert no_reason.json()["errors"][0]["code"] == "refusal-without-reason"
    west = await desk("committee-west")
    assert (await west.todo(case)) == {}
    task = await secretary.turn(case, "branch_check")
    stranger = await west.post(f"/v1/tasks/{task['id']}/decisions", {"choice": "approve"})
    assert stranger.status_code in {403, 404}


async def test_a_second_answer_is_refused_and_the_withdrawal_gives_everything_back(
    desk: Desk, peopled: Village
) -> None:
    case = await filed(desk, peopled, 3)
    secretary, east = await desk("secretary-east-1"), await desk("committee-east")
    task = await secretary.turn(case, "branch_check")
    body = {"choice": "approve", "form": CHECKED}
    path = f"/v1/tasks/{task['id']}/decisions"
    assert (await secretary.post(path, body)).status_code in TAKEN
    again = await secretary.post(path, body)
    assert (again.status_code, again.json()["code"]) == (409, "task-already-answered")
    await east.answer(case, "sending_decision", "approve")
    await (await desk("committee-west")).turn(case, "receiving_decision")
    stop = await secretary.post(f"/v1/cases/{case}/withdrawals", {"reason": "本人改变主意"})
    assert stop.status_code in TAKEN

    async def withdrawn() -> bool:
        return (await secretary.get(f"/v1/cases/{case}")).json()["outcome"] == "withdrawn"

    await until(withdrawn)
    state = (await east.get(f"/v1/members/{peopled.members[3]}", "orgs")).json()
    assert (state["state"], state["org_id"]) == ("active", str(peopled.orgs["east-1"]))


async def test_a_decision_sent_while_no_worker_runs_is_recorded_and_then_applied_once(
    desk: Desk, peopled: Village, suite: Suite
) -> None:
    case = await filed(desk, peopled, 4)
    secretary = await desk("secretary-east-1")
    task = await secretary.turn(case, "branch_check")
    suite.kill("worker")
    body = {"choice": "approve", "form": CHECKED}
    answer = await secretary.post(f"/v1/tasks/{task['id']}/decisions", body)
    assert (answer.status_code, answer.json()["state"]) == (202, "recorded")
    suite.start("worker")
    east = await desk("committee-east")

    async def applied() -> bool:
        return "sending_decision" in await east.todo(case)

    await until(applied)
    status = await secretary.get(f"/v1/commands/{answer.json()['command_id']}")
    assert status.json()["state"] == "applied"
