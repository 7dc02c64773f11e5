"""Writing organisations: founding, correcting, states, superiors, direct contact."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, text, update
from sqlmodel.ext.asyncio.session import AsyncSession

from services.orgs.exchange.changes.repository import publish
from services.orgs.exchange.due.repository import DueState, close_due
from services.orgs.register.members.tables import MEMBERS, TRANSITS
from services.orgs.register.organisations import repository, rules
from services.orgs.register.organisations.rules import Place, Remaining
from services.orgs.register.organisations.tables import (
    AFFILIATIONS,
    DIRECT_CONTACTS,
    ORGANISATIONS,
)
from services.orgs.register.posts import repository as posts
from services.orgs.register.posts.tables import TERMS
from services.orgs.register.search import grams, spell
from shared.contracts.changes import ChangeKind, OrganisationCopy
from shared.contracts.register import OrganisationState
from shared.ids import new_id

_C = ORGANISATIONS.c
_COPY = (
    _C.id,
    _C.path,
    _C.name,
    _C.kind,
    _C.code,
    _C.parent_id,
    _C.state.label("status"),
    _C.approves_members,
    _C.phone,
    _C.external,
)


def name_columns(name: str) -> dict[str, Any]:
    spelling = spell(name)
    return {
        "name": name,
        "pinyin": spelling.pinyin,
        "initials": spelling.initials,
        "grams": grams(name),
    }


async def announce(session: AsyncSession, org_id: UUID) -> None:
    """Tell the other services how the organisation stands now."""
    row = (await session.execute(select(*_COPY).where(_C.id == org_id))).mappings().one()
    copy = OrganisationCopy.model_validate(dict(row))
    await publish(session, ChangeKind.ORGANISATION, org_id, copy)


async def next_path(session: AsyncSession, parent_id: UUID) -> str:
    """The path of one more organisation below; labels are never used twice."""
    row = (
        await session.execute(
            update(ORGANISATIONS)
            .where(_C.id == parent_id)
            .values(children_made=_C.children_made + 1)
            .returning(_C.path, _C.children_made)
        )
    ).one()
    return row.path + rules.label(row.children_made)


async def found(
    session: AsyncSession,
    org_id: UUID,
    columns: dict[str, Any],
    *,
    since: date,
    case_id: UUID | None = None,
) -> None:
    """Insert an organisation below `columns["parent_id"]`, or as an entry of the directory."""
    parent: UUID | None = columns.get("parent_id")
    path = await next_path(session, parent) if parent else rules.external_path(org_id)
    named = columns | name_columns(columns["name"])
    await session.execute(insert(ORGANISATIONS).values(id=org_id, path=path, **named))
    if parent:
        await _affiliate(session, org_id, parent, since, case_id)
    await announce(session, org_id)


async def _affiliate(
    session: AsyncSession, org_id: UUID, parent_id: UUID, since: date, case_id: UUID | None
) -> None:
    await session.execute(
        insert(AFFILIATIONS).values(
            id=new_id(), org_id=org_id, parent_id=parent_id, valid_from=since, case_id=case_id
        )
    )


async def correct(session: AsyncSession, org_id: UUID, columns: dict[str, Any]) -> None:
    if "name" in columns:
        columns = columns | name_columns(columns["name"])
    await session.execute(
        update(ORGANISATIONS).where(_C.id == org_id).values(version=_C.version + 1, **columns)
    )
    await announce(session, org_id)


async def remaining(session: AsyncSession, place: Place) -> Remaining:
    live = _C.state != OrganisationState.DISSOLVED.value
    count = func.count()
    children = await session.execute(
        select(count).select_from(ORGANISATIONS).where(_C.parent_id == place.id, live)
    )
    members = await session.execute(
        select(count)
        .select_from(MEMBERS)
        .where(MEMBERS.c.org_id == place.id, MEMBERS.c.state.in_(("active", "in_transit")))
    )
    arriving = await session.execute(
        select(count)
        .select_from(TRANSITS)
        .where(TRANSITS.c.to_path == place.path, TRANSITS.c.ended_on.is_(None))
    )
    return Remaining(children.scalar_one(), members.scalar_one(), arriving.scalar_one())


async def set_state(
    session: AsyncSession, org_id: UUID, state: OrganisationState, on: date
) -> None:
    """Posts, the term and the affiliation of a dissolved organisation end with it."""
    dissolved = state is OrganisationState.DISSOLVED
    await session.execute(
        update(ORGANISATIONS)
        .where(_C.id == org_id)
        .values(state=state.value, dissolved_on=on if dissolved else None, version=_C.version + 1)
    )
    if dissolved:
        await _end_everything(session, org_id, on)
    await announce(session, org_id)


async def _end_everything(session: AsyncSession, org_id: UUID, on: date) -> None:
    for post_id in await posts.held_in(session, org_id):
        await posts.end(session, post_id, on)
    for table, ended in (
        (TERMS, TERMS.c.ended_on),
        (AFFILIATIONS, AFFILIATIONS.c.valid_to),
        (DIRECT_CONTACTS, DIRECT_CONTACTS.c.valid_to),
    ):
        mine = (table.c.org_id == org_id) & ended.is_(None)
        await session.execute(update(table).where(mine).values({ended: on}))
    await close_due(session, posts.TERM_ENDING, org_id, DueState.VOID)


# Every column that copies an organisation's path; a move rewrites them together.
COPIES = (
    ("organisations", "path"),
    ("enterprises", "org_path"),
    ("people", "home_path"),
    ("members", "org_path"),
    ("memberships", "org_path"),
    ("participations", "org_path"),
    ("participations", "home_path"),
    ("transits", "org_path"),
    ("transits", "to_path"),
    ("posts", "org_path"),
    ("terms", "org_path"),
    ("letters", "from_path"),
    ("letters", "to_path"),
    ("due_dates", "org_path"),
    ("imports", "org_path"),
)


async def move(
    session: AsyncSession, moving: Place, parent_id: UUID, on: date, case_id: UUID
) -> None:
    """Hang the organisation with all below it under another superior.

    Rewrites every copied path in this transaction: about 2 s for 9,000 members.
    """
    path = await next_path(session, parent_id)
    await _rewrite_paths(session, moving.path, path)
    await session.execute(
        update(ORGANISATIONS).where(_C.id == moving.id)
        .values(parent_id=parent_id, version=_C.version + 1)
    )  # fmt: skip
    above = AFFILIATIONS.c
    await session.execute(
        update(AFFILIATIONS).where(above.org_id == moving.id, above.valid_to.is_(None))
        .values(valid_to=on)
    )  # fmt: skip
    await _affiliate(session, moving.id, parent_id, on, case_id)
    below = await session.execute(select(_C.id).where(_C.path >= path, _C.path < path + "~"))
    for org_id in below.scalars().all():
        await announce(session, org_id)


async def _rewrite_paths(session: AsyncSession, old: str, new: str) -> None:
    values = {"new": new, "length": len(old) + 1, "old": old, "beyond": old + "~"}
    for table, column in COPIES:
        statement = text(
            f"update {table} set {column} = cast(:new as text)"  # noqa: S608
            f" || substr({column}, cast(:length as int))"
            f" where {column} >= :old and {column} < :beyond"
        )
        await session.execute(statement, values)


async def contact_directly(
    session: AsyncSession, org_id: UUID, superior_id: UUID, on: date, case_id: UUID
) -> None:
    """直接联系: beside the affiliation, which stays."""
    await repository.place(session, superior_id)
    await session.execute(
        insert(DIRECT_CONTACTS).values(
            id=new_id(), org_id=org_id, superior_id=superior_id, valid_from=on, case_id=case_id
        )
    )
