"""The outbox: written with the change, read in commit-safe order."""

import json
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from shared import clock
from shared.contracts.base import Contract
from shared.contracts.changes import Change, ChangeKind, ChangePage
from shared.horizon import horizon
from shared.problems import Invalid

_AT_ONCE = 5000


async def publish(
    session: AsyncSession, kind: ChangeKind, object_id: UUID, data: Contract | None = None
) -> None:
    """Write one entry in the transaction of the change itself."""
    await session.execute(
        text(
            "insert into changes (at, kind, object_id, data)"
            " values (:at, :kind, :id, cast(:data as jsonb))"
        ),
        {
            "at": clock.now(),
            "kind": kind.value,
            "id": object_id,
            "data": data.model_dump_json() if data else json.dumps({}),
        },
    )


async def publish_many(
    session: AsyncSession, kind: ChangeKind, entries: Sequence[tuple[UUID, Contract]]
) -> None:
    """Many entries of one kind, thousands in a statement: for imports."""
    for start in range(0, len(entries), _AT_ONCE):
        part = entries[start : start + _AT_ONCE]
        await session.execute(
            text(
                "insert into changes (at, kind, object_id, data)"
                " select :at, :kind, id, cast(data as jsonb)"
                " from unnest(cast(:ids as uuid[]), cast(:data as text[])) as t (id, data)"
            ),
            {
                "at": clock.now(),
                "kind": kind.value,
                "ids": [object_id for object_id, _ in part],
                "data": [data.model_dump_json() for _, data in part],
            },
        )


async def page(session: AsyncSession, after: str, limit: int) -> ChangePage:
    """Entries after the cursor, never past a transaction that is still open."""
    xid, last = _parse(after)
    until = await horizon(session)
    rows = await session.execute(
        text(
            "select id, xid, at, kind, object_id, data from changes"
            " where (xid, id) > (:xid, :last)"
            " and xid < :until"
            " order by xid, id limit :limit"
        ),
        {"xid": xid, "last": last, "limit": limit, "until": until},
    )
    items = [
        Change(
            cursor=f"{row.xid}.{row.id}",
            kind=ChangeKind(row.kind),
            object_id=row.object_id,
            at=row.at,
            data=row.data,
        )
        for row in rows
    ]
    return ChangePage(items=items, next=items[-1].cursor if items else after)


def _parse(after: str) -> tuple[int, int]:
    try:
        xid, _, last = after.partition(".")
        return int(xid), int(last or 0)
    except ValueError as error:
        raise Invalid("bad-cursor", "变更游标无效，请从 0 重新读取。", field="after") from error
