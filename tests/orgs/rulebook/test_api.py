"""Rulebook and calendar through the API: what applies where, who may set it, the yearly table."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

import pytest
from httpx import AsyncClient, Response

from services.orgs.rulebook.calendar import load as calendar
from services.orgs.rulebook.calendar.repository import year_id
from services.orgs.rulebook.editions import load
from shared.access import Role
from shared.problems import Problem
from tests.orgs.api import Node, Tree, application, database, plant, served
from tests.principals import FakeVerifier, grant, keyed

CHECK = "transfer.branch_check"
TABLE_2027 = {
    "year": 2027,
    "off": ["2027-01-01", "2027-02-08"],
    "worked": ["2027-02-14"],
    "source": "国办发明电〔2026〕示例号",
}


@dataclass(frozen=True)
class Desk:
    client: AsyncClient
    callers: FakeVerifier
    tree: Tree
    url: str

    def at(self, node: Node, role: Role = Role.COMMITTEE) -> dict[str, str]:
        return self.callers.person(grant(role, node.id, node.path))

    async def value(self, node: Node, key: str = CHECK) -> dict[str, Any]:
        params = {"organisation": str(node.id), "keys": key}
        answer = await self.client.get(
            "/v1/rulebook/values", params=params, headers=self.callers.service()
        )
        return answer.json()["values"][0]

    async def set(self, node: Node, caller: dict[str, str], **changes: Any) -> Response:
        body: dict[str, Any] = {
            "org_id": str(node.id), "key": CHECK, "value": "3",
            "basis": "某县委组织部办法 · 2026 · 第三条", "valid_from": "2026-01-01",
        }  # fmt: skip
        return await self.client.post(
            "/v1/rulebook/overrides", json=body | changes, headers=keyed(caller)
        )


@pytest.fixture
async def desk(orgs_database: str) -> AsyncGenerator[Desk]:
    async with database(orgs_database) as session:
        await load.load_all(session)
        await calendar.load_all(session)
        tree = await plant(session)
    app, callers = application(orgs_database)
    async with served(app) as client:
        yield Desk(client, callers, tree, orgs_database)


async def test_values_below_a_prefix_carry_basis_and_mark(desk: Desk) -> None:
    params = {"organisation": str(desk.tree.east_branch.id), "prefix": "transfer."}
    answer = await desk.client.get(
        "/v1/rulebook/values", params=params, headers=desk.callers.service()
    )
    found = {value["key"]: value for value in answer.json()["values"]}
    assert answer.json()["edition"] == 1
    assert found["transfer.receipt"]["basis"].startswith("组通字〔2006〕45号")
    assert found["transfer.receipt"]["set_at"] is None
    assert found["transfer.letter.validity_in_city"]["verified"] == "disputed"


async def test_nearest_ancestors_setting_applies_below_it_only(desk: Desk) -> None:
    tree = desk.tree
    assert (await desk.set(tree.county, desk.at(tree.county), value="8")).status_code == 201
    assert (await desk.set(tree.east, desk.at(tree.county), value="3")).status_code == 201
    found = await desk.value(tree.east_branch)
    assert (found["value"], found["set_at"]) == ("3", str(tree.east.id))
    assert (await desk.value(tree.west_branch))["value"] == "8"
    assert (await desk.value(tree.outside))["value"] == "5"


async def test_setting_that_starts_later_does_not_apply_yet(desk: Desk) -> None:
    await desk.set(desk.tree.east, desk.at(desk.tree.east), valid_from="2199-01-01")
    assert (await desk.value(desk.tree.east))["value"] == "5"


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"key": "transfer.receipt", "value": "2"}, 409, "rule-national"),
        ({"key": "transfer.letter.validity_max", "value": "120"}, 422, "rule-bounds"),
        ({"value": "three"}, 422, "rule-value"),
        ({"key": "no.such_rule"}, 404, "no-rule"),
        ({"basis": ""}, 422, "invalid-input"),
        ({"colour": "red"}, 422, "invalid-input"),
    ],
)
async def test_setting_that_the_rulebook_forbids_is_refused(
    desk: Desk, changes: dict[str, Any], status: int, code: str
) -> None:
    answer = await desk.set(desk.tree.east, desk.at(desk.tree.east), **changes)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("role", "where", "status"),
    [
        (Role.COMMITTEE, "east", 201),
        (Role.ORGANISER, "county", 201),
        (Role.COMMITTEE, "west", 403),
        (Role.COMMITTEE, "east_branch", 403),
        (Role.SECRETARY, "east", 403),
        (Role.OPERATOR, "county", 403),
    ],
)
async def test_committee_or_organiser_at_or_above_the_node_sets_it(
    desk: Desk, role: Role, where: str, status: int
) -> None:
    node = getattr(desk.tree, where)
    answer = await desk.set(desk.tree.east, desk.at(node, role))
    assert answer.status_code == status


async def test_second_setting_of_the_same_rule_is_refused(desk: Desk) -> None:
    await desk.set(desk.tree.east, desk.at(desk.tree.east))
    answer = await desk.set(desk.tree.east, desk.at(desk.tree.east), value="4")
    assert (answer.status_code, answer.json()["code"]) == (409, "override-exists")


async def test_setting_is_changed_with_its_version_and_ended(desk: Desk) -> None:
    caller = desk.at(desk.tree.east)
    made = (await desk.set(desk.tree.east, caller)).json()
    path = f"/v1/rulebook/overrides/{made['id']}"
    missing = await desk.client.patch(path, json={"value": "4"}, headers=keyed(caller))
    assert missing.status_code == 428
    changed = await desk.client.patch(
        path, json={"value": "4"}, headers=keyed(caller, If_Match='"1"')
    )
    assert (changed.json()["value"], changed.headers["etag"]) == ("4", '"2"')
    stale = await desk.client.patch(
        path, json={"value": "6"}, headers=keyed(caller, If_Match='"1"')
    )
    assert stale.status_code == 412
    ended = await desk.client.patch(
        path, json={"valid_to": "2026-01-31"}, headers=keyed(caller, If_Match='"2"')
    )
    assert ended.status_code == 200
    assert (await desk.value(desk.tree.east))["value"] == "5"


async def test_loaded_edition_cannot_change(desk: Desk) -> None:
    changed = load.committed()[0].replace(b'value = "50"', b'value = "60"', 1)
    async with database(desk.url) as session:
        assert await load.load(session, load.committed()[0]) is False
        with pytest.raises(Problem) as error:
            await load.load(session, changed)
    assert error.value.code == "edition-changed"


async def test_published_years_are_there_and_2027_is_not_out(desk: Desk) -> None:
    headers = desk.callers.service()
    answer = await desk.client.get("/v1/calendar/2026", headers=headers)
    assert "2026-02-14" in answer.json()["worked"]
    years = (await desk.client.get("/v1/calendar", headers=headers)).json()["items"]
    assert {year["year"] for year in years} >= set(range(2020, 2027))
    missing = await desk.client.get("/v1/calendar/2031", headers=headers)
    assert (missing.status_code, missing.json()["code"]) == (404, "calendar-unknown")


async def test_operator_loads_the_new_table_and_the_feed_tells_once(desk: Desk) -> None:
    operator = desk.at(desk.tree.county, Role.OPERATOR)
    for _ in range(2):
        answer = await desk.client.post(
            "/v1/calendar/2027", json=TABLE_2027, headers=keyed(operator)
        )
        assert answer.status_code == 200
    told = [c for c in await _feed(desk) if c["object_id"] == str(year_id(2027))]
    assert [c["kind"] for c in told] == ["calendar.changed"]
    assert told[0]["data"]["off"] == TABLE_2027["off"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"off": ["2027-02-07"]}, "off"),
        ({"off": ["2026-01-01"]}, "off"),
        ({"off": []}, "off"),
        ({"off": ["2027-01-01", "2027-01-01"]}, "off"),
        ({"worked": ["2027-02-15"]}, "worked"),
        ({"year": 2028}, "off"),
    ],
)
async def test_table_that_does_not_differ_from_the_week_is_refused(
    desk: Desk, changes: dict[str, Any], field: str
) -> None:
    operator = desk.at(desk.tree.county, Role.OPERATOR)
    year = changes.get("year", 2027)
    answer = await desk.client.post(
        f"/v1/calendar/{year}", json=TABLE_2027 | changes, headers=keyed(operator)
    )
    assert (answer.status_code, answer.json()["field"]) == (422, field)


async def test_only_the_operator_loads_a_table(desk: Desk) -> None:
    answer = await desk.client.post(
        "/v1/calendar/2027", json=TABLE_2027, headers=keyed(desk.at(desk.tree.county))
    )
    assert answer.status_code == 403


async def _feed(desk: Desk) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after = "0"
    while True:
        answer = await desk.client.get(
            "/v1/changes", params={"after": after}, headers=desk.callers.service()
        )
        found += answer.json()["items"]
        if answer.json()["next"] == after:
            return found
        after = answer.json()["next"]
