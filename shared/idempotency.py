"""Idempotency keys: stored in the same transaction as the effect, replayed with its answer."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, DateTime, Integer, String, Table, insert, select, text
from sqlalchemy import MetaData as Metadata
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel.ext.asyncio.session import AsyncSession

from shared import clock
from shared.problems import Conflict, Invalid

MAX_KEY = 200


def idempotency_table(metadata: Metadata) -> Table:
    return Table(
        "idempotency_keys",
        metadata,
        Column("caller", String, primary_key=True),
        Column("route", String, primary_key=True),
        Column("key", String, primary_key=True),
        Column("body_hash", String, nullable=False),
        Column("status", Integer, nullable=False),
        Column("answer", JSONB, nullable=True),
        Column("created_at", DateTime(timezone=True), nullable=False),
    )


@dataclass(frozen=True)
class Stored:
    status: int
    answer: Any


def body_key(audit_key: bytes, service: str) -> bytes:
    """The service's key for hashes of bodies: derived from its audit key, good for nothing else."""
    return hmac.digest(audit_key, f"dangjian/{service}/idempotency/body/1".encode(), "sha256")


def body_hash(key: bytes, body: bytes) -> str:
    """Keyed: a body may hold an identity number, and a plain hash of one is found by trying."""
    return hmac.new(key, body, hashlib.sha256).hexdigest()


class Keys:
    """The keys of one caller on one route, inside one transaction."""

    def __init__(self, session: AsyncSession, table: Table, *, caller: str, route: str) -> None:
        self._session = session
        self._table = table
        self._caller = caller
        self._route = route

    async def claim(self, key: str, digest: str) -> Stored | None:
        """The stored answer, or None when the caller is the first.

        Errors: 409 key-in-flight while another request holds the key, 422 key-reused when the
        same key came with another body.
        """
        if not 1 <= len(key) <= MAX_KEY:
            raise Invalid(
                "key-invalid", "Idempotency-Key 长度应为 1 至 200 个字符。", field="Idempotency-Key"
            )
        lock = hashlib.sha256(f"{self._caller}|{self._route}|{key}".encode()).digest()[:8]
        number = int.from_bytes(lock, "big", signed=True)
        got = await self._session.execute(
            text("select pg_try_advisory_xact_lock(:n)"), {"n": number}
        )
        if not got.scalar_one():
            raise Conflict("key-in-flight", "同一请求正在处理，请稍候再查询结果。", retry_after=1)
        table = self._table
        found = (
            await self._session.execute(
                select(table.c.body_hash, table.c.status, table.c.answer).where(
                    table.c.caller == self._caller,
                    table.c.route == self._route,
                    table.c.key == key,
                )
            )
        ).one_or_none()
        if found is None:
            return None
        if found.body_hash != digest:
            raise Invalid(
                "key-reused",
                "同一个 Idempotency-Key 已用于另一份内容，请换一个新的键再提交。",
                field="Idempotency-Key",
            )
        return Stored(found.status, found.answer)

    async def store(self, key: str, digest: str, *, status: int, answer: Any) -> None:
        moment: datetime = clock.now()
        await self._session.execute(
            insert(self._table).values(
                caller=self._caller,
                route=self._route,
                key=key,
                body_hash=digest,
                status=status,
                answer=answer,
                created_at=moment,
            )
        )
