"""Who looks after which account, and what a machine client may do."""

from uuid import UUID

import pytest
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from deploy.local.login import LoginFailed, refreshed
from shared.access import Role
from shared.ids import new_id
from tests.orgs.access.conftest import ISSUER, PASSWORD, House
from tests.orgs.api import database, member
from tests.principals import keyed


async def test_a_disabled_account_is_refused_at_its_next_request(house: House) -> None:
    admin = await house.caller((Role.SECURITY_ADMIN, house.tree.county.id))
    account = await house.account((Role.OFFICE, house.tree.east.id))
    tokens = await house.log_in(account)
    assert (await house.get("/v1/accounts/me", tokens.headers)).status == 200
    assert (await house.post(f"/v1/accounts/{account.id}/disable", admin)).body["disabled"]
    assert (await house.get("/v1/accounts/me", tokens.headers)).status == 401
    with pytest.raises(LoginFailed):
        await refreshed(ISSUER, tokens, transport=house.transport)
    with pytest.raises(LoginFailed, match="停用"):
        await house.log_in(account)
    await house.post(f"/v1/accounts/{account.id}/enable", admin)
    await house.log_in(account)


async def test_accounts_are_looked_after_from_at_or_above_their_organisation(house: House) -> None:
    tree = house.tree
    admin = await house.caller((Role.SECURITY_ADMIN, tree.east.id))
    inside = await house.account(home=tree.east_branch.id)
    outside = await house.account(home=tree.west_branch.id)
    above = await house.account(home=tree.county.id)
    for account, status in ((inside, 200), (outside, 403), (above, 403)):
        assert (await house.get(f"/v1/accounts/{account.id}", admin)).status == status
        for action in ("disable", "enable", "unlock"):
            done = await house.post(f"/v1/accounts/{account.id}/{action}", admin)
            assert done.status == status, action
        reset = await house.post(f"/v1/accounts/{account.id}/reset", admin, second_factor=True)
        assert reset.status == status
    listed = await house.get("/v1/accounts", admin)
    assert {item["login"] for item in listed.body["items"]} >= {inside.login}
    assert outside.login not in str(listed.body)


async def test_a_reset_is_no_way_into_rights_beyond_ones_own_reach(house: House) -> None:
    tree = house.tree
    admin = await house.caller((Role.SECURITY_ADMIN, tree.east.id))
    account = await house.account((Role.ORGANISER, tree.county.id), home=tree.east.id)
    reset = await house.post(f"/v1/accounts/{account.id}/reset", admin, second_factor=False)
    assert (reset.status, reset.code) == (403, "account-outranks")
    await house.log_in(account)


async def test_nobody_resets_or_disables_their_own_account(house: House) -> None:
    account = await house.account((Role.SECURITY_ADMIN, house.tree.county.id))
    mine = (await house.log_in(account)).headers
    for action in ("disable", "reset"):
        body = {"second_factor": False} if action == "reset" else {}
        done = await house.post(f"/v1/accounts/{account.id}/{action}", mine, **body)
        assert (done.status, done.code) == (403, "own-account")


async def test_an_account_is_linked_only_to_a_person_within_reach(house: House) -> None:
    tree = house.tree
    admin = await house.caller((Role.SECURITY_ADMIN, tree.east.id))
    async with database(house.url) as session:
        people = {
            node: await person_of(session, await member(session, node))
            for node in (tree.east_branch, tree.west_branch)
        }
    for node, status in ((tree.east_branch, 201), (tree.west_branch, 404)):
        made = await house.post(
            "/v1/accounts", admin, org_id=str(tree.east.id), login=f"p{node.code}", name="示例",
            person_id=str(people[node]),
        )  # fmt: skip
        assert made.status == status, made.body


async def test_a_login_is_taken_once_whatever_its_case(house: House) -> None:
    admin = await house.caller((Role.SECURITY_ADMIN, house.tree.county.id))
    account = await house.account()
    body = {"org_id": str(house.tree.county.id), "name": "示例"}
    taken = await house.post("/v1/accounts", admin, login=account.login.upper(), **body)
    assert (taken.status, taken.code) == (409, "login-taken")
    odd = await house.post("/v1/accounts", admin, login="a b", **body)
    assert odd.status == 422
    extra = await house.post("/v1/accounts", admin, login="fine-1", must_change=False, **body)
    assert extra.status == 422


async def test_accounts_are_paged_by_login(house: House) -> None:
    admin = await house.caller((Role.SECURITY_ADMIN, house.tree.east.id))
    made = sorted([(await house.account(home=house.tree.east.id)).login for _ in range(3)])
    first = await house.get("/v1/accounts", admin, limit="2")
    second = await house.get("/v1/accounts", admin, limit="2", after=first.text("next"))
    logins = [item["login"] for page in (first, second) for item in page.body["items"]]
    assert logins == made
    assert second.body["next"] is None


async def test_a_new_password_of_ones_own_ends_what_was_issued_before(house: House) -> None:
    account = await house.account()
    tokens = await house.log_in(account)
    wrong = await house.http.post(
        "/v1/accounts/me/password", headers=tokens.headers,
        json={"present": "wrong", "new": "another-Word-8"},
    )  # fmt: skip
    assert wrong.json()["code"] == "password-wrong"
    right = await house.http.post(
        "/v1/accounts/me/password", headers=tokens.headers,
        json={"present": PASSWORD, "new": "another-Word-8"},
    )  # fmt: skip
    assert right.status_code == 204
    with pytest.raises(LoginFailed):
        await refreshed(ISSUER, tokens, transport=house.transport)
    await house.log_in(account, "another-Word-8")


async def test_a_machine_client_reads_within_its_scopes_until_it_is_disabled(house: House) -> None:
    admin = await house.caller((Role.SECURITY_ADMIN, house.tree.county.id))
    made = await house.post(
        "/v1/clients", admin, org_id=str(house.tree.east.id), name="示例门户",
        scopes=["register:read", "cases:read"],
    )  # fmt: skip
    assert made.status == 201, made.body
    basic = (made.text("id"), made.text("secret"))
    form = {"grant_type": "client_credentials", "scope": "register:read"}
    token = (await house.http.post("/oauth2/token", data=form, auth=basic)).json()
    assert token["scope"] == "register:read"
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    assert (await house.get("/v1/accounts/me", headers)).status == 403, "needs a scope of its own"
    more = form | {"scope": "register:read cases:write"}
    refused = await house.http.post("/oauth2/token", data=more, auth=basic)
    assert refused.json()["error"] == "invalid_scope"
    rotated = await house.post(f"/v1/clients/{made.text('id')}/rotate", admin)
    assert (await house.http.post("/oauth2/token", data=form, auth=basic)).status_code == 401
    basic = (made.text("id"), rotated.text("secret"))
    assert (await house.http.post("/oauth2/token", data=form, auth=basic)).status_code == 200
    await house.post(f"/v1/clients/{made.text('id')}/disable", admin)
    assert (await house.http.post("/oauth2/token", data=form, auth=basic)).status_code == 401
    assert (await house.get("/v1/accounts/me", headers)).status == 401


@pytest.mark.parametrize(
    "uri",
    ["http://evil.example/cb", "https://a.example/cb#x", "https://*.example/cb", "javascript:x",
     "https://user:pw@a.example/", "//a.example/cb", "https://", "https://a.example/\\cb"],
)  # fmt: skip
async def test_a_redirect_address_must_be_complete_and_secure(house: House, uri: str) -> None:
    admin = await house.caller((Role.SECURITY_ADMIN, house.tree.county.id))
    made = await house.post(
        "/v1/clients", admin, org_id=str(house.tree.east.id), name="示例应用", kind="public",
        redirect_uris=[uri],
    )  # fmt: skip
    assert made.status == 422


async def test_clients_are_registered_and_seen_within_reach_only(house: House) -> None:
    tree = house.tree
    east = await house.caller((Role.SECURITY_ADMIN, tree.east.id))
    west = await house.caller((Role.SECURITY_ADMIN, tree.west.id))
    body = {"name": "示例门户", "scopes": ["cases:read"]}
    made = await house.post("/v1/clients", east, org_id=str(tree.east.id), **body)
    assert (await house.post("/v1/clients", west, org_id=str(tree.east.id), **body)).status == 403
    assert (await house.post(f"/v1/clients/{made.text('id')}/rotate", west)).status == 403
    assert made.text("id") in str((await house.get("/v1/clients", east)).body)
    assert made.text("id") not in str((await house.get("/v1/clients", west)).body)


async def test_an_auditor_reads_the_trail_of_their_own_organisations(house: House) -> None:
    tree = house.tree
    admin = await house.caller((Role.SECURITY_ADMIN, tree.county.id))
    accounts = {node: await house.account(home=node.id) for node in (tree.east, tree.west)}
    for account in accounts.values():
        for action in ("disable", "enable"):
            await house.post(f"/v1/accounts/{account.id}/{action}", admin)
    auditor = await house.caller((Role.AUDITOR, tree.east.id))
    seen = await house.get("/v1/audit-events", auditor, object_id=str(accounts[tree.east].id))
    assert [e["action"] for e in seen.body["items"]] == ["account.enabled", "account.disabled"]
    hidden = await house.get("/v1/audit-events", auditor, object_id=str(accounts[tree.west].id))
    assert hidden.body["items"] == []
    page = await house.get("/v1/audit-events", auditor, limit="1")
    following = await house.get("/v1/audit-events", auditor, limit="1", after=page.text("next"))
    assert following.body["items"] != page.body["items"]
    everything = await house.get("/v1/audit-events", auditor, limit="200")
    paths = {e["org_path"] for e in everything.body["items"]}
    assert all(path.startswith(tree.east.path) for path in paths)
    assert (await house.get("/v1/audit-events", admin)).status == 403
    wrong = await house.http.get("/v1/audit-events", headers=auditor, params={"sort": "x"})
    assert wrong.status_code == 422


async def test_what_does_not_exist_is_not_found(house: House) -> None:
    admin = await house.caller((Role.SECURITY_ADMIN, house.tree.county.id))
    for path in ("accounts", "grants", "clients"):
        action = {"accounts": "disable", "grants": "revoke", "clients": "rotate"}[path]
        response = await house.http.post(f"/v1/{path}/{new_id()}/{action}", headers=keyed(admin))
        assert response.status_code == 404, path


async def person_of(session: AsyncSession, member_id: UUID) -> UUID:
    query = text("select person_id from members where id = :id")
    return (await session.execute(query, {"id": member_id})).scalar_one()
