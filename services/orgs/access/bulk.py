"""Many accounts and grants at once, for loaders: one Argon2 hash, the same feed of changes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlmodel.ext.asyncio.session import AsyncSession

from services.orgs.access.accounts.rules import check_login
from services.orgs.access.accounts.tables import AccountRow
from services.orgs.access.grants.rules import must_be_grantable, must_be_separate
from services.orgs.access.grants.tables import GrantRow
from services.orgs.exchange.changes.repository import publish
from shared import clock
from shared.access import Role
from shared.contracts.changes import AccountCopy, ChangeKind, GrantCopy
from shared.ids import new_id

BATCH = 1000
LOADER = "loader"


@dataclass(frozen=True)
class LoadedAccount:
    """One account with what it may do; the id may be chosen, so that a loader can refer to it."""

    login: str
    name: str
    org_id: UUID
    """The organisation that looks after it."""
    grants: Sequence[tuple[Role, UUID]]
    person_id: UUID | None = None
    id: UUID = field(default_factory=new_id)


async def load_accounts(
    session: AsyncSession,
    accounts: Sequence[LoadedAccount],
    *,
    password_hash: str,
    valid_from: date | None = None,
    must_change: bool = False,
) -> None:
    """Accounts that share one password; the caller makes the hash once with `hash_password`."""
    begins = valid_from or clock.today()
    rows = [_row(account, password_hash, must_change=must_change) for account in accounts]
    granted = [row for account in accounts for row in _grants(account, begins)]
    for table, values in ((AccountRow, rows), (GrantRow, granted)):
        for start in range(0, len(values), BATCH):
            await session.execute(insert(table), values[start : start + BATCH])
    for account in accounts:
        copy = AccountCopy(
            id=account.id, person_id=account.person_id, name=account.name, disabled=False
        )
        await publish(session, ChangeKind.ACCOUNT, account.id, copy)
    for row in granted:
        copy = GrantCopy(
            id=row["id"],
            account_id=row["account_id"],
            role=row["role"],
            org_id=row["org_id"],
            valid_from=begins,
            valid_to=None,
        )
        await publish(session, ChangeKind.GRANT, copy.id, copy)


def _row(account: LoadedAccount, password_hash: str, *, must_change: bool) -> dict[str, Any]:
    return {
        "id": account.id,
        "org_id": account.org_id,
        "person_id": account.person_id,
        "login": check_login(account.login),
        "name": account.name,
        "password_hash": password_hash,
        "must_change": must_change,
        "disabled": False,
        "created_at": clock.now(),
    }


def _grants(account: LoadedAccount, begins: date) -> list[dict[str, Any]]:
    held = {role for role, _ in account.grants}
    for role in held:
        must_be_grantable(role, begins, None, clock.today())
        must_be_separate(role, held)
    return [
        {
            "id": new_id(),
            "account_id": account.id,
            "role": role.value,
            "org_id": org_id,
            "valid_from": begins,
            "granted_by": LOADER,
        }
        for role, org_id in account.grants
    ]
