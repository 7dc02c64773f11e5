"""What a case does to a member; every change ends or begins a dated period."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from services.orgs.exchange.changes.repository import publish
from services.orgs.register.members.rules import Standpoint
from services.orgs.register.members.tables import (
    MEMBERS,
    MEMBERSHIPS,
    PARTICIPATIONS,
    TRANSITS,
)
from services.orgs.register.organisations.rules import Place
from services.orgs.register.people.repository import rehome
from shared.contracts.changes import ChangeKind
from shared.contracts.members import MemberCopy
from shared.contracts.register import MemberState, TransitStart
from shared.ids import new_id

_C = MEMBERS.c


async def announce(session: AsyncSession, member_id: UUID) -> None:
    row = (
        await session.execute(
            select(_C.id, _C.person_id, _C.org_id, _C.org_path, _C.state, _C.standing).where(
                _C.id == member_id
            )
        )
    ).mappings()
    copy = MemberCopy.model_validate(dict(row.one()))
    await publish(session, ChangeKind.MEMBER, member_id, copy)


async def enter(
    session: AsyncSession, columns: dict[str, Any], since: date, case_id: UUID | None = None
) -> None:
    """A new member with the first period of membership."""
    await session.execute(insert(MEMBERS).values(**columns))
    await _begin(session, columns, since, case_id)
    await rehome(session, columns["person_id"], columns["org_id"], columns["org_path"])
    await announce(session, columns["id"])


async def _begin(
    session: AsyncSession, member: dict[str, Any], since: date, case_id: UUID | None
) -> None:
    await session.execute(
        insert(MEMBERSHIPS).values(
            id=new_id(),
            member_id=member["id"],
            person_id=member["person_id"],
            org_id=member["org_id"],
            org_path=member["org_path"],
            valid_from=since,
            case_id=case_id,
        )
    )


async def correct(session: AsyncSession, member_id: UUID, columns: dict[str, Any]) -> None:
    await session.execute(
        update(MEMBERS).where(_C.id == member_id).values(version=_C.version + 1, **columns)
    )
    await announce(session, member_id)


async def start_transit(
    session: AsyncSession, member: Standpoint, target: Place, start: TransitStart
) -> None:
    """转出在途: still counted, and looked after, where they were (ED19 Art. 25)."""
    await session.execute(
        insert(TRANSITS).values(
            id=new_id(),
            member_id=member.id,
            person_id=member.person_id,
            org_path=member.org_path,
            case_id=start.case_id,
            to_org_id=target.id,
            to_path=target.path,
            letter_id=start.letter_id,
            started_on=start.on,
        )
    )
    await correct(session, member.id, {"state": MemberState.IN_TRANSIT.value})


async def end_transit(session: AsyncSession, member: Standpoint, on: date, reason: str) -> None:
    open_one = (TRANSITS.c.member_id == member.id) & TRANSITS.c.ended_on.is_(None)
    await session.execute(update(TRANSITS).where(open_one).values(ended_on=on, reason=reason))


async def end_membership(session: AsyncSession, member: Standpoint, on: date, how: str) -> None:
    m = MEMBERSHIPS.c
    await session.execute(
        update(MEMBERSHIPS)
        .where(m.member_id == member.id, m.valid_to.is_(None))
        .values(valid_to=on, ended_as=how)
    )


async def move(
    session: AsyncSession, member: Standpoint, target: Place, on: date, case_id: UUID
) -> None:
    """One membership ends, the next begins on the same day; the person's record goes along."""
    await end_transit(session, member, on, "accepted")
    await end_membership(session, member, on, "moved")
    place = {"org_id": target.id, "org_path": target.path}
    await _begin(session, {"id": member.id, "person_id": member.person_id, **place}, on, case_id)
    await rehome(session, member.person_id, target.id, target.path)
    p = PARTICIPATIONS.c
    mine = (p.member_id == member.id) & p.valid_to.is_(None)
    await session.execute(update(PARTICIPATIONS).where(mine, p.org_id == target.id)
                          .values(valid_to=on))  # fmt: skip
    await session.execute(
        update(PARTICIPATIONS).where(p.member_id == member.id).values(home_path=target.path)
    )
    await correct(session, member.id, {"state": MemberState.ACTIVE.value, **place})


async def leave(
    session: AsyncSession, member: Standpoint, state: MemberState, on: date, how: str
) -> None:
    """Off the books: transit, membership and participations end; the place stays on record."""
    await end_transit(session, member, on, how)
    await end_membership(session, member, on, how)
    p = PARTICIPATIONS.c
    await session.execute(
        update(PARTICIPATIONS)
        .where(p.member_id == member.id, p.valid_to.is_(None))
        .values(valid_to=on)
    )
    await correct(session, member.id, {"state": state.value})


async def take_part(
    session: AsyncSession,
    member: Standpoint,
    host: Place,
    *,
    kind: str,
    on: date,
    case_id: UUID | None,
) -> None:
    """一方隶属、多重管理: a place of activity beside the one membership."""
    await session.execute(
        insert(PARTICIPATIONS).values(
            id=new_id(),
            member_id=member.id,
            person_id=member.person_id,
            org_id=host.id,
            org_path=host.path,
            home_path=member.org_path,
            kind=kind,
            valid_from=on,
            case_id=case_id,
        )
    )


async def stop_taking_part(session: AsyncSession, member: Standpoint, host: UUID, on: date) -> bool:
    """Whether there was one to end."""
    p = PARTICIPATIONS.c
    ended = await session.execute(
        update(PARTICIPATIONS)
        .where(p.member_id == member.id, p.org_id == host, p.valid_to.is_(None))
        .values(valid_to=on)
        .returning(p.id)
    )
    return ended.first() is not None
