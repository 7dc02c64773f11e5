"""Reading organisations: one, lists, the nearest committee, the common superior, history."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Select, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.orgs.register.organisations import rules
from services.orgs.register.organisations.rules import Place
from services.orgs.register.organisations.tables import (
    AFFILIATIONS,
    DIRECT_CONTACTS,
    ORGANISATIONS,
)
from shared.contracts.organisations import (
    Affiliation,
    DirectContact,
    Organisation,
    OrganisationHistory,
)
from shared.contracts.register import OrganisationFacts, OrganisationKind, OrganisationState
from shared.problems import Invalid, NotFound

_C = ORGANISATIONS.c
_PARENT = ORGANISATIONS.alias("parent")
_PLACE = (_C.id, _C.path, _C.name, _C.kind, _C.state, _C.external, _C.approves_members)
_FACTS = (*_PLACE, _C.code, _C.parent_id, _C.phone)
WHOLE = (
    *_FACTS,
    _PARENT.c.name.label("parent_name"),
    _C.division_code,
    _C.enterprise_id,
    _C.carrier_kind,
    _C.founded_on,
    _C.dissolved_on,
    _C.version,
)


def whole() -> Select[Any]:
    """Every column that an answer shows, with the superior's name."""
    return select(*WHOLE).select_from(
        ORGANISATIONS.outerjoin(_PARENT, _PARENT.c.id == _C.parent_id)
    )


async def get(session: AsyncSession, org_id: UUID) -> Organisation:
    row = (await session.execute(whole().where(_C.id == org_id))).mappings().one_or_none()
    if row is None:
        raise _not_found()
    return Organisation.model_validate(dict(row))


async def place(session: AsyncSession, org_id: UUID, *, lock: bool = False) -> Place:
    """Where it is and whether it works; `lock` holds the row to the end of the transaction."""
    statement = select(*_PLACE).where(_C.id == org_id)
    if lock:
        statement = statement.with_for_update()
    row = (await session.execute(statement)).mappings().one_or_none()
    if row is None:
        raise _not_found()
    return _place(row)


async def place_named(session: AsyncSession, org_id: UUID, field: str) -> Place:
    """Like `place` for an organisation that a field names: an unknown one is a 422.

    Held against dissolution to the end of the transaction, since something is about to be
    hung on it.
    """
    statement = select(*_PLACE).where(_C.id == org_id).with_for_update(read=True, key_share=True)
    row = (await session.execute(statement)).mappings().one_or_none()
    if row is None:
        raise Invalid("organisation-unknown", "没有这个组织，请从列表中选择。", field=field)
    return _place(row)


def _place(row: RowMapping) -> Place:
    given = dict(row)
    given["kind"] = OrganisationKind(given["kind"])
    given["state"] = OrganisationState(given["state"])
    return Place(**given)


def _not_found() -> NotFound:
    return NotFound("organisation-not-found", "没有找到该组织，请核对组织编号。")


async def nearest_committee(session: AsyncSession, path: str) -> UUID | None:
    """The nearest committee with approval rights at or above the path."""
    statement = (
        select(_C.id)
        .where(_C.path.in_(rules.ancestors(path)), _C.approves_members)
        .order_by(_C.path.desc())
        .limit(1)
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def facts(session: AsyncSession, org_id: UUID) -> OrganisationFacts:
    return await _facts(session, select(*_FACTS).where(_C.id == org_id))


async def _facts(session: AsyncSession, statement: Select[Any]) -> OrganisationFacts:
    row = (await session.execute(statement)).mappings().one_or_none()
    if row is None:
        raise _not_found()
    committee = await nearest_committee(session, row["path"])
    return OrganisationFacts.model_validate({**row, "committee_id": committee})


async def common_superior(session: AsyncSession, one: UUID, other: UUID) -> OrganisationFacts:
    """The nearest organisation at or above both; 404 where they share none in this register."""
    first, second = await place(session, one), await place(session, other)
    path = rules.common_path(first.path, second.path)
    if path is None:
        raise NotFound("no-common-superior", "两个组织在本系统内没有共同的上级组织。")
    return await _facts(session, select(*_FACTS).where(_C.path == path))


async def children(session: AsyncSession, org_id: UUID) -> list[Organisation]:
    await place(session, org_id)
    rows = await session.execute(whole().where(_C.parent_id == org_id).order_by(_C.path))
    return [Organisation.model_validate(dict(row)) for row in rows.mappings()]


async def history(session: AsyncSession, org_id: UUID) -> OrganisationHistory:
    await place(session, org_id)
    affiliations = await session.execute(
        select(
            AFFILIATIONS.c.parent_id,
            _C.name.label("parent_name"),
            AFFILIATIONS.c.valid_from,
            AFFILIATIONS.c.valid_to,
            AFFILIATIONS.c.case_id,
        )
        .join(ORGANISATIONS, _C.id == AFFILIATIONS.c.parent_id)
        .where(AFFILIATIONS.c.org_id == org_id)
        .order_by(AFFILIATIONS.c.valid_from)
    )
    contacts = await session.execute(
        select(
            DIRECT_CONTACTS.c.superior_id,
            _C.name.label("superior_name"),
            DIRECT_CONTACTS.c.valid_from,
            DIRECT_CONTACTS.c.valid_to,
            DIRECT_CONTACTS.c.case_id,
        )
        .join(ORGANISATIONS, _C.id == DIRECT_CONTACTS.c.superior_id)
        .where(DIRECT_CONTACTS.c.org_id == org_id)
        .order_by(DIRECT_CONTACTS.c.valid_from)
    )
    return OrganisationHistory(
        affiliations=[Affiliation.model_validate(dict(row)) for row in affiliations.mappings()],
        direct_contacts=[DirectContact.model_validate(dict(row)) for row in contacts.mappings()],
    )


def subtree_as_of(root: UUID, day: date) -> Select[Any]:
    """Ids of the organisations that stood at or below the root on that day."""
    holds = (AFFILIATIONS.c.valid_from <= day) & (
        AFFILIATIONS.c.valid_to.is_(None) | (AFFILIATIONS.c.valid_to > day)
    )
    tree = select(_C.id).where(_C.id == root).cte("tree", recursive=True)
    tree = tree.union(
        select(AFFILIATIONS.c.org_id).join(tree, AFFILIATIONS.c.parent_id == tree.c.id).where(holds)
    )
    return select(tree.c.id)
