"""Dated things of the register: set and closed in the transaction of the record they belong to."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select, tuple_, update
from sqlmodel.ext.asyncio.session import AsyncSession

from services.orgs.exchange.due.tables import DueDateRow
from shared.contracts.register import DueDate
from shared.ids import new_id
from shared.pages import Page, decode_cursor, encode_cursor
from shared.problems import Invalid


class DueState(StrEnum):
    OPEN = "open"
    DONE = "done"
    VOID = "void"


async def set_due(
    session: AsyncSession, rule: str, subject_id: UUID, *, org_id: UUID, org_path: str, on: date
) -> None:
    """Open the date or move the open one; (rule, subject) has one open date at most.

    Terms, letters and whoever else keeps a date call it with their own write; `org` must act.
    """
    await session.execute(
        text(
            "insert into due_dates (id, rule, subject_id, org_id, org_path, due_on, state)"
            " values (:id, :rule, :subject, :org, :path, :on, 'open')"
            " on conflict (rule, subject_id) where state = 'open'"
            " do update set due_on = :on, org_id = :org, org_path = :path"
        ),
        {
            "id": new_id(),
            "rule": rule,
            "subject": subject_id,
            "org": org_id,
            "path": org_path,
            "on": on,
        },
    )


async def close_due(
    session: AsyncSession, rule: str, subject_id: UUID, state: DueState = DueState.DONE
) -> None:
    """The thing was done, or is void; nothing open is no error."""
    await session.exec(
        update(DueDateRow)
        .where(
            col(DueDateRow.rule) == rule,
            col(DueDateRow.subject_id) == subject_id,
            col(DueDateRow.state) == DueState.OPEN.value,
        )
        .values(state=state.value)
    )


async def page(
    session: AsyncSession,
    *,
    rule: str | None,
    before: date | None,
    state: DueState,
    after: str | None,
    limit: int,
) -> Page[DueDate]:
    """Dates up to and with `before`, oldest first."""
    query = select(DueDateRow).where(col(DueDateRow.state) == state.value)
    if rule:
        query = query.where(col(DueDateRow.rule) == rule)
    if before:
        query = query.where(col(DueDateRow.due_on) <= before)
    if after:
        query = query.where(tuple_(col(DueDateRow.due_on), col(DueDateRow.id)) > _parse(after))
    query = query.order_by(col(DueDateRow.due_on), col(DueDateRow.id)).limit(limit + 1)
    rows = list(await session.exec(query))
    more = encode_cursor(rows[limit - 1].due_on, rows[limit - 1].id) if len(rows) > limit else None
    return Page(items=[_shown(row) for row in rows[:limit]], next=more)


def _parse(after: str) -> tuple[date, UUID]:
    due_on, row_id = decode_cursor(after, 2)
    try:
        return date.fromisoformat(due_on), UUID(row_id)
    except (TypeError, ValueError, AttributeError) as error:
        raise Invalid("bad-cursor", "翻页标记无效，请从第一页重新查询。", field="after") from error


def _shown(row: DueDateRow) -> DueDate:
    return DueDate.model_validate(row.model_dump(exclude={"id", "org_path"}))
