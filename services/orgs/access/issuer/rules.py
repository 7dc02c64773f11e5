"""What OAuth 2.1 and OpenID Connect ask of a request, as plain functions."""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from services.orgs.access.clients.builtin import CODE, Client

SESSION_LASTS = timedelta(hours=8)
STEP_LASTS = timedelta(minutes=10)
"""Between the password and the second factor or the new password."""
CODE_LASTS = timedelta(seconds=60)
REFRESH_LASTS = timedelta(hours=2)
OPENID = "openid"
STEP_FAILURES = 5
_CHALLENGE = re.compile(r"^[A-Za-z0-9_-]{43}$")
_VERIFIER = re.compile(r"^[A-Za-z0-9._~-]{43,128}$")
_LONGEST = 500


class PageRefused(Exception):
    """Shown to the person: where to send them back is not certain."""


class SentBack(Exception):
    """Told to the client at its redirect address (RFC 6749 4.1.2.1)."""

    def __init__(self, redirect_uri: str, state: str | None, error: str, why: str) -> None:
        super().__init__(error)
        self.redirect_uri = redirect_uri
        self.state = state
        self.error = error
        self.why = why


class TokenRefused(Exception):
    """An answer of /oauth2/token (RFC 6749 5.2)."""

    def __init__(self, error: str, why: str, *, status: int = 400) -> None:
        super().__init__(error)
        self.error = error
        self.why = why
        self.status = status


@dataclass(frozen=True)
class AuthRequest:
    client: Client
    redirect_uri: str
    state: str | None
    challenge: str
    nonce: str | None
    prompt: str


def single(pairs: Iterable[tuple[str, str]]) -> dict[str, str] | None:
    """None when a parameter came twice."""
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found:
            return None
        found[name] = value
    return found


def auth_request(asked: Mapping[str, str], client: Client | None) -> AuthRequest:
    """The address is compared letter by letter before anything is sent to it."""
    if client is None or CODE not in client.grant_types:
        raise PageRefused("发起登录的应用未登记或已停用，请联系系统管理员。")
    redirect_uri = asked.get("redirect_uri", "")
    if redirect_uri not in client.redirect_uris:
        raise PageRefused("登录后的返回地址与登记的不一致，请从原应用重新进入，或联系系统管理员。")
    state = asked.get("state")
    fault = _fault(asked)
    if fault is not None:
        raise SentBack(redirect_uri, state, *fault)
    return AuthRequest(
        client=client,
        redirect_uri=redirect_uri,
        state=state,
        challenge=asked["code_challenge"],
        nonce=asked.get("nonce"),
        prompt=asked.get("prompt", ""),
    )


def _fault(asked: Mapping[str, str]) -> tuple[str, str] | None:
    """The first thing wrong, as error and description."""
    too_long = any(len(value) > _LONGEST for value in asked.values())
    challenge = _CHALLENGE.match(asked.get("code_challenge", ""))
    unscoped = OPENID not in asked.get("scope", "").split()
    by_object = "request" in asked or "request_uri" in asked
    found = (
        (too_long, "invalid_request", "a parameter is too long"),
        (by_object, "request_not_supported", "request objects are not supported"),
        (asked.get("response_type") != "code", "unsupported_response_type", "only code"),
        (unscoped, "invalid_scope", "scope must contain openid"),
        (asked.get("code_challenge_method") != "S256", "invalid_request", "PKCE needs S256"),
        (not challenge, "invalid_request", "code_challenge is not a SHA-256"),
    )
    return next(((error, why) for wrong, error, why in found if wrong), None)


def must_not_be_silent(asked: AuthRequest) -> None:
    """The client wanted an answer without a page, and there is no session to answer from."""
    if asked.prompt == "none":
        raise SentBack(asked.redirect_uri, asked.state, "login_required", "not logged in")


def proves(verifier: str, challenge: str) -> bool:
    """PKCE: the client that redeems the code is the one that asked for it (RFC 7636)."""
    if not _VERIFIER.match(verifier):
        return False
    hashed = hashlib.sha256(verifier.encode()).digest()
    made = base64.urlsafe_b64encode(hashed).decode().rstrip("=")
    return hmac.compare_digest(made, challenge)


def sent_to(uri: str, issuer: str, **values: str | None) -> str:
    """The redirect address with the answer; `iss` tells which issuer answered (RFC 9207)."""
    pairs = {name: value for name, value in (values | {"iss": issuer}).items() if value is not None}
    return f"{uri}{'&' if '?' in uri else '?'}{urlencode(pairs)}"


def scope_of(asked: str | None, allowed: Iterable[str]) -> str:
    """All that the client may have when it asks for nothing in particular."""
    allowed = sorted(allowed)
    wanted = sorted(set(asked.split())) if asked else allowed
    if not set(wanted) <= set(allowed):
        raise TokenRefused("invalid_scope", "the client has no such scope")
    return " ".join(wanted)
