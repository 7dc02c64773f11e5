"""Claims deliveries with a lease, caps them for each account and day, and marks what became."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, case, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from services.notifications.deliveries.tables import DailyCountRow, DeliveryRow
from services.notifications.messages.tables import MessageRow
from shared import clock
from shared.contracts.messages import Channel, Delivery, DeliveryState
from shared.problems import Conflict, NotFound

_OPEN = (DeliveryState.PENDING.value, DeliveryState.SENDING.value)
_state = col(DeliveryRow.state)
_TROUBLED = or_(
    _state == DeliveryState.FAILED.value,
    and_(_state.in_(_OPEN), col(DeliveryRow.attempts) > 1),
)


@dataclass(frozen=True)
class Claim:
    """A delivery that this sender may work on until its lease ends."""

    id: UUID
    account_id: UUID
    message_id: UUID
    attempts: int


async def close_obsolete(session: AsyncSession, now: datetime, *, limit: int) -> int:
    """What expired, or was read inside the suite meanwhile, is not sent any more."""
    expired = col(DeliveryRow.expires_at) <= now
    due = (
        select(col(DeliveryRow.id))
        .join(MessageRow, col(MessageRow.id) == col(DeliveryRow.message_id))
        .where(
            _state.in_(_OPEN),
            col(DeliveryRow.next_attempt_at) <= now,
            or_(expired, col(MessageRow.read_at).is_not(None)),
        )
        .limit(limit)
        .with_for_update(skip_locked=True, of=DeliveryRow)
        .cte("due")
    )
    closed = await session.execute(
        update(DeliveryRow)
        .where(col(DeliveryRow.id).in_(select(due.c.id)))
        .values(
            state=case(
                (expired, DeliveryState.EXPIRED.value), else_=DeliveryState.SUPPRESSED.value
            ),
            last_error_code=case((expired, None), else_="already-read"),
        )
        .returning(col(DeliveryRow.id))
    )
    return len(closed.all())


async def claim(
    session: AsyncSession, channel: Channel, now: datetime, *, lease: timedelta, limit: int
) -> list[Claim]:
    """Those that are due, and those whose sender let its lease run out."""
    due = (
        select(col(DeliveryRow.id))
        .where(
            _state.in_(_OPEN),
            col(DeliveryRow.next_attempt_at) <= now,
            col(DeliveryRow.channel) == channel.value,
        )
        .order_by(col(DeliveryRow.next_attempt_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    rows = await session.execute(
        update(DeliveryRow)
        .where(col(DeliveryRow.id).in_(select(due.c.id)))
        .values(
            state=DeliveryState.SENDING.value,
            attempts=col(DeliveryRow.attempts) + 1,
            next_attempt_at=now + lease,
        )
        .returning(
            col(DeliveryRow.id),
            col(DeliveryRow.account_id),
            col(DeliveryRow.message_id),
            col(DeliveryRow.attempts),
        )
    )
    return [Claim(*row) for row in rows]


async def within_cap(
    session: AsyncSession, claims: Sequence[Claim], day: date, *, channel: Channel, cap: int
) -> set[UUID]:
    """The claims that the day still has room for; the row locks keep two senders exact.

    A first attempt takes a place, a repeated one has it already.
    """
    allowed = {one.id for one in claims if one.attempts > 1}
    first: dict[UUID, list[UUID]] = defaultdict(list)
    for one in claims:
        if one.attempts == 1:
            first[one.account_id].append(one.id)
    taken = await _lock_counts(session, sorted(first), day, channel)
    for account, ids in first.items():
        allowed.update(ids[: max(cap - taken[account], 0)])
    granted = [
        {"day": day, "account_id": a, "channel": channel.value, "taken": len(set(ids) & allowed)}
        for a, ids in sorted(first.items())
    ]
    if granted:
        more = insert(DailyCountRow).values(granted)
        total = col(DailyCountRow.taken) + more.excluded.taken
        await session.execute(
            more.on_conflict_do_update(
                index_elements=["day", "account_id", "channel"], set_={"taken": total}
            )
        )
    return allowed


async def _lock_counts(
    session: AsyncSession, accounts: Sequence[UUID], day: date, channel: Channel
) -> dict[UUID, int]:
    if not accounts:
        return {}
    fresh = [
        {"day": day, "account_id": one, "channel": channel.value, "taken": 0} for one in accounts
    ]
    await session.execute(insert(DailyCountRow).values(fresh).on_conflict_do_nothing())
    rows = await session.execute(
        select(col(DailyCountRow.account_id), col(DailyCountRow.taken))
        .where(
            col(DailyCountRow.day) == day,
            col(DailyCountRow.channel) == channel.value,
            col(DailyCountRow.account_id).in_(accounts),
        )
        .order_by(col(DailyCountRow.account_id))
        .with_for_update()
    )
    return {row[0]: row[1] for row in rows}


async def forget_counts(session: AsyncSession, before: date) -> None:
    await session.execute(delete(DailyCountRow).where(col(DailyCountRow.day) < before))


async def links(session: AsyncSession, messages: Sequence[UUID]) -> dict[UUID, str | None]:
    rows = await session.execute(
        select(col(MessageRow.id), col(MessageRow.link)).where(col(MessageRow.id).in_(messages))
    )
    return {row[0]: row[1] for row in rows}


async def mark(
    session: AsyncSession,
    one: Claim,
    state: DeliveryState,
    *,
    code: str | None = None,
    again_at: datetime | None = None,
) -> bool:
    """False when the lease ran out and another sender has it: its result counts then."""
    values: dict[str, object] = {"state": state.value, "last_error_code": code}
    if again_at:
        values["next_attempt_at"] = again_at
    if state is DeliveryState.SENT:
        values["sent_at"] = clock.now()
    marked = await session.execute(
        update(DeliveryRow)
        .where(
            col(DeliveryRow.id) == one.id,
            _state == DeliveryState.SENDING.value,
            col(DeliveryRow.attempts) == one.attempts,
        )
        .values(**values)
        .returning(col(DeliveryRow.id))
    )
    return marked.one_or_none() is not None


async def counts(session: AsyncSession) -> dict[DeliveryState, int]:
    rows = await session.execute(select(_state, func.count()).group_by(_state))
    return {DeliveryState(state): number for state, number in rows}


async def troubled(session: AsyncSession, after: UUID | None, limit: int) -> list[Delivery]:
    """Failed for good or being tried again; oldest first."""
    conditions = [_TROUBLED]
    if after:
        conditions.append(col(DeliveryRow.id) > after)
    rows = await session.execute(
        select(DeliveryRow).where(*conditions).order_by(col(DeliveryRow.id)).limit(limit)
    )
    return [_seen(row) for row in rows.scalars()]


async def retry(session: AsyncSession, delivery_id: UUID) -> Delivery:
    """From the beginning. Errors: 404, 409 unless it failed or was suppressed."""
    query = select(DeliveryRow).where(col(DeliveryRow.id) == delivery_id).with_for_update()
    row = (await session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("delivery-unknown", "没有找到该投递记录，请刷新列表后重试。")
    if row.state not in (DeliveryState.FAILED.value, DeliveryState.SUPPRESSED.value):
        raise Conflict("delivery-not-failed", "该投递没有失败，无需重试。")
    row.state = DeliveryState.PENDING.value
    row.attempts = 0
    row.last_error_code = None
    row.next_attempt_at = clock.now()
    session.add(row)
    await session.flush()
    return _seen(row)


def _seen(row: DeliveryRow) -> Delivery:
    return Delivery(
        id=row.id,
        channel=Channel(row.channel),
        state=DeliveryState(row.state),
        attempts=row.attempts,
        next_attempt_at=row.next_attempt_at,
        last_error_code=row.last_error_code,
        created_at=row.created_at,
    )
