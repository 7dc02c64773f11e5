"""Organisations through the API: the tree, the directory, history, dissolution, moving."""

from importlib import import_module
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from services.orgs.register.divisions.load import load
from services.orgs.register.organisations import rules, writing
from services.orgs.register.search import grams
from shared.access import Role
from shared.ids import new_id
from tests.orgs.api import Node, database
from tests.orgs.register.office import Office


def draft(parent: Node | None, **more: Any) -> dict[str, Any]:
    return {
        "code": new_id().hex[-12:], "name": "新设党支部", "kind": "branch",
        "parent_id": str(parent.id) if parent else None, "reason": "首次录入",
    } | more  # fmt: skip


async def test_a_new_organisation_stands_below_its_superior(office: Office) -> None:
    made = await office.send("POST", "/v1/organisations", draft(office.county.east))
    assert made.status_code == 201, made.text
    body = made.json()
    assert body["path"].startswith(office.county.east.path)
    assert len(body["path"]) == len(office.county.east.path) + rules.LABEL
    below = await office.get(f"/v1/organisations/{office.county.east.id}/children")
    assert body["id"] in [row["id"] for row in below.json()]


@pytest.mark.parametrize(
    ("parent", "code"),
    [("east_branch", "superior-is-branch"), ("outside", "superior-external"),
     (None, "superior-missing")],
)  # fmt: skip
async def test_superiors_that_cannot_be(office: Office, parent: str | None, code: str) -> None:
    node = getattr(office.county, parent) if parent else None
    who = office.callers.service()
    answer = await office.send("POST", "/v1/organisations", draft(node), who)
    assert answer.json()["code"] == code


async def test_founding_needs_rights_at_the_superior(office: Office) -> None:
    west = office.committee(office.county.west)
    answer = await office.send("POST", "/v1/organisations", draft(office.county.east), west)
    assert (answer.status_code, answer.json()["code"]) == (403, "outside-reach")


async def test_a_code_is_used_once(office: Office) -> None:
    body = draft(office.county.east, code=office.county.west.code)
    answer = await office.send("POST", "/v1/organisations", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "organisation-code-taken")


async def test_no_organisation_without_a_superior_even_by_hand(office: Office) -> None:
    with pytest.raises(IntegrityError, match="ck_organisations_superior"):
        async with database(office.url) as session:
            await session.execute(
                text("insert into organisations (id, code, name, kind, path)"
                     " values (:id, :code, '无上级', 'branch', '0ZZZZ')"),
                {"id": new_id(), "code": new_id().hex},
            )  # fmt: skip


async def test_found_by_part_of_the_name_pinyin_initials_and_code(office: Office) -> None:
    county, branch = office.county.county, office.county.east_branch
    for q in ("机械公司", "东风", "dongfengji", "DFJX", branch.code[:8]):
        found = await office.get("/v1/organisations", under=str(county.id), q=q)
        assert [row["id"] for row in found.json()["items"]] == [str(branch.id)], q
    none = await office.get("/v1/organisations", under=str(county.id), q="%")
    assert none.json()["items"] == []


@pytest.mark.parametrize("q", ["Nova", "nova", "OVA科", "示例N", "nova科技", "示例nova", "k2"])
async def test_letters_in_a_chinese_name_are_found_however_typed(office: Office, q: str) -> None:
    east = office.county.east
    body = draft(east, name="示例Nova科技K2公司党支部")
    made = (await office.send("POST", "/v1/organisations", body)).json()
    found = await office.get("/v1/organisations", under=str(east.id), q=q)
    assert [row["id"] for row in found.json()["items"]] == [made["id"]]


async def test_names_that_were_entered_before_are_found_in_lower_case_too(office: Office) -> None:
    made = (await office.send("POST", "/v1/organisations",
                              draft(office.county.east, name="示例Nova"))).json()  # fmt: skip
    migration = import_module("services.orgs.migrations.versions.0006_grams_in_lower_case")
    before = ["N", "No", "a", "o", "ov", "v", "va", "例", "例N", "示", "示例"]
    async with database(office.url) as session:
        await session.execute(text("update organisations set grams = :grams where id = :id"),
                              {"grams": before, "id": made["id"]})  # fmt: skip
        await session.execute(text(migration.LOWERED))
        found = await session.execute(text("select grams from organisations where id = :id"),
                                      {"id": made["id"]})  # fmt: skip
        assert sorted(found.scalar_one()) == grams("示例Nova")


async def test_the_directory_lists_who_may_send_and_receive(office: Office) -> None:
    everybody = office.callers.person()
    outside = await office.get("/v1/directory", everybody, q="外省某区", limit=200)
    assert str(office.county.outside.id) in [row["id"] for row in outside.json()["items"]]
    by_phone = await office.get("/v1/directory", everybody, q="10012345678", limit=200)
    assert str(office.county.outside.id) in [row["id"] for row in by_phone.json()["items"]]
    branches = await office.get("/v1/directory", everybody, q="东风机械")
    assert branches.json()["items"] == []


async def test_facts_and_the_common_superior(office: Office) -> None:
    who, county = office.callers.service(), office.county
    facts = (await office.get(f"/v1/organisations/{county.east_branch.id}/facts", who)).json()
    assert facts["committee_id"] == str(county.east.id)
    path = f"/v1/organisations/{county.east_branch.id}/common-superior"
    both = await office.get(f"{path}/{county.west_branch.id}", who)
    assert both.json()["id"] == str(county.county.id)
    same = await office.get(f"{path}/{county.second_branch.id}", who)
    assert same.json()["id"] == str(county.east.id)
    none = await office.get(f"{path}/{county.outside.id}", who)
    assert (none.status_code, none.json()["code"]) == (404, "no-common-superior")


async def test_dissolution_waits_for_members_and_children(office: Office) -> None:
    """Rules a.3: abolishing is blocked while relations are open."""
    county, who = office.county, office.callers.service()
    made = await office.member(county.east_branch)

    async def dissolve(node: Node) -> tuple[int, str]:
        body = {"case_id": str(new_id()), "state": "dissolved", "on": "2026-05-01"}
        answer = await office.send("POST", f"/v1/organisations/{node.id}/states", body, who)
        return answer.status_code, answer.json()["code"] if answer.is_error else ""

    assert await dissolve(county.east) == (409, "children-remain")
    assert await dissolve(county.east_branch) == (409, "members-remain")
    case = {"case_id": str(new_id()), "to_org_id": str(county.west_branch.id)}
    await office.effect(made["id"], "transits", **case)
    assert await dissolve(county.west_branch) == (409, "transfers-arriving")
    await office.effect(made["id"], "moves", **case)
    assert await dissolve(county.east_branch) == (204, "")
    assert await dissolve(county.east_branch) == (409, "already-dissolved")


async def test_as_of_shows_the_tree_of_that_day(office: Office) -> None:
    county = office.county
    await _move(office, county.east_branch, county.west, on="2026-04-01")
    before = await _under(office, county.east, as_of="2026-03-31")
    after = await _under(office, county.east, as_of="2026-04-01")
    assert str(county.east_branch.id) in before - after
    assert str(county.east_branch.id) in await _under(office, county.west)


async def _move(office: Office, node: Node, parent: Node, on: str) -> None:
    body = {"case_id": str(new_id()), "parent_id": str(parent.id), "on": on}
    path = f"/v1/organisations/{node.id}/affiliations"
    answer = await office.send("POST", path, body, office.callers.service())
    assert answer.status_code == 204, answer.text


async def _under(office: Office, node: Node, as_of: str | None = None) -> set[str]:
    day = {"as_of": as_of} if as_of else {}
    found = await office.get("/v1/organisations", None, under=str(node.id), **day)
    return {row["id"] for row in found.json()["items"]}


async def test_a_moved_committee_takes_everything_below_along(office: Office) -> None:
    county = office.county
    made = await office.member(county.east_branch)
    await _move(office, county.east, county.west, on="2026-04-01")
    west = office.committee(county.west)
    found = (await office.get(f"/v1/members/{made['id']}", west)).json()
    assert found["org_path"].startswith(county.west.path)
    assert (await office.get(f"/v1/people/{made['person_id']}", west)).status_code == 200
    history = await office.get(f"/v1/organisations/{county.east.id}/history", west)
    assert [a["valid_to"] for a in history.json()["affiliations"]] == ["2026-04-01", None]
    async with database(office.url) as session:
        stale = await session.execute(
            text("select count(*) from members where org_path >= :old and org_path < :old || '~'"),
            {"old": county.east.path},
        )
        assert stale.scalar_one() == 0


async def test_a_committee_cannot_move_below_itself(office: Office) -> None:
    county = office.county
    body = {"case_id": str(new_id()), "parent_id": str(county.east.id), "on": "2026-04-01"}
    path = f"/v1/organisations/{county.county.id}/affiliations"
    answer = await office.send("POST", path, body, office.callers.service())
    assert (answer.status_code, answer.json()["code"]) == (422, "superior-below")


async def test_direct_contact_leaves_the_affiliation(office: Office) -> None:
    """S12 item 4"""
    county, who = office.county, office.callers.service()
    body = {"case_id": str(new_id()), "superior_id": str(county.county.id), "on": "2026-01-01"}
    path = f"/v1/organisations/{county.east_branch.id}"
    assert (await office.send("POST", f"{path}/direct-contacts", body, who)).status_code == 204
    twice = await office.send("POST", f"{path}/direct-contacts", body, who)
    assert twice.json()["code"] == "already-contacted"
    assert (await office.get(path)).json()["parent_id"] == str(county.east.id)


async def test_a_correction_never_touches_superior_or_state(office: Office) -> None:
    path = f"/v1/organisations/{office.county.east_branch.id}"
    for field, value in (("parent_id", str(office.county.west.id)), ("state", "dissolved"),
                         ("path", "0")):  # fmt: skip
        body = {field: value, "reason": "更正"}
        assert (await office.send("PATCH", path, body, If_Match='"1"')).status_code == 422
    body = {"name": "东风精工公司党支部", "reason": "企业更名"}
    fixed = await office.send("PATCH", path, body, If_Match='"1"')
    assert (fixed.json()["name"], fixed.json()["version"]) == ("东风精工公司党支部", 2)
    found = await office.get("/v1/organisations", under=str(office.county.county.id), q="精工")
    assert len(found.json()["items"]) == 1


async def test_the_feed_hears_of_every_change(office: Office) -> None:
    made = (await office.send("POST", "/v1/organisations", draft(office.county.east))).json()
    async with database(office.url) as session:
        row = await session.execute(
            text("select data from changes where object_id = :id"), {"id": UUID(made["id"])}
        )
        assert row.scalar_one()["path"] == made["path"]


async def test_divisions_children_names_and_unknown_codes(office: Office) -> None:
    async with database(office.url) as session:
        loaded = await load(session)
        assert loaded == await load(session) == 44_995
    everybody = office.callers.person()
    provinces = (await office.get("/v1/divisions", everybody)).json()["items"]
    assert len(provinces) == 31
    towns = (await office.get("/v1/divisions", everybody, parent="330624")).json()["items"]
    assert len(towns) == 12
    assert towns[0]["full_name"] == "浙江省绍兴市新昌县羽林街道"
    named = await office.get("/v1/divisions", everybody, q="新昌县")
    assert [row["code"] for row in named.json()["items"]] == ["330624"]
    assert (await office.get("/v1/divisions/999999", everybody)).status_code == 404
    body = draft(office.county.east, division_code="999999")
    refused = await office.send("POST", "/v1/organisations", body)
    assert refused.json()["code"] == "division-unknown"


@given(st.integers(1, 36**4 - 1), st.integers(1, 36**4 - 1))
def test_labels_sort_as_numbers_and_have_one_width(one: int, other: int) -> None:
    a, b = rules.label(one), rules.label(other)
    assert len(a) == len(b) == rules.LABEL
    assert (a < b) == (one < other)


@given(st.lists(st.integers(1, 99), max_size=5), st.lists(st.integers(1, 99), max_size=5))
def test_the_common_path_is_an_ancestor_of_both(one: list[int], other: list[int]) -> None:
    a = rules.ROOT + "".join(map(rules.label, one))
    b = rules.ROOT + "".join(map(rules.label, other))
    found = rules.common_path(a, b)
    assert found in rules.ancestors(a)
    assert found in rules.ancestors(b)
    assert rules.common_path(a, "X1") is None


async def test_posts_and_terms(office: Office) -> None:
    county = office.county
    made = await office.member(county.east_branch)
    term = await office.send("POST", "/v1/terms", {
        "org_id": str(county.east_branch.id), "term_from": "2024-01-01",
        "term_to": "2026-12-31", "reason": "首次录入",
    })  # fmt: skip
    body = {
        "org_id": str(county.east_branch.id), "person_id": made["person_id"],
        "post": "secretary", "held_from": "2024-01-01", "term_id": term.json()["id"],
        "reason": "首次录入",
    }  # fmt: skip
    filled = await office.send("POST", "/v1/posts", body)
    assert filled.status_code == 201, filled.text
    assert (await office.send("POST", "/v1/posts", body)).json()["code"] == "post-held"
    facts = await office.get(f"/v1/members/{made['id']}/facts", office.callers.service())
    assert facts.json()["posts"] == ["secretary"]
    rows = await office.get("/v1/posts", org=str(county.east_branch.id))
    assert [row["name"] for row in rows.json()["items"]] == [made["name"]]
    due = await office.get("/v1/terms", org=str(county.east_branch.id))
    assert [row["term_to"] for row in due.json()] == ["2026-12-31"]
    ended = await office.send(
        "POST", f"/v1/posts/{filled.json()['id']}/ends", {"on": "2026-01-01", "reason": "换届"}
    )
    assert ended.json()["held_to"] == "2026-01-01"
    west = office.at(Role.COMMITTEE, county.west)
    foreign = body | {"org_id": str(county.west_branch.id)}
    assert (await office.send("POST", "/v1/posts", foreign, west)).status_code == 404


async def test_posts_and_terms_end_with_their_organisation(office: Office) -> None:
    county, who = office.county, office.callers.service()
    made = await office.member(county.west_branch)
    org = str(county.second_branch.id)
    term = {"org_id": org, "term_from": "2024-01-01", "term_to": "2026-12-31", "reason": "录入"}
    await office.send("POST", "/v1/terms", term)
    post = {"org_id": org, "person_id": made["person_id"], "post": "secretary",
            "held_from": "2024-01-01", "reason": "录入"}  # fmt: skip
    await office.send("POST", "/v1/posts", post)
    body = {"case_id": str(new_id()), "state": "dissolved", "on": "2026-05-01"}
    assert (await office.send("POST", f"/v1/organisations/{org}/states", body, who)).is_success
    posts = (await office.get("/v1/posts", org=org, held=False)).json()["items"]
    terms = (await office.get("/v1/terms", org=org)).json()
    assert [row["held_to"] for row in posts] == ["2026-05-01"]
    assert [row["ended_on"] for row in terms] == ["2026-05-01"]
    async with database(office.url) as session:
        due = await session.execute(
            text("select due_on::text, state from due_dates where subject_id = :id"),
            {"id": county.second_branch.id},
        )
        assert list(map(tuple, due)) == [("2026-12-31", "void")]


async def test_a_move_knows_every_column_that_copies_a_path(office: Office) -> None:
    async with database(office.url) as session:
        found = await session.execute(
            text("select table_name, column_name from information_schema.columns"
                 " where table_schema = 'orgs' and column_name ~ '(^|_)path$'"
                 " and collation_name = 'C' and table_name <> 'divisions'")
        )  # fmt: skip
        assert set(map(tuple, found)) == set(writing.COPIES)
