"""Stores messages and their deliveries, many in one statement."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from shared import clock
from shared.ids import new_id

_STORE = text("""
with incoming as (
  select * from jsonb_to_recordset(cast(:messages as jsonb)) as m(
    id uuid, account_id uuid, dedupe_key text, template text, title text, body text,
    case_id uuid, task_id uuid, link text, expires_at timestamptz)
), stored as (
  insert into messages (id, account_id, dedupe_key, template, title, body, case_id, task_id,
    link, expires_at, created_at)
  select id, account_id, dedupe_key, template, title, body, case_id, task_id, link, expires_at,
    :now
  from incoming order by account_id, dedupe_key
  on conflict (account_id, dedupe_key) do nothing
  returning id, account_id, expires_at
), outgoing as (
  insert into deliveries (id, message_id, account_id, channel, state, next_attempt_at,
    created_at, expires_at)
  select d.id, s.id, s.account_id, d.channel, 'pending', :now, :now, s.expires_at
  from jsonb_to_recordset(cast(:deliveries as jsonb)) as d(
    id uuid, message_id uuid, channel text)
  join stored s on s.id = d.message_id
)
select count(*) from stored""")
"""Sorted by the unique key, so that two batches with the same keys cannot lock each other out."""


@dataclass(frozen=True)
class NewMessage:
    """A rendered message for one account."""

    account_id: UUID
    dedupe_key: str
    template: str
    title: str
    body: str
    case_id: UUID | None
    task_id: UUID | None
    link: str | None
    expires_at: datetime | None
    id: UUID = field(default_factory=new_id)


async def store(session: AsyncSession, messages: Sequence[tuple[NewMessage, Sequence[str]]]) -> int:
    """Write each message with a delivery for each of its channels; the number that was new."""
    if not messages:
        return 0
    deliveries = [
        {"id": new_id(), "message_id": message.id, "channel": channel}
        for message, channels in messages
        for channel in channels
    ]
    counted = await session.execute(
        _STORE,
        {
            "messages": json.dumps([asdict(message) for message, _ in messages], default=str),
            "deliveries": json.dumps(deliveries, default=str),
            "now": clock.now(),
        },
    )
    return int(counted.scalar_one())
