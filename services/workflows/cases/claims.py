"""Claims: what may be open together on one subject (the table is data, tested pair by pair)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from services.workflows.registry import all_processes
from shared.problems import Conflict

INCOMPATIBLE: dict[frozenset[str], str] = {
    frozenset({"transfer_member"}): "该党员已有一件组织关系转接正在办理，请先办结或撤回后再申请。",
}
"""Pairs of processes that may not be open on one subject, and what to tell the person."""


async def claim(
    session: AsyncSession, case_id: UUID, process: str, subjects: Sequence[UUID]
) -> None:
    """Lock the subjects' rows in id order, test the table, insert.

    Errors: 409 subject-claimed with what is open and what to do.
    """
    ordered = sorted(subjects)
    await session.execute(
        text(
            "insert into claim_subjects select unnest(cast(:ids as uuid[])) on conflict do nothing"
        ),
        {"ids": ordered},
    )
    await session.execute(
        text(
            "select 1 from claim_subjects where subject_id = any(:ids)"
            " order by subject_id for update"
        ),
        {"ids": ordered},
    )
    await must_be_free(session, process, ordered)
    await session.execute(
        text(
            "insert into claims (case_id, subject_id, process)"
            " select :case, unnest(cast(:ids as uuid[])), :process"
        ),
        {"case": case_id, "ids": ordered, "process": process},
    )


async def must_be_free(session: AsyncSession, process: str, subjects: Sequence[UUID]) -> None:
    """Test the table of what may be open together."""
    held = await session.execute(
        text(
            "select distinct process from claims where subject_id = any(:ids)"
            " and released_at is null"
        ),
        {"ids": list(subjects)},
    )
    for row in held:
        sentence = INCOMPATIBLE.get(frozenset({process, row.process}))
        if sentence:
            title = all_processes()[row.process].title
            raise Conflict("subject-claimed", f"{sentence}（正在办理：{title}）", field="request")


async def reconcile(session: AsyncSession, now: datetime) -> int:
    """Release claims of cases that ended without saying so."""
    released = await session.execute(
        text(
            "update claims set released_at=:now from cases where cases.id = claims.case_id"
            " and cases.state='ended' and claims.released_at is null returning 1"
        ),
        {"now": now},
    )
    return len(released.all())
