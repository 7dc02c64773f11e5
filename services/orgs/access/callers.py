"""What the caller may do today, read with every request: a revoked grant is gone at the next."""

from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from shared import clock
from shared.access import Grant, Role
from shared.auth import Principal
from shared.problems import Unauthenticated

_PERSON = text(
    "select a.disabled, a.person_id, g.role, g.org_id, o.path from accounts a"
    " left join grants g on g.account_id = a.id and g.in_force @> cast(:today as date)"
    " left join organisations o on o.id = g.org_id"
    " where a.id = :id"
)
_MACHINE = text(
    "select c.disabled, 'machine' as role, c.org_id, o.path from clients c"
    " join organisations o on o.id = c.org_id where c.id = :id"
)


async def load_grants(session: AsyncSession, principal: Principal) -> tuple[Grant, ...]:
    """The caller's grants in force today; one query.

    Error: 401 when the account or the client is unknown or disabled, or when the token names
    another person than the account does now.
    """
    if principal.is_service:
        return ()
    values = {"id": _id(principal)}
    if principal.kind == "machine":
        rows = (await session.execute(_MACHINE, values)).all()
    elif principal.kind == "person":
        rows = (await session.execute(_PERSON, values | {"today": clock.today()})).all()
        if rows and principal.person_id not in (None, str(rows[0].person_id)):
            raise _refused()
    else:
        raise _refused()
    if not rows or rows[0].disabled:
        raise _refused()
    return tuple(Grant(Role(r.role), r.org_id, r.path) for r in rows if r.role is not None)


def _id(principal: Principal) -> UUID:
    try:
        return UUID(principal.account_id)
    except ValueError as error:
        raise _refused() from error


def _refused() -> Unauthenticated:
    return Unauthenticated("account-disabled", "账号已停用或不存在，请联系账号管理员。")
