"""What accounts and grants need to know of the organisation they hang on."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Boolean, ColumnElement, String, Uuid, and_, column, or_, select, table
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.access import EVERYWHERE, Access, Role
from shared.database import scope_of, set_scope
from shared.problems import Invalid, NotFound

ORGANISATIONS = table(
    "organisations",
    column("id", Uuid),
    column("path", String(collation="C")),
    column("name", String),
    column("state", String),
    column("external", Boolean),
)
PEOPLE = table("people", column("id", Uuid))


@dataclass(frozen=True)
class Place:
    """One organisation: where it is in the tree and whether it still works."""

    id: UUID
    path: str
    name: str
    state: str
    external: bool


_COLUMNS = tuple(ORGANISATIONS.c)


async def place(session: AsyncSession, org_id: UUID) -> Place:
    query = select(*_COLUMNS).where(ORGANISATIONS.c.id == org_id)
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise NotFound("organisation-unknown", "没有找到该组织，请核对组织编号。", field="org_id")
    return Place(row.id, row.path, row.name, row.state, row.external)


async def topmost(session: AsyncSession) -> Place:
    """The root of the tree: where the first security administrator belongs."""
    path = ORGANISATIONS.c.path
    query = select(*_COLUMNS).where(path.startswith(EVERYWHERE)).order_by(path).limit(1)
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise NotFound(
            "no-organisation", "还没有任何组织，请加 --organisation 和 --code 建立最上级组织。"
        )
    return Place(row.id, row.path, row.name, row.state, row.external)


async def must_work_here(session: AsyncSession, org_id: UUID) -> Place:
    """An organisation in which accounts and grants make sense: inside the suite and alive."""
    found = await place(session, org_id)
    if found.external or found.state == "dissolved":
        raise Invalid(
            "organisation-not-working",
            "该组织已撤销或不在本系统内办公，请选择其他组织。",
            field="org_id",
        )
    return found


async def must_look_after_person(session: AsyncSession, access: Access, person_id: UUID) -> None:
    """Whoever links an account to a person opens that person's own record to it."""
    await set_scope(session, prefixes=reach(access, Role.SECURITY_ADMIN), person=None)
    seen = await session.execute(select(PEOPLE.c.id).where(PEOPLE.c.id == person_id))
    found = seen.one_or_none()
    await scope_of(session, access)
    if found is None:
        raise NotFound(
            "person-unknown", "没有找到该人员，或其不在您的管理范围内。", field="person_id"
        )


def reach(access: Access, *roles: Role) -> tuple[str, ...]:
    """Paths of the nodes at which the caller holds one of the roles."""
    return tuple(sorted({grant.path for grant in access.grants if grant.role in roles}))


def within(path: ColumnElement[str], prefixes: tuple[str, ...]) -> ColumnElement[bool]:
    """Row filter: at or below one of the nodes; nothing when there is none."""
    if not prefixes:
        return path.is_(None) & path.is_not(None)
    return or_(*(and_(path >= prefix, path < prefix + "~") for prefix in prefixes))
