"""The append-only audit trail of a service, and the sealer that chains it."""

import asyncio
import hashlib
import hmac
import json
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from sqlalchemy import BigInteger, Column, DateTime, Identity, MetaData, String, Table, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel.ext.asyncio.session import AsyncSession

from shared import clock, logging
from shared.access import Access
from shared.database import system_transaction
from shared.horizon import horizon

GENESIS = "0" * 64
log = logging.logger()


def audit_tables(metadata: MetaData) -> tuple[Table, Table]:
    """`audit_events` (insert only) and `audit_seals` (the chain over them)."""
    events = Table(
        "audit_events",
        metadata,
        Column("id", BigInteger, Identity(), primary_key=True),
        Column("xid", BigInteger, server_default=text("pg_current_xact_id()::text::bigint")),
        Column("at", DateTime(timezone=True), nullable=False),
        Column("actor", String, nullable=False),
        Column("actor_kind", String, nullable=False),
        Column("on_behalf_of", String),
        Column("action", String, nullable=False),
        Column("object_kind", String, nullable=False),
        Column("object_id", Uuid()),
        Column("org_path", String),
        Column("detail", JSONB, nullable=False, server_default="{}"),
    )
    seals = Table(
        "audit_seals",
        metadata,
        Column("seq", BigInteger, primary_key=True),
        Column("event_id", BigInteger, nullable=False, unique=True),
        Column("xid", BigInteger, nullable=False),
        Column("hash", String(64), nullable=False),
    )
    return events, seals


async def record(
    session: AsyncSession,
    access: Access,
    action: str,
    *,
    object_kind: str,
    object_id: UUID | None = None,
    org_path: str | None = None,
    on_behalf_of: str | None = None,
    **detail: Any,
) -> None:
    """Write one event with the change. `detail` holds codes and ids, never personal values."""
    await session.execute(
        text(
            "insert into audit_events"
            " (at, actor, actor_kind, on_behalf_of, action, object_kind, object_id,"
            " org_path, detail)"
            " values (:at, :actor, :kind, :behalf, :action, :object_kind, :object_id, :path,"
            " cast(:detail as jsonb))"
        ),
        {
            "at": clock.now(),
            "actor": access.principal.account_id,
            "kind": access.principal.kind,
            "behalf": on_behalf_of,
            "action": action,
            "object_kind": object_kind,
            "object_id": object_id,
            "path": org_path,
            "detail": json.dumps(detail, default=str),
        },
    )


def link(key: bytes, previous: str, event: dict[str, Any]) -> str:
    """The seal of one event: keyed, over its content and the seal before it."""
    body = json.dumps(event, default=str, sort_keys=True, ensure_ascii=False)
    return hmac.new(key, f"{previous}|{body}".encode(), hashlib.sha256).hexdigest()


EVENT_COLUMNS = (
    "id, xid, at, actor, actor_kind, on_behalf_of, action, object_kind, object_id, org_path, detail"
)


async def seal(session: AsyncSession, key: bytes, *, limit: int = 500) -> str | None:
    """Chain the committed, unsealed events in commit-safe order; the new head, or None."""
    # Services share one database: each schema has a lock of its own.
    locked = await session.execute(
        text("select pg_try_advisory_xact_lock(7351001, hashtext(current_schema()))")
    )
    if not locked.scalar_one():
        return None
    head = (
        await session.execute(
            text("select seq, hash, xid, event_id from audit_seals order by seq desc limit 1")
        )
    ).one_or_none()
    seq, previous, xid, last = (
        (head.seq, head.hash, head.xid, head.event_id) if head else (0, GENESIS, 0, 0)
    )
    until = await horizon(session)
    rows = await session.execute(
        text(
            f"select {EVENT_COLUMNS} from audit_events"  # noqa: S608
            " where (xid, id) > (:xid, :last)"
            " and xid < :until"
            " order by xid, id limit :limit"
        ),
        {"xid": xid, "last": last, "limit": limit, "until": until},
    )
    seals: list[dict[str, Any]] = []
    for row in rows.mappings():
        seq, previous = seq + 1, link(key, previous, canonical(dict(row)))
        seals.append({"seq": seq, "event_id": row["id"], "xid": row["xid"], "hash": previous})
    if not seals:
        return None
    await session.execute(
        text(
            "insert into audit_seals (seq, event_id, xid, hash)"
            " values (:seq, :event_id, :xid, :hash)"
        ),
        seals,
    )
    return f"{seq}:{previous}"


def canonical(event: dict[str, Any]) -> dict[str, Any]:
    at: datetime = event["at"]
    return event | {"at": at.timestamp()}


def sealer(key: bytes, anchor: str) -> Any:
    """A loop that seals about every second and anchors the head in a file outside the database."""

    async def loop(app: FastAPI) -> None:
        while True:
            await asyncio.sleep(1)
            try:
                async with system_transaction(app.state.engine) as session:
                    head = await seal(session, key)
            except Exception as error:
                log.warning("seal", exc_info=error)
                continue
            if head and anchor:
                with Path(anchor).open("a") as file:  # noqa: ASYNC230
                    file.write(f"{clock.now().isoformat()} {head}\n")

    return loop
