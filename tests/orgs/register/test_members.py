"""Members through the API: one membership, one transit, dated moves, who sees whom."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from shared.access import Role
from shared.database import engine, set_scope, transaction
from shared.ids import new_id
from tests.orgs.api import Node, database
from tests.orgs.register.office import Office, id_number
from tests.principals import grant, keyed


def start(target: Node, case: UUID | None = None) -> dict[str, str]:
    return {"case_id": str(case or new_id()), "to_org_id": str(target.id)}


async def current(office: Office, member: dict[str, Any]) -> dict[str, Any]:
    return (await office.get(f"/v1/members/{member['id']}")).json()


async def test_in_transit_a_member_still_counts_at_home(office: Office) -> None:
    """ED19 Art. 25"""
    made = await office.member(office.county.east_branch)
    assert (await office.effect(made["id"], "transits", **start(office.county.west))).is_success
    now = await current(office, made)
    assert (now["state"], now["org_id"]) == ("in_transit", str(office.county.east_branch.id))
    again = await office.effect(made["id"], "transits", **start(office.county.west))
    assert (again.status_code, again.json()["code"]) == (409, "member-in-transit")


async def test_a_move_ends_one_membership_and_begins_the_next_on_one_day(office: Office) -> None:
    made, case = await office.member(office.county.east_branch), new_id()
    await office.effect(made["id"], "transits", **start(office.county.west, case))
    moved = await office.effect(
        made["id"], "moves", **start(office.county.west_branch, case), on="2026-04-01"
    )
    assert moved.status_code == 204
    now = await current(office, made)
    assert (now["state"], now["org_id"]) == ("active", str(office.county.west_branch.id))
    history = (await office.get(f"/v1/members/{made['id']}/history")).json()
    assert [(m["valid_from"], m["valid_to"]) for m in history["memberships"]] == [
        ("2015-07-01", "2026-04-01"), ("2026-04-01", None),
    ]  # fmt: skip
    assert [t["reason"] for t in history["transits"]] == ["accepted"]


async def test_after_a_move_the_old_branch_sees_the_person_no_more(office: Office) -> None:
    made = await office.member(office.county.east_branch)
    await office.effect(made["id"], "moves", **start(office.county.west_branch))
    east = office.at(Role.SECRETARY, office.county.east_branch)
    west = office.at(Role.SECRETARY, office.county.west_branch)
    assert (await office.get(f"/v1/members/{made['id']}", east)).status_code == 404
    assert (await office.get(f"/v1/people/{made['person_id']}", east)).status_code == 404
    assert (await office.get(f"/v1/members/{made['id']}", west)).status_code == 200


async def test_the_receiver_sees_whom_it_expects_and_only_meanwhile(office: Office) -> None:
    made, case = await office.member(office.county.east_branch), new_id()
    west = office.committee(office.county.west)
    path = f"/v1/members/{made['id']}"
    assert (await office.get(path, west)).status_code == 404
    await office.effect(made["id"], "transits", **start(office.county.west, case))
    assert UUID(made["id"]) in await _visible_members(office, office.county.west)
    assert (await office.get(path, west)).json()["name"] == made["name"]
    await office.effect(made["id"], "transit-ends", case_id=str(case), reason="withdrawn")
    assert UUID(made["id"]) not in await _visible_members(office, office.county.west)


async def _visible_members(office: Office, node: Node) -> list[UUID]:
    on = engine(office.url, pool_size=1)
    async with transaction(on) as session:
        await set_scope(session, prefixes=(node.path,), person=None)
        found = list((await session.execute(text("select id from members"))).scalars())
    await on.dispose()
    return found


@pytest.mark.parametrize(
    ("reason", "state"),
    [("withdrawn", "active"), ("refused", "active"), ("expired", "active"), ("died", "died"),
     ("removed", "removed")],
)  # fmt: skip
async def test_how_a_transit_may_end_without_acceptance(
    office: Office, reason: str, state: str
) -> None:
    made, case = await office.member(office.county.east_branch), new_id()
    await office.effect(made["id"], "transits", **start(office.county.west, case))
    other = await office.effect(made["id"], "transit-ends", case_id=str(new_id()), reason=reason)
    assert other.json()["code"] == "wrong-case"
    ended = await office.effect(made["id"], "transit-ends", case_id=str(case), reason=reason)
    assert ended.status_code == 204
    assert (await current(office, made))["state"] == state
    twice = await office.effect(made["id"], "transit-ends", case_id=str(case), reason=reason)
    assert twice.json()["code"] == "not-in-transit"


async def test_a_departure_leaves_the_register(office: Office) -> None:
    made, case = await office.member(office.county.east_branch), new_id()
    early = await office.effect(made["id"], "departures", **start(office.county.outside, case))
    assert early.json()["code"] == "not-in-transit"
    await office.effect(made["id"], "transits", **start(office.county.outside, case))
    inside = await office.effect(made["id"], "departures", **start(office.county.west, case))
    assert inside.json()["code"] == "target-inside"
    left = await office.effect(made["id"], "departures", **start(office.county.outside, case))
    assert left.status_code == 204
    assert (await current(office, made))["state"] == "transferred_out"
    again = await office.effect(made["id"], "transits", **start(office.county.west))
    assert again.json()["code"] == "member-not-active"


async def test_targets_that_take_nobody(office: Office) -> None:
    county = office.county
    made = await office.member(county.east_branch)
    same = await office.effect(made["id"], "moves", **start(county.east_branch))
    assert same.json()["code"] == "same-organisation"
    outside = await office.effect(made["id"], "moves", **start(county.outside))
    assert outside.json()["code"] == "target-external"
    for state, code in (
        ("dissolving", "organisation-dissolving"),
        ("dissolved", "target-dissolved"),
    ):
        body = {"case_id": str(new_id()), "state": state, "on": "2026-02-01"}
        path = f"/v1/organisations/{county.second_branch.id}/states"
        assert (await office.send("POST", path, body, office.callers.service())).is_success
        refused = await office.effect(made["id"], "transits", **start(county.second_branch))
        assert (refused.status_code, refused.json()["code"]) == (409, code)


async def test_a_move_cannot_be_dated_before_the_membership(office: Office) -> None:
    made = await office.member(office.county.east_branch)
    early = await office.effect(
        made["id"], "moves", **start(office.county.west_branch), on="2015-06-30"
    )
    assert (early.status_code, early.json()["code"]) == (422, "date-before-membership")


async def test_an_effect_sent_five_times_at_once_happens_once(office: Office) -> None:
    made = await office.member(office.county.east_branch)
    body = start(office.county.west) | {"on": "2026-03-02"}
    headers = keyed(office.callers.service(), f"{body['case_id']}:transit:1")
    path = f"/v1/members/{made['id']}/transits"
    answers = await asyncio.gather(
        *(office.client.post(path, json=body, headers=headers) for _ in range(5))
    )
    assert {a.status_code for a in answers} <= {204, 409}
    assert {a.json()["code"] for a in answers if a.status_code == 409} <= {"key-in-flight"}
    history = (await office.get(f"/v1/members/{made['id']}/history")).json()
    assert len(history["transits"]) == 1


async def test_two_cases_racing_for_one_member_leave_one_transit(office: Office) -> None:
    made = await office.member(office.county.east_branch)
    answers = await asyncio.gather(
        *(office.effect(made["id"], "transits", **start(office.county.west)) for _ in range(6))
    )
    assert sorted(a.status_code for a in answers) == [204, 409, 409, 409, 409, 409]
    assert {a.json()["code"] for a in answers if a.is_error} == {"member-in-transit"}


async def test_the_database_itself_refuses_a_second_membership_and_transit(office: Office) -> None:
    made = await office.member(office.county.east_branch)
    branch = office.county.west_branch
    values = {"id": new_id(), "member": UUID(made["id"]), "person": UUID(made["person_id"]),
              "org": branch.id, "path": branch.path}  # fmt: skip
    with pytest.raises(IntegrityError, match="uq_memberships_open"):
        async with database(office.url) as session:
            await session.execute(
                text("insert into memberships (id, member_id, person_id, org_id, org_path,"
                     " valid_from) values (:id, :member, :person, :org, :path, '2026-01-01')"),
                values,
            )  # fmt: skip


async def test_effects_are_for_services_only(office: Office) -> None:
    made = await office.member(office.county.east_branch)
    for name in ("transits", "transit-ends", "moves", "departures"):
        answer = await office.send("POST", f"/v1/members/{made['id']}/{name}", {})
        assert answer.status_code == 403


async def test_facts_name_the_committee_that_may_send(office: Office) -> None:
    made = await office.member(office.county.east_branch)
    facts = (await office.get(f"/v1/members/{made['id']}/facts", office.callers.service())).json()
    assert facts["committee_id"] == str(office.county.east.id)
    assert (facts["state"], facts["posts"]) == ("active", [])


async def test_a_member_reads_their_own_record_and_no_other(office: Office) -> None:
    made = await office.member(office.county.east_branch)
    other = await office.member(office.county.east_branch, "李旁人")
    own = office.callers.person(person_id=UUID(made["person_id"]))
    assert (await office.get("/v1/members/mine", own)).json()["id"] == made["id"]
    assert (await office.get(f"/v1/members/{made['id']}/history", own)).status_code == 200
    assert (await office.get(f"/v1/members/{other['id']}", own)).status_code == 404
    assert (await office.get("/v1/members", own)).status_code == 403


async def test_namesakes_are_told_apart_by_their_branch(office: Office) -> None:
    await office.member(office.county.east_branch, "张同名")
    await office.member(office.county.west_branch, "张同名")
    under = str(office.county.county.id)
    for q in ("张同", "zhangtong", "ztm"):
        rows = (await office.get("/v1/members", under=under, q=q)).json()["items"]
        assert [row["org_name"] for row in rows] == ["东风机械公司党支部", "西山茶业公司党支部"]
        assert all("*" in row["masked_id_number"] for row in rows)


async def test_pages_of_a_subtree_have_every_member_once(office: Office) -> None:
    for number in range(7):
        branch = (office.county.east_branch, office.county.west_branch)[number % 2]
        await office.member(branch, "陈翻页")
    who = office.callers.person(*_nested_grants(office))
    seen: list[str] = []
    after: dict[str, str] = {}
    for _ in range(10):
        page = (await office.get("/v1/members", who, limit=2, **after)).json()
        seen += [row["id"] for row in page["items"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert len(seen) == len(set(seen)) == 7


def _nested_grants(office: Office) -> list[Any]:
    nodes = (office.county.west, office.county.east, office.county.east_branch)
    return [grant(Role.SECRETARY, node.id, node.path) for node in nodes]


async def test_a_list_of_a_foreign_subtree_is_refused(office: Office) -> None:
    west = office.committee(office.county.west)
    answer = await office.get("/v1/members", west, under=str(office.county.east.id))
    assert (answer.status_code, answer.json()["code"]) == (403, "outside-reach")


async def test_a_number_is_searched_in_the_body_and_only_within_reach(office: Office) -> None:
    number = id_number()
    person = await office.person(office.county.east_branch, id_number=number)
    body = {"person_id": person["id"], "org_id": str(office.county.east_branch.id),
            "standing": "full", "joined_on": "2015-07-01", "reason": "首次录入"}  # fmt: skip
    made = (await office.send("POST", "/v1/members", body)).json()
    search = {"id_number": number.lower()}
    found = await office.send("POST", "/v1/members/searches", search)
    assert [row["id"] for row in found.json()] == [made["id"]]
    west = office.committee(office.county.west)
    assert (await office.send("POST", "/v1/members/searches", search, west)).json() == []


async def test_a_correction_changes_dates_and_never_the_place(office: Office) -> None:
    made = await office.member(office.county.east_branch)
    path = f"/v1/members/{made['id']}"
    place = {"org_id": str(office.county.west_branch.id), "reason": "改组织"}
    assert (await office.send("PATCH", path, place, If_Match='"1"')).status_code == 422
    body = {"dues_paid_to": "2026-02-17", "reason": "党费录错"}
    version = (await office.get(path)).headers["etag"]
    fixed = await office.send("PATCH", path, body, If_Match=version)
    assert fixed.json()["dues_paid_to"] == "2026-02-01"


async def test_probation_ends_one_year_after_joining(office: Office) -> None:
    """DV14 Art. 32"""
    made = await office.member(
        office.county.east_branch, standing="probationary", joined_on="2026-01-31", full_on=None
    )
    assert made["probation_ends_on"] == "2027-01-31"


async def test_taking_part_elsewhere_lets_the_host_see_and_moves_nothing(office: Office) -> None:
    """S12 item 10: one formal home, many places of activity."""
    made = await office.member(office.county.east_branch)
    path = f"/v1/members/{made['id']}"
    body = {"org_id": str(office.county.west_branch.id), "on": "2026-01-10"}
    host = office.at(Role.SECRETARY, office.county.west_branch)
    assert (await office.get(path, host)).status_code == 404
    assert (await office.send("POST", f"{path}/participations", body)).status_code == 204
    twice = await office.send("POST", f"{path}/participations", body)
    assert twice.json()["code"] == "already-taking-part"
    assert (await office.get(path, host)).json()["org_id"] == str(office.county.east_branch.id)
    rows = (await office.get("/v1/participations", host)).json()["items"]
    assert [(row["id"], row["host_org_id"]) for row in rows] == [
        (made["id"], str(office.county.west_branch.id))
    ]
    ended = body | {"on": "2026-02-10"}
    assert (await office.send("POST", f"{path}/participation-ends", ended)).status_code == 204
    assert (await office.get(path, host)).status_code == 404


async def test_the_feed_tells_of_a_move_without_personal_values(office: Office) -> None:
    made = await office.member(office.county.east_branch, "赵保密")
    await office.effect(made["id"], "moves", **start(office.county.west_branch))
    async with database(office.url) as session:
        rows = await session.execute(
            text("select data from changes where object_id = :id order by id"),
            {"id": UUID(made["id"])},
        )
        last = list(rows.scalars())[-1]
    assert last["org_id"] == str(office.county.west_branch.id)
    assert set(last) == {"id", "person_id", "org_id", "org_path", "state", "standing"}
