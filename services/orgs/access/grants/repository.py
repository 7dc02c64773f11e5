"""Every query on grants."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Row, cast, func, literal, or_, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from services.orgs.access.grants.models import GrantView, OwnGrant
from services.orgs.access.grants.tables import GrantRow
from services.orgs.access.places import ORGANISATIONS, within
from services.orgs.exchange.changes.repository import publish
from shared.access import Role
from shared.contracts.changes import ChangeKind, GrantCopy
from shared.problems import NotFound

_ORG = ORGANISATIONS.c
_JOINED = _ORG.id == col(GrantRow.org_id)


@dataclass(frozen=True)
class GrantFilter:
    prefixes: tuple[str, ...]
    org_path: str | None = None
    account_id: UUID | None = None
    today: date | None = None
    """Only those in force on this day, or later."""
    after: UUID | None = None


class Grants:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, grant_id: UUID) -> tuple[GrantRow, str]:
        """The locked grant and the path of its organisation."""
        query = (
            select(GrantRow, _ORG.path)
            .join(ORGANISATIONS, _JOINED)
            .where(col(GrantRow.id) == grant_id)
            .with_for_update(of=GrantRow)
        )
        found = (await self._session.execute(query)).one_or_none()
        if found is None:
            raise NotFound("grant-unknown", "没有找到该授权，请刷新列表后重试。")
        return found[0], found[1]

    async def page(self, wanted: GrantFilter, limit: int) -> list[GrantView]:
        conditions = [within(_ORG.path, wanted.prefixes)]
        if wanted.org_path is not None:
            conditions.append(within(_ORG.path, (wanted.org_path,)))
        if wanted.account_id is not None:
            conditions.append(col(GrantRow.account_id) == wanted.account_id)
        if wanted.today is not None:
            conditions.append(_not_over(wanted.today))
        if wanted.after is not None:
            conditions.append(col(GrantRow.id) > wanted.after)
        query = (
            select(GrantRow, _ORG.name, _ORG.path)
            .join(ORGANISATIONS, _JOINED)
            .where(*conditions)
            .order_by(col(GrantRow.id))
            .limit(limit)
        )
        return [_view(*found) for found in await self._session.execute(query)]

    async def view(self, grant_id: UUID) -> GrantView:
        query = (
            select(GrantRow, _ORG.name, _ORG.path)
            .join(ORGANISATIONS, _JOINED)
            .where(col(GrantRow.id) == grant_id)
        )
        return _view(*(await self._session.execute(query)).one())

    async def own(self, account_id: UUID, today: date) -> list[OwnGrant]:
        """In force today, from the top of the tree down."""
        query = (
            select(GrantRow, _ORG.name, _ORG.path)
            .join(ORGANISATIONS, _JOINED)
            .where(col(GrantRow.account_id) == account_id, _holds_on(today))
            .order_by(_ORG.path, col(GrantRow.role))
        )
        return [_own(found) for found in await self._session.execute(query)]

    async def live_paths(self, account_id: UUID, today: date) -> list[str]:
        """Where the account may act today or later."""
        query = (
            select(_ORG.path)
            .join(GrantRow, _JOINED)
            .where(col(GrantRow.account_id) == account_id, _not_over(today))
        )
        return list((await self._session.execute(query)).scalars())

    async def live_roles(self, account_ids: Collection[UUID], today: date) -> set[Role]:
        """What the accounts of one person hold today or later."""
        query = select(col(GrantRow.role)).where(
            col(GrantRow.account_id).in_(account_ids), _not_over(today)
        )
        return {Role(role) for role in (await self._session.execute(query)).scalars()}

    async def add(self, row: GrantRow) -> None:
        self._session.add(row)
        await self._session.flush()
        await self._publish(row)

    async def revoke(self, row: GrantRow, today: date) -> None:
        row.revoked_on = today
        await self._session.flush()
        await self._publish(row)

    async def _publish(self, row: GrantRow) -> None:
        """A revoked grant is published with the last day on which it held."""
        ends = [row.valid_to] if row.valid_to else []
        if row.revoked_on:
            ends.append(row.revoked_on - timedelta(days=1))
        copy = GrantCopy(
            id=row.id,
            account_id=row.account_id,
            role=row.role,
            org_id=row.org_id,
            valid_from=row.valid_from,
            valid_to=min(ends, default=None),
        )
        await publish(self._session, ChangeKind.GRANT, row.id, copy)


def _holds_on(day: date) -> ColumnElement[bool]:
    return col(GrantRow.in_force).op("@>")(cast(literal(day), Date))


def _not_over(day: date) -> ColumnElement[bool]:
    in_force = col(GrantRow.in_force)
    later = or_(func.upper_inf(in_force), func.upper(in_force) > day)
    return later & ~func.isempty(in_force)


def _view(row: GrantRow, org_name: str, org_path: str) -> GrantView:
    return GrantView(
        id=row.id,
        account_id=row.account_id,
        role=Role(row.role),
        org_id=row.org_id,
        org_name=org_name,
        org_path=org_path,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        revoked_on=row.revoked_on,
        note=row.note,
        granted_by=row.granted_by,
    )


def _own(found: Row[Any]) -> OwnGrant:
    row: GrantRow = found[0]
    return OwnGrant(
        id=row.id,
        role=Role(row.role),
        org_id=row.org_id,
        org_name=found[1],
        org_path=found[2],
        valid_from=row.valid_from,
        valid_to=row.valid_to,
    )
