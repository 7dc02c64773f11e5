"""Resolves recipients to accounts from the copy of the register, a batch at a time."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.contracts.messages import Recipient
from shared.copies.access import in_force
from shared.copies.tables import ACCOUNTS, GRANTS

Resolved = dict[Recipient, list[UUID]]


async def resolve(session: AsyncSession, recipients: Sequence[Recipient]) -> Resolved:
    """Enabled accounts of each recipient; whoever is disabled or vacant has none."""
    wanted = set(recipients)
    people = await _of_persons(session, {r.person_id for r in wanted if r.person_id})
    holders = await _of_roles(
        session, {(r.role.value, r.org_id) for r in wanted if r.role and r.org_id}
    )
    disabled = await _disabled(session, {r.account_id for r in wanted if r.account_id})
    found: Resolved = {}
    for one in wanted:
        if one.account_id:
            found[one] = [] if one.account_id in disabled else [one.account_id]
        elif one.person_id:
            found[one] = people[one.person_id]
        elif one.role and one.org_id:
            found[one] = holders[one.role.value, one.org_id]
    return found


async def _of_persons(session: AsyncSession, persons: set[UUID]) -> dict[UUID, list[UUID]]:
    found: dict[UUID, list[UUID]] = defaultdict(list)
    if persons:
        rows = await session.execute(
            select(ACCOUNTS.c.person_id, ACCOUNTS.c.id).where(
                ACCOUNTS.c.person_id.in_(persons), ACCOUNTS.c.disabled.is_(False)
            )
        )
        for person, account in rows:
            found[person].append(account)
    return found


async def _of_roles(
    session: AsyncSession, roles: set[tuple[str, UUID]]
) -> dict[tuple[str, UUID], list[UUID]]:
    found: dict[tuple[str, UUID], list[UUID]] = defaultdict(list)
    if roles:
        rows = await session.execute(
            select(GRANTS.c.role, GRANTS.c.org_id, GRANTS.c.account_id)
            .distinct()
            .join(ACCOUNTS, ACCOUNTS.c.id == GRANTS.c.account_id)
            .where(
                tuple_(GRANTS.c.role, GRANTS.c.org_id).in_(roles),
                in_force(),
                ACCOUNTS.c.disabled.is_(False),
            )
        )
        for role, org_id, account in rows:
            found[role, org_id].append(account)
    return found


async def _disabled(session: AsyncSession, accounts: set[UUID]) -> set[UUID]:
    if not accounts:
        return set()
    rows = await session.execute(
        select(ACCOUNTS.c.id).where(ACCOUNTS.c.id.in_(accounts), ACCOUNTS.c.disabled.is_(True))
    )
    return set(rows.scalars())
