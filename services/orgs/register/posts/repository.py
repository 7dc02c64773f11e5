"""Posts and terms in the database."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, Select, insert, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from services.orgs.exchange.changes.repository import publish
from services.orgs.exchange.due.repository import set_due
from services.orgs.register.organisations.tables import ORGANISATIONS
from services.orgs.register.people.tables import PEOPLE
from services.orgs.register.posts.tables import POSTS, TERMS
from services.orgs.register.subtrees import Sorted, page
from shared.contracts.changes import ChangeKind
from shared.contracts.posts import Post, PostCopy, PostKind, Term
from shared.ids import new_id
from shared.pages import Page
from shared.problems import NotFound

TERM_ENDING = "term.ending"
"""The dated thing of a committee: the last day of its term (TM18, BR18)."""
_C, _T = POSTS.c, TERMS.c
_SHOWN = (
    _C.id,
    _C.org_id,
    ORGANISATIONS.c.name.label("org_name"),
    _C.person_id,
    PEOPLE.c.name,
    _C.post,
    _C.held_from,
    _C.held_to,
    _C.term_id,
    _C.version,
)
_TERM = (_T.id, _T.org_id, _T.term_from, _T.term_to, _T.ended_on)


def _shown(*more: Any) -> Select[Any]:
    return (
        select(*_SHOWN, *more)
        .select_from(POSTS)
        .join(ORGANISATIONS, ORGANISATIONS.c.id == _C.org_id)
        .join(PEOPLE, PEOPLE.c.id == _C.person_id)
    )


async def get(session: AsyncSession, post_id: UUID, *, lock: bool = False) -> tuple[str, Post]:
    """The post with the path of its organisation."""
    statement = _shown(_C.org_path).where(_C.id == post_id)
    if lock:
        statement = statement.with_for_update(of=POSTS)
    row = (await session.execute(statement)).mappings().one_or_none()
    if row is None:
        raise NotFound("post-not-found", "没有找到该职务，或您无权查看。")
    return row["org_path"], _post(row)


def _post(row: RowMapping) -> Post:
    return Post.model_validate({name: row[name] for name in Post.model_fields})


async def listed(
    session: AsyncSession,
    prefixes: list[str],
    *,
    condition: ColumnElement[bool] | None,
    held: bool,
    after: str | None,
    limit: int,
) -> Page[Post]:
    """By organisation; those held today unless the past is asked for."""
    statement = _shown(_C.org_path.label("at_path"), _C.id.label("at_id"))
    if held:
        statement = statement.where(_C.held_to.is_(None))
    if condition is not None:
        statement = statement.where(condition)
    by = Sorted(_C.org_path, _C.id)
    found = await page(session, statement, by, prefixes, after=after, limit=limit)
    return Page(items=[_post(row) for row in found.rows], next=found.next)


def narrowed(org: UUID | None, post: PostKind | None) -> ColumnElement[bool] | None:
    conditions = [_C.org_id == org] if org else []
    if post:
        conditions.append(_C.post == post.value)
    if not conditions:
        return None
    return conditions[0] if len(conditions) == 1 else conditions[0] & conditions[1]


async def fill(session: AsyncSession, columns: dict[str, Any]) -> None:
    await session.execute(insert(POSTS).values(**columns))
    await announce(session, columns["id"])


async def held_in(session: AsyncSession, org_id: UUID) -> list[UUID]:
    rows = await session.execute(select(_C.id).where(_C.org_id == org_id, _C.held_to.is_(None)))
    return list(rows.scalars().all())


async def end(session: AsyncSession, post_id: UUID, on: date) -> None:
    await session.execute(
        update(POSTS).where(_C.id == post_id).values(held_to=on, version=_C.version + 1)
    )
    await announce(session, post_id)


async def announce(session: AsyncSession, post_id: UUID) -> None:
    statement = select(*(_C[name] for name in PostCopy.model_fields)).where(_C.id == post_id)
    row = (await session.execute(statement)).mappings().one()
    await publish(session, ChangeKind.POST, post_id, PostCopy.model_validate(dict(row)))


async def begin_term(session: AsyncSession, columns: dict[str, Any]) -> Term:
    """A new term ends the one before it, and is what the committee is reminded of."""
    await session.execute(
        update(TERMS)
        .where(_T.org_id == columns["org_id"], _T.ended_on.is_(None))
        .values(ended_on=columns["term_from"])
    )
    term_id = new_id()
    await session.execute(insert(TERMS).values(id=term_id, **columns))
    org_id, path = columns["org_id"], columns["org_path"]
    await set_due(session, TERM_ENDING, org_id, org_id=org_id, org_path=path, on=columns["term_to"])
    row = (await session.execute(select(*_TERM).where(_T.id == term_id))).mappings().one()
    return Term.model_validate(dict(row))


async def terms(session: AsyncSession, org_id: UUID) -> list[Term]:
    rows = await session.execute(
        select(*_TERM).where(_T.org_id == org_id).order_by(_T.term_from.desc())
    )
    return [Term.model_validate(dict(row)) for row in rows.mappings()]
