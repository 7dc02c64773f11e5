"""Log in as a person does: the code flow with PKCE over HTTP, the login form filled in."""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx

CLIENT_ID = "demo"
REDIRECT_URI = "http://127.0.0.1/callback"


class LoginFailed(Exception):
    """The issuer did not let the account in; the text is what its page says."""


@dataclass(frozen=True)
class Tokens:
    """What one login gave; the access token lives five minutes."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    id_token: str = field(repr=False)
    expires_in: int = 0

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access_token}"}


class _Form(HTMLParser):
    """The hidden fields, the action and the alert of a page of the issuer."""

    def __init__(self) -> None:
        super().__init__()
        self.action = ""
        self.hidden: dict[str, str] = {}
        self.alert = ""
        self._in_alert = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = values.get("action", "")
        if tag == "input" and values.get("type") == "hidden":
            self.hidden[values["name"]] = values.get("value", "")
        self._in_alert = values.get("role") == "alert"

    def handle_data(self, data: str) -> None:
        if self._in_alert:
            self.alert += data

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002
        self._in_alert = False


async def log_in(
    issuer: str,
    login: str,
    password: str,
    *,
    client_id: str = CLIENT_ID,
    redirect_uri: str = REDIRECT_URI,
    new_password: str | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Tokens:
    """Tokens of an account. `new_password` is set where a one-time password asks for one."""
    async with httpx.AsyncClient(base_url=issuer, timeout=20, transport=transport) as http:
        verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
        asked = _asked(client_id, redirect_uri, state, verifier)
        page = await http.get("/oauth2/authorize", params=asked)
        page = await _submit(http, page, {"login": login, "password": password})
        if page.status_code == 200 and new_password is not None:
            page = await _submit(http, page, {"new": new_password, "again": new_password})
        code = _code(page, state)
        answer = await http.post(
            "/oauth2/token",
            data={
                "grant_type": "authorization_code",
                "client_id": client_id,
                "code": code,
                "redirect_uri": redirect_uri,
                "code_verifier": verifier,
            },
        )
        return _tokens(answer)


async def refreshed(
    issuer: str,
    tokens: Tokens,
    *,
    client_id: str = CLIENT_ID,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Tokens:
    """Fresh tokens; the refresh token given is used up."""
    async with httpx.AsyncClient(base_url=issuer, timeout=20, transport=transport) as http:
        form = {"grant_type": "refresh_token", "client_id": client_id}
        form["refresh_token"] = tokens.refresh_token
        return _tokens(await http.post("/oauth2/token", data=form))


def _asked(client_id: str, redirect_uri: str, state: str, verifier: str) -> dict[str, str]:
    return {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "scope": "openid",
        "state": state,
        "nonce": secrets.token_urlsafe(16),
        "code_challenge": _challenge(verifier),
        "code_challenge_method": "S256",
    }


async def _submit(
    http: httpx.AsyncClient, page: httpx.Response, fields: dict[str, str]
) -> httpx.Response:
    form = _parsed(page)
    if not form.action:
        raise LoginFailed(form.alert or f"the issuer answered {page.status_code} without a form")
    return await http.post(urljoin(str(page.url), form.action), data=form.hidden | fields)


def _code(page: httpx.Response, state: str) -> str:
    if page.status_code != 303:
        raise LoginFailed(_parsed(page).alert or "the login asks for a further step")
    answer = parse_qs(urlsplit(page.headers["location"]).query)
    if answer.get("state") != [state] or "code" not in answer:
        raise LoginFailed(answer.get("error", ["the answer belongs to another login"])[0])
    return answer["code"][0]


def _tokens(answer: httpx.Response) -> Tokens:
    body = answer.json()
    if answer.status_code != 200:
        raise LoginFailed(str(body.get("error", answer.status_code)))
    return Tokens(
        access_token=body["access_token"],
        refresh_token=body["refresh_token"],
        id_token=body["id_token"],
        expires_in=body["expires_in"],
    )


def _parsed(page: httpx.Response) -> _Form:
    form = _Form()
    form.feed(page.text)
    return form


def _challenge(verifier: str) -> str:
    hashed = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(hashed).decode().rstrip("=")
