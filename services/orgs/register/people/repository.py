"""People in the database: reads by column, writes of sealed columns."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, insert, or_, select, union_all, update
from sqlmodel.ext.asyncio.session import AsyncSession

from services.orgs.register.members.tables import PARTICIPATIONS, TRANSITS
from services.orgs.register.people.tables import PEOPLE
from services.orgs.register.posts.tables import POSTS
from services.orgs.register.search import AFTER_EVERYTHING, is_latin
from services.orgs.register.subtrees import Sorted, page
from shared.contracts.people import Person, SealedField
from shared.pages import Page
from shared.problems import NotFound

_C = PEOPLE.c
_SHOWN = (
    _C.id,
    _C.name,
    _C.id_number_masked.label("masked_id_number"),
    _C.phone_masked.label("masked_phone"),
    _C.email_masked.label("masked_email"),
    _C.home_org_id,
    _C.version,
)


def not_found() -> NotFound:
    return NotFound("person-not-found", "没有找到该人员，或您无权查看。")


async def get(session: AsyncSession, person_id: UUID) -> Person:
    row = (await session.execute(select(*_SHOWN).where(_C.id == person_id))).mappings().first()
    if row is None:
        raise not_found()
    return Person.model_validate(dict(row))


async def home_path(session: AsyncSession, person_id: UUID) -> str:
    """Path of the organisation that keeps the person; 404 where row security hides the row."""
    found = await session.execute(select(_C.home_path).where(_C.id == person_id))
    path = found.scalar_one_or_none()
    if path is None:
        raise not_found()
    return path


async def reach(session: AsyncSession, person_id: UUID) -> list[str]:
    """Every path through which the person may be read: home, posts, activity, receivers."""
    posts = select(POSTS.c.org_path).where(
        POSTS.c.person_id == person_id, POSTS.c.held_to.is_(None)
    )
    hosts = select(PARTICIPATIONS.c.org_path).where(
        PARTICIPATIONS.c.person_id == person_id, PARTICIPATIONS.c.valid_to.is_(None)
    )
    receivers = select(TRANSITS.c.to_path).where(
        TRANSITS.c.person_id == person_id, TRANSITS.c.ended_on.is_(None)
    )
    home = select(_C.home_path).where(_C.id == person_id)
    every = union_all(home, posts, hosts, receivers)
    return list((await session.execute(every)).scalars().all())


async def enter(session: AsyncSession, columns: dict[str, Any]) -> None:
    await session.execute(insert(PEOPLE).values(**columns))


async def correct(session: AsyncSession, person_id: UUID, columns: dict[str, Any]) -> None:
    await session.execute(
        update(PEOPLE).where(_C.id == person_id).values(version=_C.version + 1, **columns)
    )


async def rehome(session: AsyncSession, person_id: UUID, org_id: UUID, path: str) -> None:
    """A member's record is kept where the member belongs."""
    await session.execute(
        update(PEOPLE).where(_C.id == person_id).values(home_org_id=org_id, home_path=path)
    )


async def sealed(session: AsyncSession, person_id: UUID, field: SealedField) -> bytes | None:
    column = _C[f"{field.value}_sealed"]
    found = (await session.execute(select(column).where(_C.id == person_id))).first()
    if found is None:
        raise not_found()
    return found[0]


def named(q: str) -> ColumnElement[bool]:
    """By the beginning of name, pinyin or initials.

    Ranges and not LIKE: under row security only leak-proof comparisons may use an index.
    """
    text = q.strip()
    if not is_latin(text):
        return _C.name.between(text, text + AFTER_EVERYTHING)
    low = text.lower()
    return or_(
        _C.initials.between(low, low + AFTER_EVERYTHING),
        _C.pinyin.between(low, low + AFTER_EVERYTHING),
    )


async def listed(
    session: AsyncSession, prefixes: list[str], q: str | None, *, after: str | None, limit: int
) -> Page[Person]:
    """People kept in these subtrees, by the path of their organisation."""
    statement = select(*_SHOWN, _C.home_path.label("at_path"), _C.id.label("at_id"))
    if q:
        statement = statement.where(named(q))
    found = await page(
        session, statement, Sorted(_C.home_path, _C.id), prefixes, after=after, limit=limit
    )
    shown = [{k: v for k, v in row.items() if not k.startswith("at_")} for row in found.rows]
    return Page(items=[Person.model_validate(row) for row in shown], next=found.next)
