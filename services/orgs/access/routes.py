"""The routers of this group, who may call them, and what its constraints mean."""

import asyncio
from contextlib import AsyncExitStack

from fastapi import APIRouter, FastAPI

from services.orgs.access import callers
from services.orgs.access.accounts.contacts import router as contacts
from services.orgs.access.accounts.own import router as own_account
from services.orgs.access.accounts.passwords import Passwords
from services.orgs.access.accounts.router import router as accounts
from services.orgs.access.clients.builtin import builtin
from services.orgs.access.clients.router import router as clients
from services.orgs.access.grants.router import router as grants
from services.orgs.access.issuer.keys import KeyRing, LocalVerifier
from services.orgs.access.issuer.purge import purge_forever
from services.orgs.access.issuer.router import router as issuer
from services.orgs.access.issuer.token import router as token
from services.orgs.access.sealing import Sealer
from services.orgs.access.trail.router import router as trail
from services.orgs.settings import OrgsSettings
from shared.access import Role
from shared.auth import Verifier
from shared.permissions import Permission, anyone, public, roles, services_only
from shared.problems import Conflict, NotFound, Problem

# Own account and contacts before accounts: neither word is an account id.
ROUTERS: list[APIRouter] = [own_account, contacts, accounts, clients, grants, issuer, token, trail]

_SECURITY = roles(Role.SECURITY_ADMIN)
PERMISSIONS: dict[tuple[str, str], Permission] = {
    ("GET", "/.well-known/openid-configuration"): public(),
    ("GET", "/.well-known/jwks.json"): public(),
    ("GET", "/oauth2/authorize"): public(),
    ("POST", "/oauth2/authorize"): public(),
    ("POST", "/oauth2/token"): public(),
    ("POST", "/oauth2/revoke"): public(),
    ("GET", "/oauth2/logout"): public(),
    ("POST", "/oauth2/logout"): public(),
    ("GET", "/v1/accounts/contacts"): services_only(),
    ("GET", "/v1/accounts/me"): anyone(),
    # A stored hash of a body that holds a password, or a stored secret, would be a way in:
    # these three keep no idempotency key. A repeated one changes nothing more.
    ("POST", "/v1/accounts/me/password"): anyone(own_key=True),
    ("POST", "/v1/accounts/me/second-factor"): anyone(own_key=True),
    ("POST", "/v1/accounts/me/second-factor/confirm"): anyone(own_key=True),
    ("GET", "/v1/accounts"): _SECURITY,
    ("POST", "/v1/accounts"): _SECURITY,
    ("GET", "/v1/accounts/{account_id}"): _SECURITY,
    ("POST", "/v1/accounts/{account_id}/disable"): _SECURITY,
    ("POST", "/v1/accounts/{account_id}/enable"): _SECURITY,
    ("POST", "/v1/accounts/{account_id}/unlock"): _SECURITY,
    ("POST", "/v1/accounts/{account_id}/reset"): _SECURITY,
    ("GET", "/v1/clients"): _SECURITY,
    ("POST", "/v1/clients"): _SECURITY,
    ("POST", "/v1/clients/{client_id}/rotate"): _SECURITY,
    ("POST", "/v1/clients/{client_id}/disable"): _SECURITY,
    ("GET", "/v1/grants"): roles(Role.SECURITY_ADMIN, Role.AUDITOR),
    ("POST", "/v1/grants"): _SECURITY,
    ("POST", "/v1/grants/{grant_id}/revoke"): _SECURITY,
    ("GET", "/v1/audit-events"): roles(Role.AUDITOR),
}

CONSTRAINTS: dict[str, Problem] = {
    "uq_accounts_login": Conflict("login-taken", "该登录名已被使用，请换一个。", field="login"),
    "fk_accounts_person_id_people": NotFound(
        "person-unknown", "没有找到该人员，请核对。", field="person_id"
    ),
    "ex_grants_in_force": Conflict(
        "grant-exists", "该账号在该组织已有同一角色的授权，期限重叠，请先撤销原授权。"
    ),
}


load_grants = callers.load_grants


async def prepare(app: FastAPI, stack: AsyncExitStack) -> None:
    """Load the signing keys, so that the issuer can answer and verify its own tokens.

    Without a signing key file another provider is the issuer, and tokens are checked by its
    published keys as in the other services.
    """
    settings: OrgsSettings = app.state.settings
    state = app.state
    state.sealer = Sealer(settings.master_keys)
    state.passwords = Passwords()
    state.builtin_clients = builtin(settings)
    state.keys = None
    if settings.signing_key_file:
        keys = KeyRing.load(settings.signing_key_file, issuer=settings.issuer)
        state.keys = keys
        if type(state.verifier) is Verifier:
            state.verifier = LocalVerifier(keys, audience=settings.audience)
            stack.push_async_callback(state.verifier.close)
    purging = asyncio.ensure_future(purge_forever(state.engine))
    stack.callback(purging.cancel)
