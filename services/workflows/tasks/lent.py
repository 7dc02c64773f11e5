"""Grants of the copy, and what colleagues have delegated for the days of their absence."""

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


async def load_grants(session: AsyncSession, principal: Principal) -> tuple[Grant, ...]:
    grants = await copies.load_grants(session, principal)
    if principal.kind != "person":
        return grants
    rows = await session.execute(
        _DELEGATED, {"account": principal.account_id, "today": clock.today()}
    )
    lent = (Grant(Role(r.role), r.org_id, r.org_path, delegated=True) for r in rows)
    return (*grants, *lent)
