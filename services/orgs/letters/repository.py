"""Reads and writes letters, their members and the serial books."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from services.orgs.letters.rules import Named, Party
from services.orgs.letters.tables import LetterMember, LetterRow
from shared.contracts.register import Letter, LetterState
from shared.pages import Page, decode_cursor, encode_cursor
from shared.problems import Invalid, NotFound


async def draw_number(session: AsyncSession, org_id: UUID, year: int, prefix: str) -> int:
    """The next number of the book. The row stays locked until the letter is committed, so that
    numbers have no gap: a refused letter gives its number back."""
    drawn = await session.execute(
        text(
            "insert into letter_books (org_id, year, prefix, next_number)"
            " values (:org, :year, :prefix, 2) on conflict (org_id, year, prefix)"
            " do update set next_number = letter_books.next_number + 1"
            " returning next_number - 1"
        ),
        {"org": org_id, "year": year, "prefix": prefix},
    )
    return int(drawn.scalar_one())


async def party(session: AsyncSession, org_id: UUID, field: str) -> Party:
    """Error: 404 no-organisation."""
    found = await session.execute(
        text(
            "select id, name, code, path, approves_members, external, state = 'active' as active"
            " from organisations where id = :id"
        ),
        {"id": org_id},
    )
    row = found.mappings().one_or_none()
    if row is None:
        raise NotFound("no-organisation", "没有找到该组织，请核对后再办。", field=field)
    return Party(**row)


async def named(session: AsyncSession, member_ids: Sequence[UUID]) -> list[Named]:
    """The members, locked until the letter is written."""
    rows = await session.execute(
        text(
            "select m.id, m.state, m.org_path, t.case_id as transit_case_id from members m"
            " left join transits t on t.member_id = m.id and t.ended_on is null"
            " where m.id = any(:ids) order by m.id for update of m"
        ),
        {"ids": list(member_ids)},
    )
    return [Named(**row) for row in rows.mappings()]


async def add(session: AsyncSession, row: LetterRow, member_ids: Sequence[UUID]) -> None:
    session.add(row)
    await session.flush()
    session.add_all(LetterMember(letter_id=row.id, member_id=member) for member in member_ids)
    await session.flush()


async def locked(session: AsyncSession, letter_id: UUID) -> LetterRow:
    """The letter, locked for a change. Error: 404 no-letter."""
    found = await session.exec(select(LetterRow).where(LetterRow.id == letter_id).with_for_update())
    return _present(found.one_or_none())


async def find(session: AsyncSession, letter_id: UUID) -> LetterRow:
    return _present(await session.get(LetterRow, letter_id))


def _present(row: LetterRow | None) -> LetterRow:
    if row is None:
        raise NotFound("no-letter", "没有找到这封介绍信，或您无权查看。")
    return row


async def save(session: AsyncSession, row: LetterRow) -> None:
    session.add(row)
    await session.flush()


async def members_of(session: AsyncSession, letter_id: UUID) -> list[UUID]:
    rows = await session.exec(
        select(LetterMember.member_id)
        .where(LetterMember.letter_id == letter_id)
        .order_by(col(LetterMember.member_id))
    )
    return list(rows)


async def release_members(session: AsyncSession, letter_id: UUID) -> None:
    """The letter is accepted or void: its members may be named in another one."""
    await session.exec(
        update(LetterMember).where(col(LetterMember.letter_id) == letter_id).values(live=False)
    )


async def void_serials(session: AsyncSession, row: LetterRow) -> set[str]:
    """Serials that this letter, directly or not, has replaced."""
    serials: set[str] = set()
    while row.replaces_id is not None:
        row = await find(session, row.replaces_id)
        serials.add(row.serial)
    return serials


async def names_of(session: AsyncSession, letter_id: UUID) -> list[str]:
    """Names of the members on a letter as far as the caller may see them."""
    rows = await session.execute(
        text(
            "select p.name from letter_members l join members m on m.id = l.member_id"
            " join people p on p.id = m.person_id where l.letter_id = :id order by l.member_id"
        ),
        {"id": letter_id},
    )
    return list(rows.scalars())


async def page(
    session: AsyncSession,
    *,
    org: UUID | None,
    state: LetterState | None,
    after: str | None,
    limit: int,
) -> Page[Letter]:
    """Letters sent or received that the caller may see, newest first."""
    query = select(LetterRow)
    if org:
        query = query.where(or_(LetterRow.from_org_id == org, LetterRow.to_org_id == org))
    if state:
        query = query.where(LetterRow.state == state.value)
    if after:
        query = query.where(col(LetterRow.id) < _parse(after))
    rows = list(await session.exec(query.order_by(col(LetterRow.id).desc()).limit(limit + 1)))
    more = encode_cursor(rows[limit - 1].id) if len(rows) > limit else None
    return Page(items=[shown(row) for row in rows[:limit]], next=more)


def _parse(after: str) -> UUID:
    try:
        return UUID(decode_cursor(after, 1)[0])
    except (TypeError, ValueError, AttributeError) as error:
        raise Invalid("bad-cursor", "翻页标记无效，请从第一页重新查询。", field="after") from error


def shown(row: LetterRow) -> Letter:
    hidden = {"case_id", "from_path", "to_path", "dues_paid_to", "voided_on", "replaces_id"}
    return Letter.model_validate(row.model_dump(exclude=hidden))
