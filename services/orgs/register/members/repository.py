"""Reading members: lists, one, the facts of a case, history."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, union_all
from sqlmodel.ext.asyncio.session import AsyncSession

from services.orgs.register.members.rules import LIVE, Standpoint
from services.orgs.register.members.tables import (
    MEMBERS,
    MEMBERSHIPS,
    PARTICIPATIONS,
    TRANSITS,
)
from services.orgs.register.organisations.repository import nearest_committee
from services.orgs.register.organisations.tables import ORGANISATIONS
from services.orgs.register.people import repository as people
from services.orgs.register.people.tables import PEOPLE
from services.orgs.register.posts.tables import POSTS
from services.orgs.register.subtrees import Sorted, page
from shared.contracts.members import (
    Member,
    MemberHistory,
    MemberRow,
    MembershipPeriod,
    Participation,
    TransitPeriod,
)
from shared.contracts.register import MemberFacts, MemberState, Standing
from shared.pages import Page
from shared.problems import Conflict, NotFound

_C = MEMBERS.c
_P = PEOPLE.c
_ROW = (
    _C.id,
    _C.person_id,
    _P.name,
    _P.id_number_masked.label("masked_id_number"),
    _C.standing,
    _C.state,
    _C.org_id,
    ORGANISATIONS.c.name.label("org_name"),
)
_POSTS = (
    select(func.array_agg(POSTS.c.post))
    .where(POSTS.c.person_id == _C.person_id, POSTS.c.held_to.is_(None))
    .scalar_subquery()
)
_MEMBER = (
    *_ROW,
    _P.phone_masked.label("masked_phone"),
    _C.org_path,
    _C.joined_on,
    _C.full_on,
    _C.probation_ends_on,
    _C.dues_paid_to,
    _C.open_discipline,
    _POSTS.label("posts"),
    _C.version,
)


def not_found() -> NotFound:
    return NotFound("member-not-found", "没有找到该党员，或您无权查看。")


def _joined(*columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(MEMBERS)
        .join(PEOPLE, _P.id == _C.person_id)
        .join(ORGANISATIONS, ORGANISATIONS.c.id == _C.org_id)
    )


@dataclass(frozen=True)
class Wanted:
    """What a list of members is narrowed to."""

    q: str | None = None
    org: UUID | None = None
    state: MemberState | None = None
    standing: Standing | None = None


async def listed(
    session: AsyncSession, prefixes: list[str], wanted: Wanted, *, after: str | None, limit: int
) -> Page[MemberRow]:
    """Those on the books of these subtrees, by the path of their organisation."""
    statement = _joined(*_ROW, _C.org_path.label("at_path"), _C.id.label("at_id"))
    states = [wanted.state] if wanted.state else sorted(LIVE)
    statement = statement.where(_C.state.in_([state.value for state in states]))
    if wanted.org:
        statement = statement.where(_C.org_id == wanted.org)
    if wanted.standing:
        statement = statement.where(_C.standing == wanted.standing.value)
    if wanted.q:
        statement = statement.where(people.named(wanted.q))
    by = Sorted(_C.org_path, _C.id)
    found = await page(session, statement, by, prefixes, after=after, limit=limit)
    shown = [{k: v for k, v in row.items() if not k.startswith("at_")} for row in found.rows]
    return Page(items=[MemberRow.model_validate(row) for row in shown], next=found.next)


async def by_number(session: AsyncSession, index: bytes) -> list[tuple[str, MemberRow]]:
    """The member with this blind index, with the path; at most one."""
    statement = _joined(*_ROW, _C.org_path).where(_P.id_number_index == index)
    rows = (await session.execute(statement)).mappings().all()
    return [
        (row["org_path"], MemberRow.model_validate({k: row[k] for k in row if k != "org_path"}))
        for row in rows
    ]


async def get(session: AsyncSession, member_id: UUID) -> Member:
    return await _one(session, _C.id == member_id)


async def of_person(session: AsyncSession, person_id: UUID) -> Member:
    return await _one(session, _C.person_id == person_id)


async def _one(session: AsyncSession, condition: Any) -> Member:
    row = (await session.execute(_joined(*_MEMBER).where(condition))).mappings().one_or_none()
    if row is None:
        raise not_found()
    posts: list[str] = row["posts"] or []
    return Member.model_validate({**row, "posts": sorted(posts)})


async def reach(session: AsyncSession, member_id: UUID) -> list[str]:
    """Every path through which the member may be read: home, place of activity, receiver."""
    home = select(_C.org_path).where(_C.id == member_id)
    hosts = select(PARTICIPATIONS.c.org_path).where(
        PARTICIPATIONS.c.member_id == member_id, PARTICIPATIONS.c.valid_to.is_(None)
    )
    receivers = select(TRANSITS.c.to_path).where(
        TRANSITS.c.member_id == member_id, TRANSITS.c.ended_on.is_(None)
    )
    return list((await session.execute(union_all(home, hosts, receivers))).scalars().all())


async def facts(session: AsyncSession, member_id: UUID) -> MemberFacts:
    member = await get(session, member_id)
    committee = await nearest_committee(session, member.org_path)
    if committee is None:
        raise Conflict("no-approving-committee", "该党员的上级没有预备党员审批权限的党委，请核对。")
    return MemberFacts(
        id=member.id,
        person_id=member.person_id,
        name=member.name,
        masked_id_number=member.masked_id_number or "",
        standing=member.standing,
        state=member.state,
        org_id=member.org_id,
        org_path=member.org_path,
        committee_id=committee,
        probation_ends_on=member.probation_ends_on,
        dues_paid_to=member.dues_paid_to,
        open_discipline=member.open_discipline,
        posts=member.posts,
    )


async def locked(session: AsyncSession, member_id: UUID) -> Standpoint:
    """One member for an effect: nobody else changes the row until the transaction ends."""
    row = (
        await session.execute(
            select(_C.id, _C.person_id, _C.state, _C.standing, _C.org_id, _C.org_path, _C.version)
            .where(_C.id == member_id)
            .with_for_update()
        )
    ).one_or_none()
    if row is None:
        raise not_found()
    return Standpoint(
        id=row.id,
        person_id=row.person_id,
        state=MemberState(row.state),
        standing=Standing(row.standing),
        org_id=row.org_id,
        org_path=row.org_path,
        version=row.version,
        since=await _member_since(session, member_id),
        transit_case_id=await _transit_case(session, member_id),
    )


async def _member_since(session: AsyncSession, member_id: UUID) -> date | None:
    m = MEMBERSHIPS.c
    open_period = select(m.valid_from).where(m.member_id == member_id, m.valid_to.is_(None))
    return (await session.execute(open_period)).scalar_one_or_none()


async def _transit_case(session: AsyncSession, member_id: UUID) -> UUID | None:
    t = TRANSITS.c
    open_transit = select(t.case_id).where(t.member_id == member_id, t.ended_on.is_(None))
    return (await session.execute(open_transit)).scalar_one_or_none()


async def history(session: AsyncSession, member_id: UUID) -> MemberHistory:
    """Where the member belonged, was going, and took part."""
    names = ORGANISATIONS.c
    m, t = MEMBERSHIPS.c, TRANSITS.c
    memberships = await session.execute(
        select(m.org_id, names.name.label("org_name"), m.valid_from, m.valid_to, m.ended_as,
               m.case_id)
        .join(ORGANISATIONS, names.id == m.org_id)
        .where(m.member_id == member_id).order_by(m.valid_from)
    )  # fmt: skip
    transits = await session.execute(
        select(t.case_id, t.to_org_id, names.name.label("to_org_name"), t.letter_id, t.started_on,
               t.ended_on, t.reason)
        .join(ORGANISATIONS, names.id == t.to_org_id)
        .where(t.member_id == member_id).order_by(t.started_on)
    )  # fmt: skip
    return MemberHistory(
        memberships=[MembershipPeriod.model_validate(dict(row)) for row in memberships.mappings()],
        transits=[TransitPeriod.model_validate(dict(row)) for row in transits.mappings()],
        participations=await participations(session, member_id),
    )


async def participations(session: AsyncSession, member_id: UUID) -> list[Participation]:
    names, p = ORGANISATIONS.c, PARTICIPATIONS.c
    rows = await session.execute(
        select(p.id, p.member_id, p.org_id, names.name.label("org_name"), p.kind, p.valid_from,
               p.valid_to, p.case_id)
        .join(ORGANISATIONS, names.id == p.org_id)
        .where(p.member_id == member_id).order_by(p.valid_from)
    )  # fmt: skip
    return [Participation.model_validate(dict(row)) for row in rows.mappings()]
