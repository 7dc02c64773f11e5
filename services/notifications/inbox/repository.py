"""Every query on one account's own messages."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    and_,
    func,
    literal,
    or_,
    select,
    tuple_,
    update,
)
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from services.notifications.messages.tables import MessageRow
from shared import clock
from shared.contracts.messages import InboxItem
from shared.copies.tables import ACCOUNTS
from shared.problems import NotFound

_ITEM = (
    col(MessageRow.id),
    col(MessageRow.template),
    col(MessageRow.title),
    col(MessageRow.body),
    col(MessageRow.case_id),
    col(MessageRow.task_id),
    col(MessageRow.link),
    col(MessageRow.created_at),
    col(MessageRow.read_at),
    col(MessageRow.expires_at),
)
_IS_READ = col(MessageRow.read_at).is_not(None)


@dataclass(frozen=True, order=True)
class Place:
    """Where a stream stands: everything before it was sent."""

    xid: int
    seq: int = 0

    def __str__(self) -> str:
        return f"{self.xid}.{self.seq}"


@dataclass(frozen=True)
class Arrival:
    account_id: UUID
    place: Place
    item: InboxItem


async def page(
    session: AsyncSession,
    account: UUID,
    *,
    unread_only: bool,
    after: tuple[bool, UUID] | None,
    limit: int,
) -> list[InboxItem]:
    """Unread first, newest first."""
    conditions = _shown(account)
    if unread_only:
        conditions.append(~_IS_READ)
    if after:
        read, last = after
        same = and_(_IS_READ if read else ~_IS_READ, col(MessageRow.id) < last)
        conditions.append(same if read else or_(same, _IS_READ))
    rows = await session.execute(
        select(*_ITEM).where(*conditions).order_by(_IS_READ, col(MessageRow.id).desc()).limit(limit)
    )
    return [_item(row) for row in rows.mappings()]


async def unread(session: AsyncSession, account: UUID) -> int:
    counted = await session.execute(
        select(func.count()).select_from(MessageRow).where(*_shown(account), ~_IS_READ)
    )
    return int(counted.scalar_one())


async def mark_read(session: AsyncSession, account: UUID, message_id: UUID) -> InboxItem:
    """Reading twice keeps the first time. Error: 404 for a message of somebody else."""
    rows = await session.execute(
        update(MessageRow)
        .where(col(MessageRow.account_id) == account, col(MessageRow.id) == message_id)
        .values(read_at=func.coalesce(col(MessageRow.read_at), clock.now()))
        .returning(*_ITEM)
    )
    row = rows.mappings().one_or_none()
    if row is None:
        raise NotFound("message-unknown", "没有找到该消息，请刷新收件箱后重试。")
    return _item(row)


async def mark_all_read(session: AsyncSession, account: UUID, up_to: UUID | None) -> None:
    conditions = [col(MessageRow.account_id) == account, ~_IS_READ]
    if up_to:
        conditions.append(col(MessageRow.id) <= up_to)
    await session.execute(update(MessageRow).where(*conditions).values(read_at=clock.now()))


async def arrivals(
    session: AsyncSession, accounts: Sequence[UUID], since: Place, until: int, *, limit: int
) -> list[Arrival]:
    """What those accounts received after `since` and before transaction `until`, in order."""
    place = (col(MessageRow.xid), col(MessageRow.seq))
    rows = await session.execute(
        select(col(MessageRow.account_id), *place, *_ITEM)
        .where(
            col(MessageRow.account_id).in_(accounts),
            tuple_(*place) > tuple_(literal(since.xid), literal(since.seq)),
            col(MessageRow.xid) < until,
        )
        .order_by(*place)
        .limit(limit)
    )
    return [
        Arrival(row["account_id"], Place(row["xid"], row["seq"]), _item(row))
        for row in rows.mappings()
    ]


def _shown(account: UUID) -> list[ColumnElement[bool]]:
    expires = col(MessageRow.expires_at)
    return [
        col(MessageRow.account_id) == account,
        or_(expires.is_(None), expires > clock.now()),
    ]


def _item(row: RowMapping) -> InboxItem:
    return InboxItem.model_validate({name: row[name] for name in InboxItem.model_fields})


async def disabled(session: AsyncSession, accounts: Sequence[UUID]) -> set[UUID]:
    """Which of them may no longer be served."""
    rows = await session.execute(
        select(ACCOUNTS.c.id).where(ACCOUNTS.c.id.in_(accounts), ACCOUNTS.c.disabled.is_(True))
    )
    return set(rows.scalars())
