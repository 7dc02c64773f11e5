"""Reads and writes imports: the file, its progress, the verdicts of its rows."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlmodel.ext.asyncio.session import AsyncSession

from services.orgs.exchange.imports.states import WORK, State
from services.orgs.exchange.imports.tables import IMPORT_HEADINGS, IMPORT_ROWS, IMPORTS
from services.orgs.register.batches import insert_rows
from shared import clock
from shared.problems import NotFound

LEASE = timedelta(seconds=60)
RETENTION = timedelta(days=7)
"""A file that nobody confirms is erased after this time."""
MOST_ATTEMPTS = 5
Found = dict[str, Any]
_C, _R, _H = IMPORTS.c, IMPORT_ROWS.c, IMPORT_HEADINGS.c
_LIGHT = [
    column for column in IMPORTS.columns if column.name not in ("content", "report", "preview")
]
ERASED = {"content": None, "preview": None, "report": None, "leased_until": None}


async def add(session: AsyncSession, row: Mapping[str, Any]) -> None:
    await session.execute(insert(IMPORTS).values(**row))


async def same_open(
    session: AsyncSession, org_id: UUID, digest: str, kind: str | None
) -> Found | None:
    """The import of the very same file that has not ended yet."""
    found = await session.execute(
        select(*_LIGHT).where(
            _C.org_id == org_id,
            _C.digest == digest,
            func.coalesce(_C.kind, "") == (kind or ""),
            _C.ended_at.is_(None),
        )
    )
    row = found.mappings().one_or_none()
    return dict(row) if row else None


async def get(session: AsyncSession, import_id: UUID, *, lock: bool = False) -> Found:
    """Without the files. Error: 404 no-import."""
    statement = select(*_LIGHT).where(_C.id == import_id)
    row = (
        (await session.execute(statement.with_for_update() if lock else statement))
        .mappings()
        .one_or_none()
    )
    if row is None:
        raise NotFound("no-import", "没有找到这次导入，或您无权查看。")
    return dict(row)


async def file(session: AsyncSession, import_id: UUID, column: str) -> bytes | None:
    found = await session.execute(select(_C[column]).where(_C.id == import_id))
    sealed = found.scalar_one_or_none()
    return bytes(sealed) if sealed is not None else None


async def listed(session: AsyncSession, org_id: UUID, limit: int) -> list[Found]:
    """The organisation's imports, newest first."""
    rows = await session.execute(
        select(*_LIGHT).where(_C.org_id == org_id).order_by(_C.id.desc()).limit(limit)
    )
    return [dict(row) for row in rows.mappings()]


async def change(session: AsyncSession, import_id: UUID, **values: Any) -> None:
    await session.execute(update(IMPORTS).where(_C.id == import_id).values(**values))


async def end(session: AsyncSession, import_id: UUID, state: State, **values: Any) -> None:
    """The file is needed no longer: erase it."""
    ended = {"state": state.value, "ended_at": clock.now(), **ERASED}
    await change(session, import_id, **ended, **values)


async def claim(session: AsyncSession) -> Found | None:
    """Take up the oldest waiting import, or one whose worker has died; nobody else gets it."""
    now = clock.now()
    waiting = [state.value for state in (*WORK.keys(), *WORK.values())]
    found = await session.execute(
        select(*_LIGHT)
        .where(_C.state.in_(waiting), func.coalesce(_C.leased_until, now) <= now)
        .order_by(_C.created_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = found.mappings().one_or_none()
    if row is None:
        return None
    state = WORK.get(State(row["state"]), State(row["state"])).value
    taken = {"state": state, "leased_until": now + LEASE, "attempts": row["attempts"] + 1}
    await change(session, row["id"], **taken)
    return {**row, **taken}


async def expired(session: AsyncSession) -> list[UUID]:
    """Imports that wait for a person longer than files are kept."""
    waiting = [State.CHECKED.value, State.FAILED.value]
    rows = await session.execute(
        select(_C.id).where(
            _C.ended_at.is_(None),
            _C.state.in_(waiting),
            _C.created_at < clock.now() - RETENTION,
        )
    )
    return list(rows.scalars())


async def put_rows(
    session: AsyncSession, import_id: UUID, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Verdicts of a check, instead of those of an earlier one."""
    await session.execute(delete(IMPORT_ROWS).where(_R.import_id == import_id))
    await insert_rows(session, IMPORT_ROWS, rows)


async def rows(
    session: AsyncSession, import_id: UUID, verdict: str | None, after: int, limit: int
) -> list[Found]:
    statement = select(IMPORT_ROWS).where(_R.import_id == import_id, _R.position > after)
    if verdict:
        statement = statement.where(_R.verdict == verdict)
    found = await session.execute(statement.order_by(_R.position).limit(limit))
    return [{**row, "errors": row["errors"]["cells"]} for row in found.mappings()]


async def chosen_headings(session: AsyncSession, org_id: UUID) -> dict[str, dict[str, str]]:
    """Kind → the office's heading → our field, as chosen before."""
    found = await session.execute(select(_H.kind, _H.headings).where(_H.org_id == org_id))
    return {row.kind: dict(row.headings) for row in found}


async def keep_headings(
    session: AsyncSession, org_id: UUID, kind: str, headings: Mapping[str, str]
) -> None:
    """Later choices win; earlier ones for other headings stay."""
    statement = upsert(IMPORT_HEADINGS).values(org_id=org_id, kind=kind, headings=dict(headings))
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["org_id", "kind"],
            set_={"headings": _H.headings.op("||")(statement.excluded.headings)},
        )
    )


def as_rows(import_id: UUID, verdicts: Iterable[Mapping[str, Any]]) -> list[Found]:
    return [
        {"import_id": import_id, "position": at, "applied": False, **verdict}
        for at, verdict in enumerate(verdicts)
    ]
