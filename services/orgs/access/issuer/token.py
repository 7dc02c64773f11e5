"""/oauth2/token and /oauth2/revoke: what applications ask without a browser."""

import base64
import binascii
from typing import Any
from urllib.parse import unquote

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from services.orgs.access.accounts.repository import Accounts
from services.orgs.access.accounts.tables import AccountRow
from services.orgs.access.clients.builtin import CODE, CREDENTIALS, REFRESH, Client
from services.orgs.access.issuer import rules
from services.orgs.access.issuer.browser import LARGEST_FORM
from services.orgs.access.issuer.keys import ACCESS_LASTS, KeyRing
from services.orgs.access.issuer.repository import Issued, Redeemed
from services.orgs.access.issuer.router import RingDep, client_of
from services.orgs.access.issuer.rules import TokenRefused
from shared import clock
from shared.web import Route, SessionDep

router = APIRouter(prefix="/oauth2", tags=["issuer"], route_class=Route)
_USED_UP = "the code or token is invalid, expired, used or revoked"


@router.post("/token")
async def token(request: Request, session: SessionDep, keys: RingDep) -> Response:
    """Refusals are returned, not raised: what a reuse revokes must be committed."""
    try:
        form = await _form(request)
        client = await _authenticated(request, session, form)
        answer = await _granted(request, session, keys, client, form)
    except TokenRefused as refused:
        return _refused(request, refused)
    return JSONResponse(answer, headers={"Cache-Control": "no-store", "Pragma": "no-cache"})


async def _granted(
    request: Request, session: SessionDep, keys: KeyRing, client: Client, form: dict[str, str]
) -> dict[str, Any]:
    grant_type = form.get("grant_type", "")
    if grant_type not in (CODE, REFRESH, CREDENTIALS):
        raise TokenRefused("unsupported_grant_type", "grant_type is not supported")
    if grant_type not in client.grant_types:
        raise TokenRefused("unauthorized_client", "the client may not use this grant_type")
    if grant_type == CREDENTIALS:
        return _for_itself(request, keys, client, form)
    if grant_type == CODE:
        return await _for_code(request, session, keys, client, form)
    return await _for_refresh(request, session, keys, client, form)


@router.post("/revoke")
async def revoke(request: Request, session: SessionDep, _: RingDep) -> Response:
    """RFC 7009: 200 whether or not there was such a token; access tokens end by themselves."""
    try:
        form = await _form(request)
        client = await _authenticated(request, session, form)
    except TokenRefused as refused:
        return _refused(request, refused)
    await Issued(session).revoke(form.get("token", ""), client.id, clock.now())
    return Response(status_code=200)


async def _form(request: Request) -> dict[str, str]:
    length = request.headers.get("content-length", "")
    kind = request.headers.get("content-type", "").partition(";")[0]
    if not length.isdigit() or int(length) > LARGEST_FORM:
        raise TokenRefused("invalid_request", "the body is too large or of unknown length")
    if kind != "application/x-www-form-urlencoded":
        raise TokenRefused("invalid_request", "send application/x-www-form-urlencoded")
    pairs = (await request.form(max_fields=20)).multi_items()
    form = rules.single((name, value) for name, value in pairs if isinstance(value, str))
    if form is None:
        raise TokenRefused("invalid_request", "a parameter came twice")
    return form


async def _authenticated(request: Request, session: SessionDep, form: dict[str, str]) -> Client:
    client_id, secret = _credentials(request, form)
    client = await client_of(request, session, client_id)
    if client is None:
        raise TokenRefused("invalid_client", "unknown client or wrong secret", status=401)
    right = secret is None if client.secret_digest is None else client.knows(secret or "")
    if not right:
        raise TokenRefused("invalid_client", "unknown client or wrong secret", status=401)
    return client


def _credentials(request: Request, form: dict[str, str]) -> tuple[str, str | None]:
    """From the Authorization header (RFC 6749 2.3.1) or from the form, never from both."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if not scheme:
        return form.get("client_id", ""), form.get("client_secret")
    if scheme.lower() != "basic" or "client_secret" in form:
        raise TokenRefused("invalid_request", "authenticate the client in one way only")
    try:
        plain = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise TokenRefused("invalid_client", "malformed Authorization", status=401) from error
    client_id, _, secret = plain.partition(":")
    if form.get("client_id", unquote(client_id)) != unquote(client_id):
        raise TokenRefused("invalid_request", "two client ids")
    return unquote(client_id), unquote(secret)


def _for_itself(
    request: Request, keys: KeyRing, client: Client, form: dict[str, str]
) -> dict[str, Any]:
    scope = rules.scope_of(form.get("scope"), client.scopes)
    access = keys.sign(_audience(request), client.id, kind=client.kind, scope=scope)
    return _answer(access, scope)


async def _for_code(
    request: Request, session: SessionDep, keys: KeyRing, client: Client, form: dict[str, str]
) -> dict[str, Any]:
    """A code is used up by the first try, right or wrong."""
    redeemed = await Issued(session).redeem_code(form.get("code", ""), clock.now())
    code = redeemed.code if redeemed else None
    if redeemed is None or code is None or code.client_id != client.id:
        raise TokenRefused("invalid_grant", _USED_UP)
    if code.redirect_uri != form.get("redirect_uri"):
        raise TokenRefused("invalid_grant", "redirect_uri is not the one the code was sent to")
    if not rules.proves(form.get("code_verifier", ""), code.challenge):
        raise TokenRefused("invalid_grant", "code_verifier does not match")
    return await _for_person(request, session, keys, client, redeemed)


async def _for_refresh(
    request: Request, session: SessionDep, keys: KeyRing, client: Client, form: dict[str, str]
) -> dict[str, Any]:
    given = form.get("refresh_token", "")
    redeemed = await Issued(session).redeem_refresh(given, client.id, clock.now())
    if redeemed is None:
        raise TokenRefused("invalid_grant", _USED_UP)
    return await _for_person(request, session, keys, client, redeemed)


async def _for_person(
    request: Request, session: SessionDep, keys: KeyRing, client: Client, redeemed: Redeemed
) -> dict[str, Any]:
    family = redeemed.family
    account = await Accounts(session).find(family.account_id)
    if account is None or account.disabled or account.must_change:
        raise TokenRefused("invalid_grant", "the account may not log in")
    access = keys.sign(
        _audience(request),
        str(account.id),
        kind="person",
        person=str(account.person_id) if account.person_id else None,
        scope=family.scope,
        client_id=client.id,
    )
    answer = _answer(access, family.scope)
    answer["refresh_token"] = await Issued(session).refresh(family, clock.now())
    answer["id_token"] = _id_token(keys, client, account, redeemed)
    return answer


def _id_token(keys: KeyRing, client: Client, account: AccountRow, redeemed: Redeemed) -> str:
    return keys.sign(
        client.id,
        str(account.id),
        typ="JWT",
        nonce=redeemed.code.nonce if redeemed.code else None,
        auth_time=int(redeemed.family.authenticated_at.timestamp()),
        name=account.name,
        preferred_username=account.login,
    )


def _answer(access_token: str, scope: str) -> dict[str, Any]:
    return {
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": int(ACCESS_LASTS.total_seconds()),
        "scope": scope,
    }


def _audience(request: Request) -> str:
    return request.app.state.settings.audience


def _refused(request: Request, refused: TokenRefused) -> Response:
    headers = {"Cache-Control": "no-store", "Pragma": "no-cache"}
    if refused.status == 401 and "authorization" in request.headers:
        headers["WWW-Authenticate"] = 'Basic realm="dangjian"'
    body = {"error": refused.error, "error_description": refused.why}
    return JSONResponse(body, status_code=refused.status, headers=headers)
