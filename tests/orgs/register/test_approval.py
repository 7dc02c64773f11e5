"""The right to approve probationary members is conferred from above, by an organiser."""

from typing import Any

import pytest

from shared.access import Role
from shared.ids import new_id
from tests.orgs.api import Node
from tests.orgs.register.office import Office

NOT_YOURS = (403, "approval-not-yours-to-give")


def draft(parent: Node) -> dict[str, Any]:
    return {
        "code": new_id().hex[-12:], "name": "新设镇党委", "kind": "committee",
        "parent_id": str(parent.id), "approves_members": True, "reason": "首次录入",
    }  # fmt: skip


@pytest.mark.parametrize("at", ["county", "east"])
async def test_a_committee_enters_no_committee_with_approval_rights(
    office: Office, at: str
) -> None:
    node = getattr(office.county, at)
    refused = await office.send("POST", "/v1/organisations", draft(node), office.committee(node))
    assert (refused.status_code, refused.json()["code"]) == NOT_YOURS
    without = draft(node) | {"approves_members": False}
    made = await office.send("POST", "/v1/organisations", without, office.committee(node))
    assert made.status_code == 201


async def test_an_organiser_at_or_above_confers_it_and_nobody_below(office: Office) -> None:
    county, west = office.county.county, office.county.west
    organiser = office.at(Role.ORGANISER, county)
    made = await office.send("POST", "/v1/organisations", draft(county), organiser)
    assert made.json()["approves_members"]
    elsewhere = office.at(Role.ORGANISER, west)
    refused = await office.send("POST", "/v1/organisations", draft(county), elsewhere)
    assert (refused.status_code, refused.json()["code"]) == (403, "outside-reach")


async def test_a_committee_corrects_itself_but_not_its_right(office: Office) -> None:
    east = office.county.east
    path, own = f"/v1/organisations/{east.id}", office.committee(east)
    taken = {"approves_members": False, "reason": "更正"}
    refused = await office.send("PATCH", path, taken, own, If_Match='"1"')
    assert (refused.status_code, refused.json()["code"]) == NOT_YOURS
    same = {"approves_members": True, "name": "城东街道党工委", "reason": "更名"}
    renamed = await office.send("PATCH", path, same, own, If_Match='"1"')
    assert renamed.json()["name"] == "城东街道党工委"
    organiser = office.at(Role.ORGANISER, office.county.county)
    withdrawn = await office.send("PATCH", path, taken, organiser, If_Match='"2"')
    assert not withdrawn.json()["approves_members"]


async def test_an_entry_of_the_directory_only_says_what_holds_elsewhere(office: Office) -> None:
    root = Node(new_id(), "0", "ROOT")
    body = draft(root) | {"parent_id": None, "external": True, "name": "外省某镇党委"}
    made = await office.send("POST", "/v1/organisations", body, office.committee(root))
    assert made.status_code == 201, made.text
