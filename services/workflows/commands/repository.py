"""The command inbox: what a person decided, committed before anything else happens."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from shared import clock
from shared.access import Access

LEASE_SECONDS = 5
"""Longer than a request waits; a command whose API died is delivered this much later."""


class Command(BaseModel):
    """One row of the inbox."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: UUID
    case_id: UUID
    task_id: UUID | None = None
    kind: str
    """start, decide, interrupt or mend"""
    caller: str
    key: str
    body_hash: str
    actor: str
    on_behalf_of: str | None = None
    body: dict[str, Any]
    state: str
    refusal: str | None = None
    attempts: int = 0
    recorded_at: datetime

    @classmethod
    def taken(cls, access: Access, keys: tuple[str, str], **fields: Any) -> Self:
        """A new command of this caller, recorded now; `keys` are its key and its body's hash."""
        account = access.principal.account_id
        return cls(
            caller=account,
            actor=account,
            key=keys[0],
            body_hash=keys[1],
            state="recorded",
            recorded_at=clock.now(),
            **fields,
        )


_COLUMNS = (
    "id, case_id, task_id, kind, caller, key, body_hash, actor, on_behalf_of, body, state,"
    " refusal, attempts, recorded_at"
)


async def record(session: AsyncSession, command: Command, private: dict[str, Any]) -> None:
    """Store a command, leased to the request that delivers it right after its commit."""
    await session.execute(
        text(
            "insert into commands (id, case_id, task_id, kind, caller, key, body_hash, actor,"
            " on_behalf_of, body, private, recorded_at, leased_until, attempts)"
            " values (:id, :case_id, :task_id, :kind, :caller, :key, :body_hash, :actor,"
            " :on_behalf_of, cast(:body as jsonb), cast(:private as jsonb), :recorded_at,"
            " clock_timestamp() + make_interval(secs => :lease), 1)"
        ),
        command.model_dump(exclude={"body", "state", "refusal", "attempts"})
        | {
            "body": json.dumps(command.body),
            "private": json.dumps(private, ensure_ascii=False, default=str),
            "lease": LEASE_SECONDS,
        },
    )


async def by_key(session: AsyncSession, caller: str, key: str) -> Command | None:
    found = await session.execute(
        text(f"select {_COLUMNS} from commands where caller=:caller and key=:key"),  # noqa: S608
        {"caller": caller, "key": key},
    )
    row = found.one_or_none()
    return Command.model_validate(row) if row else None


async def by_id(session: AsyncSession, command_id: UUID) -> Command | None:
    found = await session.execute(
        text(f"select {_COLUMNS} from commands where id=:id"),  # noqa: S608
        {"id": command_id},
    )
    row = found.one_or_none()
    return Command.model_validate(row) if row else None


async def lease(session: AsyncSession, *, limit: int) -> Sequence[Command]:
    """Claim undelivered commands, in order per case; each try waits longer, 30 s at most."""
    rows = await session.execute(
        text(
            "update commands set attempts = attempts + 1, leased_until = clock_timestamp() +"  # noqa: S608
            " make_interval(secs => least(30, :lease + attempts))"
            " where id in (select c.id from commands c where c.state = 'recorded'"
            " and c.leased_until < clock_timestamp() and not exists (select 1 from commands e"
            " where e.case_id = c.case_id and e.state = 'recorded' and e.id < c.id)"
            " order by c.leased_until limit :limit for update skip locked)"
            f" returning {_COLUMNS}"
        ),
        {"limit": limit, "lease": 2},
    )
    return [Command.model_validate(row) for row in rows]


async def refuse(session: AsyncSession, command_id: UUID, code: str) -> bool:
    changed = await session.execute(
        text(
            "update commands set state='refused', refusal=:code, settled_at=:at"
            " where id=:id and state='recorded' returning id"
        ),
        {"id": command_id, "code": code, "at": clock.now()},
    )
    return changed.one_or_none() is not None


async def apply(session: AsyncSession, command_id: UUID) -> None:
    await session.execute(
        text(
            "update commands set state='applied', settled_at=:at where id=:id and state='recorded'"
        ),
        {"id": command_id, "at": clock.now()},
    )


async def release(session: AsyncSession, command_id: UUID, *, seconds: float) -> None:
    """Give a command back to the dispatcher."""
    await session.execute(
        text(
            "update commands set leased_until = clock_timestamp() + make_interval(secs => :s)"
            " where id=:id and state='recorded'"
        ),
        {"id": command_id, "s": seconds},
    )


async def task_is_gone(session: AsyncSession, command: Command) -> bool:
    """The case took another way when a dead worker's step was done again."""
    if command.task_id is None:
        return False
    found = await session.execute(text("select 1 from tasks where id=:id"), {"id": command.task_id})
    return found.one_or_none() is None


async def in_time(session: AsyncSession, task_ids: Sequence[UUID], by: datetime) -> Command | None:
    """A decision on one of these tasks that was recorded before the period lapsed."""
    found = await session.execute(
        text(
            f"select {_COLUMNS} from commands where task_id = any(:ids)"  # noqa: S608
            " and kind='decide' and state <> 'refused' and recorded_at < :by order by id limit 1"
        ),
        {"ids": list(task_ids), "by": by},
    )
    row = found.one_or_none()
    return Command.model_validate(row) if row else None
