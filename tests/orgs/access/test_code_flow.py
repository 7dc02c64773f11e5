"""The code flow end to end: what a browser and an application may and may not do."""

import base64
import hashlib
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from httpx import AsyncClient, Response

from deploy.local.login import LoginFailed, refreshed
from services.orgs.access.accounts import rules
from shared.access import Role
from tests.orgs.access.conftest import ISSUER, PASSWORD, House
from tests.principals import keyed

VERIFIER = "v" * 64
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
)
ASKED = {
    "response_type": "code",
    "client_id": "demo",
    "redirect_uri": "http://127.0.0.1/callback",
    "scope": "openid",
    "state": "st-1",
    "nonce": "no-1",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


def browser(house: House) -> AsyncClient:
    return AsyncClient(transport=house.transport, base_url=ISSUER)


def field_of(page: Response, name: str) -> str:
    return page.text.split(f'name="{name}" value="')[1].split('"')[0]


async def submit(http: AsyncClient, page: Response, **fields: str) -> Response:
    hidden = {"csrf": field_of(page, "csrf"), "step": field_of(page, "step")}
    return await http.post(str(page.url), data=hidden | fields)


async def code_of(house: House, http: AsyncClient) -> str:
    account = await house.account((Role.SECRETARY, house.tree.east_branch.id))
    page = await http.get("/oauth2/authorize", params=ASKED)
    back = await submit(http, page, login=account.login, password=PASSWORD)
    return answer_of(back)["code"][0]


def answer_of(back: Response) -> dict[str, list[str]]:
    assert back.status_code == 303, back.text
    return parse_qs(urlsplit(back.headers["location"]).query)


async def redeem(http: AsyncClient, code: str, **changes: str) -> Response:
    form = {
        "grant_type": "authorization_code",
        "client_id": "demo",
        "code": code,
        "redirect_uri": ASKED["redirect_uri"],
        "code_verifier": VERIFIER,
    }
    return await http.post("/oauth2/token", data=form | changes)


async def test_a_person_logs_in_and_reads_their_own_account(house: House) -> None:
    account = await house.account((Role.SECRETARY, house.tree.east_branch.id))
    tokens = await house.log_in(account)
    me = await house.get("/v1/accounts/me", tokens.headers)
    assert me.status == 200
    assert me.body["login"] == account.login
    assert me.body["demo"] is True
    assert [g["org_path"] for g in me.body["grants"]] == [house.tree.east_branch.path]


async def test_the_answer_names_state_and_issuer_and_the_id_token_the_nonce(house: House) -> None:
    async with browser(house) as http:
        account = await house.account()
        page = await http.get("/oauth2/authorize", params=ASKED)
        answer = answer_of(await submit(http, page, login=account.login, password=PASSWORD))
        assert answer["state"] == ["st-1"]
        assert answer["iss"] == [ISSUER]
        body = (await redeem(http, answer["code"][0])).json()
        claims = jwt.decode(body["id_token"], options={"verify_signature": False})
        assert (claims["nonce"], claims["aud"]) == ("no-1", "demo")
        access = jwt.decode(body["access_token"], options={"verify_signature": False})
        assert (access["aud"], access["kind"], access["exp"] - access["iat"]) == (
            "dangjian", "person", 300,
        )  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": "w" * 64},
        {"code_verifier": ""},
        {"redirect_uri": "http://127.0.0.1/other"},
        {"client_id": "console", "client_secret": "c-secret"},
    ],
)
async def test_a_code_is_worth_nothing_to_another(house: House, changes: dict[str, str]) -> None:
    async with browser(house) as http:
        code = await code_of(house, http)
        refused = await redeem(http, code, **changes)
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
        assert (await redeem(http, code)).status_code == 400, "the first try used it up"


async def test_a_code_that_comes_back_revokes_what_came_out_of_it(house: House) -> None:
    async with browser(house) as http:
        code = await code_of(house, http)
        first = (await redeem(http, code)).json()
        assert (await redeem(http, code)).json()["error"] == "invalid_grant"
        form = {
            "grant_type": "refresh_token",
            "client_id": "demo",
            "refresh_token": first["refresh_token"],
        }
        assert (await http.post("/oauth2/token", data=form)).json()["error"] == "invalid_grant"


async def test_a_refresh_token_that_comes_back_revokes_its_family(house: House) -> None:
    first = await house.log_in(await house.account())
    second = await refreshed(ISSUER, first, transport=house.transport)
    with pytest.raises(LoginFailed, match="invalid_grant"):
        await refreshed(ISSUER, first, transport=house.transport)
    with pytest.raises(LoginFailed, match="invalid_grant"):
        await refreshed(ISSUER, second, transport=house.transport)


async def test_a_revoked_refresh_token_gives_nothing(house: House) -> None:
    tokens = await house.log_in(await house.account())
    form = {"client_id": "demo", "token": tokens.refresh_token}
    assert (await house.http.post("/oauth2/revoke", data=form)).status_code == 200
    with pytest.raises(LoginFailed, match="invalid_grant"):
        await refreshed(ISSUER, tokens, transport=house.transport)


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": "http://127.0.0.1/callback/"},
        {"redirect_uri": "http://127.0.0.1/callback?x=1"},
        {"redirect_uri": "https://evil.example/callback"},
        {"redirect_uri": ""},
        {"client_id": "nobody"},
        {"client_id": "workflows"},
    ],
)
async def test_nobody_is_sent_to_an_address_that_is_not_registered(
    house: House, changes: dict[str, str]
) -> None:
    page = await house.http.get("/oauth2/authorize", params=ASKED | changes)
    assert page.status_code == 400
    assert "location" not in page.headers
    assert "evil" not in page.text


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"request": "e30."}, "request_not_supported"),
        ({"prompt": "none"}, "login_required"),
    ],
)
async def test_a_faulty_request_is_told_to_the_application(
    house: House, changes: dict[str, str], error: str
) -> None:
    back = await house.http.get("/oauth2/authorize", params=ASKED | changes)
    answer = answer_of(back)
    assert (answer["error"], answer["state"]) == ([error], ["st-1"])


async def test_a_second_application_needs_no_second_login_until_logout(house: House) -> None:
    async with browser(house) as http:
        await code_of(house, http)
        again = await http.get("/oauth2/authorize", params=ASKED | {"prompt": "none"})
        assert "code" in answer_of(again)
        page = await http.get("/oauth2/logout")
        assert (await http.post("/oauth2/logout", data={"csrf": "x"})).status_code == 400
        await http.post("/oauth2/logout", data={"csrf": field_of(page, "csrf")})
        gone = await http.get("/oauth2/authorize", params=ASKED | {"prompt": "none"})
        assert answer_of(gone)["error"] == ["login_required"]


async def test_logging_out_ends_the_refresh_tokens_of_the_session(house: House) -> None:
    async with browser(house) as http:
        body = (await redeem(http, await code_of(house, http))).json()
        await http.get("/oauth2/logout", params={"id_token_hint": body["id_token"]})
        form = {
            "grant_type": "refresh_token",
            "client_id": "demo",
            "refresh_token": body["refresh_token"],
        }
        assert (await http.post("/oauth2/token", data=form)).status_code == 400


async def test_a_form_without_its_cookie_is_refused(house: House) -> None:
    async with browser(house) as http, browser(house) as other:
        account = await house.account()
        page = await http.get("/oauth2/authorize", params=ASKED)
        forged = await submit(other, page, login=account.login, password=PASSWORD)
        assert forged.status_code == 400


async def test_the_pages_load_nothing_run_nothing_and_mark_the_demonstration(house: House) -> None:
    page = await house.http.get("/oauth2/authorize", params=ASKED | {"state": '"><script>'})
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "form-action 'self' http://127.0.0.1;" in policy
    assert "<script" not in page.text
    assert "示例数据" in page.text
    assert 'lang="zh-CN"' in page.text
    assert "width=device-width" in page.text


async def test_an_initial_password_must_be_changed_at_the_first_login(house: House) -> None:
    admin = await house.caller((Role.SECURITY_ADMIN, house.tree.county.id))
    made = await house.post(
        "/v1/accounts", admin, org_id=str(house.tree.east.id), login="Zhang.San1", name="张示例"
    )
    assert made.status == 201, made.body
    password = made.text("initial_password")
    with pytest.raises(LoginFailed, match="further"):
        await house.log_in("zhang.san1", password)
    with pytest.raises(LoginFailed, match="过于简单"):
        await house.log_in("zhang.san1", password, new="aaaaaaaaaaaa")
    tokens = await house.log_in("ZHANG.SAN1", password, new="my-Own-Word-9")
    assert (await house.get("/v1/accounts/me", tokens.headers)).status == 200
    await house.log_in("zhang.san1", "my-Own-Word-9")


async def test_the_second_factor_is_asked_for_and_no_code_works_twice(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = await house.account((Role.AUDITOR, house.tree.county.id))
    mine = (await house.log_in(account)).headers
    begun = await house.post("/v1/accounts/me/second-factor", mine)
    steps = iter(range(10))

    def accepted(secret: str, code: str, **_: object) -> int | None:
        return next(steps) if code == secret[:6] else None

    monkeypatch.setattr(rules, "accepted_step", accepted)
    code = begun.text("secret")[:6]
    assert (
        await house.post("/v1/accounts/me/second-factor/confirm", mine, code=code)
    ).status == 204
    with pytest.raises(LoginFailed, match="further"):
        await house.log_in(account)
    async with browser(house) as http:
        page = await http.get("/oauth2/authorize", params=ASKED)
        page = await submit(http, page, login=account.login, password=PASSWORD)
        assert "动态验证码" in page.text
        wrong = await submit(http, page, code="000000")
        assert wrong.status_code == 401
        assert "code" in answer_of(await submit(http, wrong, code=code))


async def test_the_client_credentials_of_the_suite_and_of_nobody_else(house: House) -> None:
    form = {"grant_type": "client_credentials"}
    right = await house.http.post("/oauth2/token", data=form, auth=("workflows", "w-secret"))
    claims = jwt.decode(right.json()["access_token"], options={"verify_signature": False})
    assert (claims["sub"], claims["kind"]) == ("workflows", "service")
    for auth in (("workflows", "wrong"), ("nobody", "w-secret")):
        refused = await house.http.post("/oauth2/token", data=form, auth=auth)
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    console = await house.http.post("/oauth2/token", data=form, auth=("console", "c-secret"))
    assert console.json()["error"] == "unauthorized_client"
    password = form | {"grant_type": "password", "client_id": "demo"}
    refused = await house.http.post("/oauth2/token", data=password)
    assert refused.json()["error"] == "unsupported_grant_type"


async def test_no_answer_that_is_kept_holds_a_secret(house: House) -> None:
    admin = await house.caller((Role.SECURITY_ADMIN, house.tree.county.id))
    headers = keyed(admin)
    body = {"org_id": str(house.tree.east.id), "login": f"r{house.tree.east.code}", "name": "示例"}
    first = await house.http.post("/v1/accounts", headers=headers, json=body)
    again = await house.http.post("/v1/accounts", headers=headers, json=body)
    assert first.json()["initial_password"]
    assert again.json() == first.json() | {"initial_password": None}
