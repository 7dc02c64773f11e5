"""Reads and writes editions."""

from datetime import date

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.orgs.rulebook.editions.rules import Edition, Entry
from services.orgs.rulebook.editions.tables import RuleEdition, RuleEntry
from shared import clock
from shared.problems import NotFound


async def digest_of(session: AsyncSession, number: int) -> str | None:
    row = await session.get(RuleEdition, number)
    return row.digest if row else None


async def add(session: AsyncSession, edition: Edition) -> None:
    session.add(
        RuleEdition(
            number=edition.number,
            since=edition.since,
            note=edition.note,
            digest=edition.digest,
            loaded_at=clock.now(),
        )
    )
    await session.flush()
    session.add_all(
        RuleEntry(edition=edition.number, **entry.model_dump(mode="json"))
        for entry in edition.entries
    )
    await session.flush()


async def listed(session: AsyncSession) -> list[RuleEdition]:
    rows = await session.exec(select(RuleEdition).order_by(col(RuleEdition.number).desc()))
    return list(rows)


async def current(session: AsyncSession, on: date) -> int:
    """The highest edition in force on that day. Error: 404 no-edition."""
    found = await session.exec(
        select(RuleEdition.number)
        .where(col(RuleEdition.since) <= on)
        .order_by(col(RuleEdition.number).desc())
        .limit(1)
    )
    number = found.first()
    if number is None:
        raise NotFound("no-edition", "规则库尚未载入，请联系系统管理员。")
    return number


async def entries(
    session: AsyncSession, edition: int, *, keys: list[str] | None = None, prefix: str = ""
) -> list[Entry]:
    """Entries of one edition in key order, of the keys or below the prefix."""
    query = select(RuleEntry).where(
        RuleEntry.edition == edition, col(RuleEntry.key).startswith(prefix, autoescape=True)
    )
    if keys is not None:
        query = query.where(col(RuleEntry.key).in_(keys))
    rows = await session.exec(query.order_by(col(RuleEntry.key)))
    return [Entry.model_validate(row.model_dump(exclude={"edition"})) for row in rows]
