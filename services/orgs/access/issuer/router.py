"""The embedded OpenID Connect issuer as browsers see it: discovery, login, logout."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from services.orgs.access.accounts.passwords import Passwords
from services.orgs.access.accounts.repository import Accounts
from services.orgs.access.clients.builtin import CODE, CREDENTIALS, REFRESH, Client
from services.orgs.access.clients.repository import Clients
from services.orgs.access.clients.rules import Scope
from services.orgs.access.issuer import rules, signin
from services.orgs.access.issuer.browser import DEVICE, DEVICE_SECONDS, SESSION, Browser
from services.orgs.access.issuer.keys import ALGORITHM, KeyRing
from services.orgs.access.issuer.repository import Issued, Sessions
from services.orgs.access.issuer.rules import AuthRequest, PageRefused, SentBack
from services.orgs.access.issuer.signin import SignIn, Step, Visit
from services.orgs.access.issuer.tables import SessionRow
from shared import clock
from shared.problems import NotFound, TooMany
from shared.web import Route, SessionDep


def ring(request: Request) -> KeyRing:
    """Error: 404 when another provider is the issuer of this deployment."""
    keys: KeyRing | None = request.app.state.keys
    if keys is None:
        raise NotFound("issuer-elsewhere", "本系统由外部身份系统登录，请从应用首页进入。")
    return keys


RingDep = Annotated[KeyRing, Depends(ring)]
router = APIRouter(tags=["issuer"], route_class=Route)


@router.get("/.well-known/openid-configuration")
async def discovery(keys: RingDep) -> dict[str, Any]:
    issuer = keys.issuer
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oauth2/authorize",
        "token_endpoint": f"{issuer}/oauth2/token",
        "revocation_endpoint": f"{issuer}/oauth2/revoke",
        "end_session_endpoint": f"{issuer}/oauth2/logout",
        "jwks_uri": f"{issuer}/.well-known/jwks.json",
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": [CODE, REFRESH, CREDENTIALS],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": [
            "client_secret_basic", "client_secret_post", "none",
        ],
        "scopes_supported": [rules.OPENID, *(scope.value for scope in Scope)],
        "claims_supported": ["sub", "name", "preferred_username", "auth_time", "nonce"],
        "prompt_values_supported": ["none", "login"],
        "ui_locales_supported": ["zh-CN"],
        "authorization_response_iss_parameter_supported": True,
        "request_uri_parameter_supported": False,
    }  # fmt: skip


@router.get("/.well-known/jwks.json")
async def jwks(keys: RingDep) -> dict[str, Any]:
    return keys.jwks()


@router.get("/oauth2/authorize")
async def authorize(request: Request, session: SessionDep, keys: RingDep) -> Response:
    """Straight back with a code when the browser has a session, else the login page."""
    browser = Browser(request)
    try:
        asked = await _asked(request, session)
        login = await Sessions(session).find(browser.cookie(SESSION), clock.now())
        if asked.prompt == "login" or login is None or not await _usable(session, login):
            login = None
        if login is not None and login.stage == signin.OPEN:
            return await _back_with_code(browser, session, keys, asked, login)
        rules.must_not_be_silent(asked)
    except PageRefused as refused:
        return browser.refused(str(refused))
    except SentBack as back:
        return _sent_back(browser, keys, back)
    return _form(browser, asked, Step(login.stage if login else signin.LOGIN))


@router.post("/oauth2/authorize")
async def take_step(request: Request, session: SessionDep, keys: RingDep) -> Response:
    """One form of the login: the password, the code of the second factor, a new password."""
    browser = Browser(request)
    passwords: Passwords = request.app.state.passwords
    try:
        form = await browser.form()
        async with passwords.slot():
            asked = await _asked(request, session)
            step = await _step(request, session, browser, form)
            if step.token is not None:
                browser.keep(SESSION, step.token)
            if step.device is not None:
                browser.keep(DEVICE, step.device, DEVICE_SECONDS)
            if step.stage == signin.OPEN and step.session is not None:
                return await _back_with_code(browser, session, keys, asked, step.session)
    except TooMany as busy:
        return browser.refused(busy.detail, status=busy.status)
    except PageRefused as refused:
        return browser.refused(str(refused))
    except SentBack as back:
        return _sent_back(browser, keys, back)
    return _form(browser, asked, step, form.get("login", ""))


@router.get("/oauth2/logout")
async def logout(request: Request, session: SessionDep, keys: RingDep) -> Response:
    """With an id_token of this session straight away, else the person is asked first."""
    browser = Browser(request)
    login = await Sessions(session).find(browser.cookie(SESSION), clock.now())
    if login is None:
        return await _logged_out(request, session, keys, browser)
    claims = keys.hint(request.query_params.get("id_token_hint", ""))
    if claims is None or claims["sub"] != str(login.account_id):
        return browser.page("logout", ended=False)
    await Issued(session).end_session(login, clock.now())
    return await _logged_out(request, session, keys, browser)


@router.post("/oauth2/logout")
async def confirm_logout(request: Request, session: SessionDep, keys: RingDep) -> Response:
    browser = Browser(request)
    try:
        await browser.form()
    except PageRefused as refused:
        return browser.refused(str(refused))
    login = await Sessions(session).find(browser.cookie(SESSION), clock.now())
    if login is not None:
        await Issued(session).end_session(login, clock.now())
    return await _logged_out(request, session, keys, browser)


async def client_of(request: Request, session: SessionDep, client_id: str) -> Client | None:
    builtin: dict[str, Client] = request.app.state.builtin_clients
    return builtin.get(client_id) or await Clients(session).enabled(client_id)


async def _asked(request: Request, session: SessionDep) -> AuthRequest:
    asked = rules.single(request.query_params.multi_items())
    if asked is None:
        raise PageRefused("登录请求有重复的参数，请从原应用重新进入。")
    client = await client_of(request, session, asked.get("client_id", ""))
    return rules.auth_request(asked, client)


async def _step(
    request: Request, session: SessionDep, browser: Browser, form: dict[str, str]
) -> Step:
    now = clock.now()
    visit = Visit(browser.host, browser.cookie(DEVICE), now)
    passwords: Passwords = request.app.state.passwords
    sign_in = SignIn(session, passwords, request.app.state.sealer, visit)
    stage = form.get("step")
    if stage == signin.LOGIN:
        return await sign_in.password(form.get("login", "")[:60], form.get("password", "")[:200])
    row = await Sessions(session).find(browser.cookie(SESSION), now)
    if row is None or row.stage != stage:
        return Step(signin.LOGIN, "等待时间过长，请重新登录。", 401)
    if stage == signin.SECOND_FACTOR:
        return await sign_in.code(row, form.get("code", "")[:10])
    return await sign_in.new_password(row, form.get("new", ""), form.get("again", ""))


async def _usable(session: SessionDep, login: SessionRow) -> bool:
    account = await Accounts(session).find(login.account_id)
    return account is not None and not account.disabled


async def _back_with_code(
    browser: Browser, session: SessionDep, keys: KeyRing, asked: AuthRequest, login: SessionRow
) -> Response:
    code = await Issued(session).code(asked, login, clock.now())
    return browser.redirect(
        rules.sent_to(asked.redirect_uri, keys.issuer, code=code, state=asked.state)
    )


def _form(browser: Browser, asked: AuthRequest, step: Step, login: str = "") -> Response:
    return browser.page(
        step.stage,
        status=step.status,
        redirect_uri=asked.redirect_uri,
        retry_after=step.retry_after,
        message=step.message,
        client=asked.client.name,
        login=login[:60],
    )


def _sent_back(browser: Browser, keys: KeyRing, back: SentBack) -> Response:
    to = rules.sent_to(
        back.redirect_uri,
        keys.issuer,
        error=back.error,
        error_description=back.why,
        state=back.state,
    )
    return browser.redirect(to)


async def _logged_out(
    request: Request, session: SessionDep, keys: KeyRing, browser: Browser
) -> Response:
    """Back to the application when the address is one it registered, else a plain page."""
    browser.forget(SESSION)
    asked = request.query_params
    claims = keys.hint(asked.get("id_token_hint", ""))
    client_id = asked.get("client_id") or str(claims["aud"] if claims else "")
    client = await client_of(request, session, client_id)
    to = asked.get("post_logout_redirect_uri", "")
    if client is not None and to in client.logout_uris:
        state = asked.get("state")
        return browser.redirect(rules.sent_to(to, keys.issuer, state=state) if state else to)
    return browser.page("logout", ended=True)
