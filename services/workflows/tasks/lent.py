"""Grants of the copy, and what colleagues have delegated for the days of their absence."""

import time

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from shared import clock
from shared.access import Grant, Role
from shared.auth import Principal
from shared.copies import access as copies

_DELEGATED = text(
    "select role, org_id, org_path from delegations where to_account = :account"
    " and revoked_at is null and :today between valid_from and valid_to"
)


MOST_KEPT = 5000
FRESH_SECONDS = 1.0
"""The copy is stale for up to two seconds anyway: a page's parallel requests load grants once."""
_KEPT: dict[str, tuple[float, tuple[Grant, ...]]] = {}


async def load_grants(session: AsyncSession, principal: Principal) -> tuple[Grant, ...]:
    kept = _KEPT.get(principal.account_id)
    if kept and time.monotonic() - kept[0] < FRESH_SECONDS:
        return kept[1]
    grants = await _loaded(session, principal)
    if len(_KEPT) > MOST_KEPT:
        _KEPT.clear()
    _KEPT[principal.account_id] = (time.monotonic(), grants)
    return grants


async def _loaded(session: AsyncSession, principal: Principal) -> tuple[Grant, ...]:
    grants = await copies.load_grants(session, principal)
    if principal.kind != "person":
        return grants
    rows = await session.execute(
        _DELEGATED, {"account": principal.account_id, "today": clock.today()}
    )
    lent = (Grant(Role(r.role), r.org_id, r.org_path, delegated=True) for r in rows)
    return (*grants, *lent)
