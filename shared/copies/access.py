"""Who may do what, read from the local copy; refuses when the copy is too old to be trusted."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from sqlalchemy import ColumnElement, Row, and_, func, or_, select, text
from sqlmodel.ext.asyncio.session import AsyncSession

from shared import clock
from shared.access import Grant, Role
from shared.auth import Principal
from shared.copies.tables import ACCOUNTS, GRANTS, ORGANISATIONS, STATE
from shared.database import transaction
from shared.problems import Unauthenticated, Unavailable

STALE_SECONDS = 60
_RELOGIN = "账号不可用或已停用，请重新登录或联系账号管理员。"
_ROLES = frozenset(Role)
"""A role that a newer register knows grants nothing here."""
_FRESH = STATE.c.seen_at > func.clock_timestamp() - text(f"interval '{STALE_SECONDS} seconds'")


async def load_grants(session: AsyncSession, principal: Principal) -> tuple[Grant, ...]:
    """Grants in force today.

    Errors: 503 copy-stale when the feed has not answered for 60 s, 401 account-disabled for
    whoever is unknown or disabled. The suite's own services need no grants.
    """
    if principal.is_service:
        return ()
    account = _as_uuid(principal.account_id)
    rows = (await session.execute(_granted(account, machine=principal.kind == "machine"))).all()
    if not rows or not rows[0].fresh:
        raise _stale()
    known = rows[0].account_id is not None
    if rows[0].disabled or not (known or principal.kind == "machine"):
        raise Unauthenticated("account-disabled", _RELOGIN)
    return _grants(rows)


def _granted(account: UUID, *, machine: bool) -> Any:
    role = GRANTS.c.role == Role.MACHINE.value if machine else GRANTS.c.role != Role.MACHINE.value
    held = and_(GRANTS.c.account_id == account, in_force(), role)
    return (
        select(
            _FRESH.label("fresh"),
            ACCOUNTS.c.id.label("account_id"),
            ACCOUNTS.c.disabled,
            GRANTS.c.role,
            GRANTS.c.org_id,
            ORGANISATIONS.c.path,
        )
        .select_from(STATE)
        .outerjoin(ACCOUNTS, ACCOUNTS.c.id == account)
        .outerjoin(GRANTS, held)
        .outerjoin(ORGANISATIONS, ORGANISATIONS.c.id == GRANTS.c.org_id)
        .where(STATE.c.id == 1)
    )


def _grants(rows: Sequence[Row[Any]]) -> tuple[Grant, ...]:
    return tuple(
        Grant(Role(row.role), row.org_id, row.path)
        for row in rows
        if row.path is not None and row.role in _ROLES
    )


def in_force() -> ColumnElement[bool]:
    """A grant counts on its first and its last day; one revoked today ended yesterday."""
    today = clock.today()
    return and_(
        GRANTS.c.valid_from <= today, or_(GRANTS.c.valid_to.is_(None), GRANTS.c.valid_to >= today)
    )


async def people_with(session: AsyncSession, role: Role, org_id: UUID) -> list[UUID]:
    """Enabled accounts that hold the role at exactly that organisation today."""
    found = await session.execute(
        select(GRANTS.c.account_id)
        .distinct()
        .join(ACCOUNTS, ACCOUNTS.c.id == GRANTS.c.account_id)
        .where(
            GRANTS.c.role == role.value,
            GRANTS.c.org_id == org_id,
            in_force(),
            ACCOUNTS.c.disabled.is_(False),
        )
        .order_by(GRANTS.c.account_id)
    )
    return list(found.scalars())


async def must_be_fresh(session: AsyncSession) -> None:
    """For whatever relies on the copy without having loaded grants from it."""
    found = await session.execute(select(_FRESH).where(STATE.c.id == 1))
    if not found.scalar_one_or_none():
        raise _stale()


def ready_check(app: FastAPI) -> Callable[[], Awaitable[str | None]]:
    """For `app.state.ready_checks`: a service with a stale copy is not ready."""

    async def check() -> str | None:
        try:
            async with transaction(app.state.engine) as session:
                await must_be_fresh(session)
        except Unavailable as stale:
            return stale.code
        return None

    return check


def _stale() -> Unavailable:
    return Unavailable(
        "copy-stale",
        "组织和权限信息暂时无法核对，请稍后重试，已提交的内容不会丢失。",
        retry_after=5,
    )


def _as_uuid(account_id: str) -> UUID:
    try:
        return UUID(account_id)
    except ValueError as error:
        raise Unauthenticated("account-disabled", _RELOGIN) from error
