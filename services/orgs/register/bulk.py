"""Many rows at once for the demonstration county, the first load and imports.

The caller opens one transaction (`shared.database.system_transaction`) and loads in this order:
organisations, people, enterprises, members, terms, posts. Rows are checked with
`people.sealing.checked` and `enterprises.rules.check_credit_code` before they come here.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, insert, select, text, update
from sqlmodel.ext.asyncio.session import AsyncSession

from services.orgs.exchange.due.repository import DueState
from services.orgs.metadata import METADATA
from services.orgs.register.batches import insert_rows
from services.orgs.register.enterprises import repository as enterprises
from services.orgs.register.enterprises.tables import ENTERPRISES
from services.orgs.register.members.tables import MEMBERS, MEMBERSHIPS
from services.orgs.register.organisations import rules
from services.orgs.register.organisations.tables import AFFILIATIONS, ORGANISATIONS
from services.orgs.register.organisations.writing import name_columns
from services.orgs.register.people import sealing
from services.orgs.register.people.keystore import Keystore
from services.orgs.register.people.sealing import Typed
from services.orgs.register.people.tables import PEOPLE
from services.orgs.register.posts.repository import TERM_ENDING
from services.orgs.register.posts.tables import POSTS, TERMS
from shared import clock
from shared.contracts.base import Contract
from shared.contracts.changes import ChangeKind, OrganisationCopy
from shared.contracts.enterprises import OperatingStatus
from shared.contracts.posts import PostCopy, PostKind
from shared.contracts.register import MemberState, OrganisationKind, Standing
from shared.ids import new_id


@dataclass(frozen=True)
class LoadedOrganisation:
    """`parent_id` None: the root (once), or an entry of the directory where `external`."""

    code: str
    name: str
    kind: OrganisationKind
    parent_id: UUID | None
    since: date
    approves_members: bool = False
    external: bool = False
    phone: str | None = None
    division_code: str | None = None
    enterprise_id: UUID | None = None
    carrier_kind: str | None = None
    founded_on: date | None = None
    id: UUID = field(default_factory=new_id)


@dataclass(frozen=True)
class LoadedPerson:
    """`typed` has been through `people.sealing.checked`."""

    typed: Typed
    home_org_id: UUID
    id: UUID = field(default_factory=new_id)


@dataclass(frozen=True)
class LoadedEnterprise:
    credit_code: str
    name: str
    org_id: UUID
    status_on: date
    staff_count: int = 0
    above_scale: bool = False
    operating_status: OperatingStatus = OperatingStatus.OPERATING
    division_code: str | None = None
    park: str | None = None
    market: str | None = None
    building: str | None = None
    union_since: date | None = None
    league_since: date | None = None
    covering_org_id: UUID | None = None
    id: UUID = field(default_factory=new_id)


@dataclass(frozen=True)
class LoadedMember:
    person_id: UUID
    org_id: UUID
    standing: Standing
    joined_on: date
    since: date
    """First day in the organisation."""
    full_on: date | None = None
    probation_ends_on: date | None = None
    dues_paid_to: date | None = None
    open_discipline: bool = False
    id: UUID = field(default_factory=new_id)


@dataclass(frozen=True)
class LoadedTerm:
    org_id: UUID
    term_from: date
    term_to: date
    id: UUID = field(default_factory=new_id)


@dataclass(frozen=True)
class LoadedPost:
    org_id: UUID
    person_id: UUID
    post: PostKind
    held_from: date
    term_id: UUID | None = None
    id: UUID = field(default_factory=new_id)


async def load_organisations(
    session: AsyncSession, rows: Sequence[LoadedOrganisation]
) -> dict[UUID, str]:
    """Superiors first; gives the path of each. The feed of changes hears of every one."""
    paths, made = await _known_parents(session, rows)
    known = set(paths)
    for row in rows:
        if row.external:
            paths[row.id] = rules.external_path(row.id)
        elif row.parent_id is None:
            paths[row.id] = rules.ROOT
        else:
            made[row.parent_id] += 1
            paths[row.id] = paths[row.parent_id] + rules.label(made[row.parent_id])
    columns = [_organisation_columns(row, paths[row.id], made[row.id]) for row in rows]
    await session.execute(insert(ORGANISATIONS), columns)
    for parent in known:
        await session.execute(
            update(ORGANISATIONS)
            .where(ORGANISATIONS.c.id == parent)
            .values(children_made=made[parent])
        )
    await insert_rows(session, AFFILIATIONS, [
        {"id": new_id(), "org_id": r.id, "parent_id": r.parent_id, "valid_from": r.since}
        for r in rows if r.parent_id
    ])  # fmt: skip
    copies = {row.id: _organisation_copy(row, paths[row.id]) for row in rows}
    await _publish(session, ChangeKind.ORGANISATION, copies)
    return {row.id: paths[row.id] for row in rows}


async def _known_parents(
    session: AsyncSession, rows: Sequence[LoadedOrganisation]
) -> tuple[dict[UUID, str], defaultdict[UUID, int]]:
    """Paths and counters of superiors that are in the register already, locked."""
    fresh = {row.id for row in rows}
    outside = {row.parent_id for row in rows if row.parent_id and row.parent_id not in fresh}
    o = ORGANISATIONS.c
    found = await session.execute(
        select(o.id, o.path, o.children_made).where(o.id.in_(outside)).with_for_update()
    )
    paths: dict[UUID, str] = {}
    made: defaultdict[UUID, int] = defaultdict(int)
    for row in found:
        paths[row.id], made[row.id] = row.path, row.children_made
    return paths, made


def _organisation_columns(row: LoadedOrganisation, path: str, children: int) -> dict[str, Any]:
    columns = asdict(row) | {"kind": row.kind.value, "path": path, "children_made": children}
    del columns["since"]
    return columns | name_columns(row.name)


def _organisation_copy(row: LoadedOrganisation, path: str) -> OrganisationCopy:
    return OrganisationCopy(
        id=row.id,
        path=path,
        name=row.name,
        kind=row.kind.value,
        code=row.code,
        parent_id=row.parent_id,
        status="active",
        approves_members=row.approves_members,
        phone=row.phone,
        external=row.external,
    )


async def load_people(
    session: AsyncSession, keystore: Keystore, rows: Sequence[LoadedPerson]
) -> None:
    """Every person with a key of their own; the keys are committed first."""
    paths = await _paths(session, {row.home_org_id for row in rows})
    keys = await keystore.create([row.id for row in rows])
    await insert_rows(session, PEOPLE, [
        sealing.columns(keystore.vault, keys[row.id], row.id, row.typed)
        | {"id": row.id, "home_org_id": row.home_org_id, "home_path": paths[row.home_org_id],
           "version": 1}
        for row in rows
    ])  # fmt: skip


async def load_enterprises(session: AsyncSession, rows: Sequence[LoadedEnterprise]) -> None:
    paths = await _paths(session, {row.org_id for row in rows})
    await insert_rows(session, ENTERPRISES, [
        asdict(row)
        | enterprises.name_columns(row.name)
        | {"operating_status": row.operating_status.value, "org_path": paths[row.org_id],
           "version": 1}
        for row in rows
    ])  # fmt: skip


async def load_members(session: AsyncSession, rows: Sequence[LoadedMember]) -> None:
    """With the first period of membership. People must be kept by the same organisation."""
    paths = await _paths(session, {row.org_id for row in rows})
    columns: list[dict[str, Any]] = []
    periods: list[dict[str, Any]] = []
    for row in rows:
        made = asdict(row) | {
            "standing": row.standing.value, "state": MemberState.ACTIVE.value,
            "org_path": paths[row.org_id], "version": 1,
        }  # fmt: skip
        since = made.pop("since")
        columns.append(made)
        periods.append({
            "id": new_id(), "member_id": row.id, "person_id": row.person_id, "org_id": row.org_id,
            "org_path": paths[row.org_id], "valid_from": since,
        })  # fmt: skip
    await insert_rows(session, MEMBERS, columns)
    await insert_rows(session, MEMBERSHIPS, periods)


async def load_terms(session: AsyncSession, rows: Sequence[LoadedTerm]) -> None:
    """One running term per committee, with the date it is reminded of."""
    paths = await _paths(session, {row.org_id for row in rows})
    terms = [asdict(row) | {"org_path": paths[row.org_id]} for row in rows]
    await insert_rows(session, TERMS, terms)
    await insert_rows(session, METADATA.tables["due_dates"], [
        {"id": new_id(), "rule": TERM_ENDING, "subject_id": row.org_id, "org_id": row.org_id,
         "org_path": paths[row.org_id], "due_on": row.term_to, "state": DueState.OPEN.value}
        for row in rows
    ])  # fmt: skip


async def load_posts(session: AsyncSession, rows: Sequence[LoadedPost]) -> None:
    """The feed of changes hears of every holder."""
    paths = await _paths(session, {row.org_id for row in rows})
    await insert_rows(session, POSTS, [
        asdict(row) | {"post": row.post.value, "org_path": paths[row.org_id], "version": 1}
        for row in rows
    ])  # fmt: skip
    copies = {
        row.id: PostCopy(id=row.id, org_id=row.org_id, person_id=row.person_id, post=row.post,
                         held_from=row.held_from, held_to=None)
        for row in rows
    }  # fmt: skip
    await _publish(session, ChangeKind.POST, copies)


async def _paths(session: AsyncSession, wanted: set[UUID]) -> dict[UUID, str]:
    o = ORGANISATIONS.c
    among = any_(bindparam("wanted", list(wanted), type_=ARRAY(Uuid())))
    rows = await session.execute(select(o.id, o.path).where(o.id == among))
    return {row.id: row.path for row in rows}


async def _publish(
    session: AsyncSession, kind: ChangeKind, copies: Mapping[UUID, Contract]
) -> None:
    await session.execute(
        text(
            "insert into changes (at, kind, object_id, data)"
            " select :at, :kind, id, cast(data as jsonb)"
            " from unnest(cast(:ids as uuid[]), cast(:data as text[])) as given (id, data)"
        ),
        {
            "at": clock.now(),
            "kind": kind.value,
            "ids": list(copies),
            "data": [copy.model_dump_json() for copy in copies.values()],
        },
    )
