"""A portal with a registered scope really gets in, and no further than its own subtree."""

import pytest

from services.orgs.access.clients.rules import Scope
from shared.access import Role
from tests.orgs.access.conftest import House
from tests.orgs.api import database, member

OPENED = {
    Scope.REGISTER_READ: ("divisions", "organisations", "directory"),
    Scope.MEMBERS_READ: ("members", "people", "participations", "posts", "terms"),
    Scope.ENTERPRISES_READ: ("enterprises",),
    Scope.LETTERS_READ: ("letters",),
    Scope.RULEBOOK_READ: ("rulebook/editions", "rulebook/overrides", "calendar"),
}


async def portal(house: House, *scopes: Scope) -> dict[str, str]:
    """Headers of a client of the eastern committee, registered by its security administrator."""
    admin = await house.caller((Role.SECURITY_ADMIN, house.tree.east.id))
    made = await house.post(
        "/v1/clients", admin, org_id=str(house.tree.east.id), name="示例门户", scopes=list(scopes)
    )
    assert made.status == 201, made.body
    form = {"grant_type": "client_credentials"}
    basic = (made.text("id"), made.text("secret"))
    token = await house.http.post("/oauth2/token", data=form, auth=basic)
    return {"Authorization": f"Bearer {token.json()['access_token']}"}


@pytest.mark.parametrize("scope", OPENED)
async def test_a_registered_scope_opens_its_lists_and_no_others(house: House, scope: Scope) -> None:
    headers, own = await portal(house, scope), str(house.tree.east.id)
    needed = {"terms": {"org": own}, "rulebook/overrides": {"organisation": own}}
    for held, lists in OPENED.items():
        for name in lists:
            answer = await house.get(f"/v1/{name}", headers, **needed.get(name, {}))
            assert answer.status == (200 if held is scope else 403), (name, answer.body)


async def test_a_portal_sees_the_members_of_its_subtree_only(house: House) -> None:
    async with database(house.url) as session:
        mine = await member(session, house.tree.east_branch)
        others = await member(session, house.tree.west_branch)
    headers = await portal(house, Scope.MEMBERS_READ)
    listed = await house.get("/v1/members", headers)
    assert [row["id"] for row in listed.body["items"]] == [str(mine)]
    for part in ("", "/facts", "/history"):
        assert (await house.get(f"/v1/members/{mine}{part}", headers)).status == 200
        assert (await house.get(f"/v1/members/{others}{part}", headers)).status == 404
