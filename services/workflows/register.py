"""What a preparation may ask of the register: organisations from the local copy, the rest by HTTP.

The copy is stale for about two seconds; the register has the last word when an effect is done.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.clients.orgs import OrgsClient
from shared.contracts.register import (
    MemberFacts,
    OrganisationFacts,
    OrganisationKind,
    OrganisationState,
    RuleSet,
)
from shared.problems import NotFound

_ORGANISATION = text(
    "select o.*, (select c.id from copy_organisations c where c.approves_members"
    " and starts_with(o.path, c.path) order by length(c.path) desc limit 1) as committee_id"
    " from copy_organisations o where o.id = :id"
)
_COMMON = text(
    "select c.id from copy_organisations a, copy_organisations b, copy_organisations c"
    " where a.id = :one and b.id = :other and starts_with(a.path, c.path)"
    " and starts_with(b.path, c.path) and c.id not in (a.id, b.id)"
    " order by length(c.path) desc limit 1"
)


class LocalRegister:
    """Answers from this service's own database where it can."""

    def __init__(self, client: OrgsClient, session: AsyncSession) -> None:
        self._client = client
        self._session = session

    async def member_facts(self, member_id: UUID) -> MemberFacts:
        return await self._client.member_facts(member_id)

    async def rules(self, organisation: UUID, *, prefix: str) -> RuleSet:
        return await self._client.rules(organisation, prefix=prefix)

    async def organisation_facts(self, org_id: UUID) -> OrganisationFacts:
        row = (await self._session.execute(_ORGANISATION, {"id": org_id})).one_or_none()
        if row is None:
            raise NotFound("no-organisation", "没有找到该党组织，请核对。", field="organisation")
        return _facts(row)

    async def common_superior(self, one: UUID, other: UUID) -> OrganisationFacts | None:
        found = await self._session.execute(_COMMON, {"one": one, "other": other})
        superior = found.scalar_one_or_none()
        return await self.organisation_facts(superior) if superior else None


def _facts(row: Row[Any]) -> OrganisationFacts:
    return OrganisationFacts(
        id=row.id,
        name=row.name,
        code=row.code,
        kind=OrganisationKind(row.kind),
        path=row.path,
        parent_id=row.parent_id,
        state=OrganisationState(row.status),
        approves_members=row.approves_members,
        external=row.external,
        phone=row.phone,
        committee_id=row.committee_id,
    )
