"""Every query on cases: hot reads as SQL column selects straight into the response models."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlmodel.ext.asyncio.session import AsyncSession

from services.workflows.registry import all_processes
from services.workflows.tasks import repository as tasks
from shared import clock
from shared.contracts.inbox import CaseDetail, CaseSummary, TimelineEntry
from shared.pages import Page, decode_cursor, encode_cursor
from shared.problems import NotFound

_SUMMARY = (
    "c.id, c.process, c.label, c.state, c.step, c.outcome,"
    " case when c.unreachable_since is not null then 'not-answering' else c.attention end"
    " as attention, c.unreachable_since, c.org_id, o.name as org_name, c.opened_at, c.ended_at,"
    " c.occurred_on, (select min(t.due_on) from tasks t where t.case_id = c.id"
    " and t.state = 'open' and not t.optional) as due_on,"
    " array(select t.id from tasks t where t.case_id = c.id and t.state = 'open'"
    " and not t.optional order by t.opened_seq) as waiting"
)
_FROM = " from cases c left join copy_organisations o on o.id = c.org_id"


@dataclass(frozen=True)
class Filter:
    process: str | None = None
    state: str | None = None
    under: str | None = None
    """Path prefix."""
    started_by: str | None = None
    overdue: bool = False
    subject: UUID | None = None


def summary(row: Row[Any]) -> CaseSummary:
    return CaseSummary(**_fields(row))


def _fields(row: Row[Any]) -> dict[str, Any]:
    process = all_processes()[row.process]
    due: date | None = row.due_on
    return {
        "id": row.id,
        "process": row.process,
        "process_title": process.title,
        "label": row.label,
        "state": "attention" if row.unreachable_since else row.state,
        "step": row.step,
        "outcome": row.outcome,
        "outcome_title": process.outcomes.get(row.outcome or ""),
        "attention": row.attention,
        "org_id": row.org_id,
        "org_name": row.org_name or "",
        "opened_at": row.opened_at,
        "ended_at": row.ended_at,
        "occurred_on": row.occurred_on,
        "due_on": due,
        "waiting": row.waiting,
        "overdue": due is not None and due < clock.today(),
    }


async def one(session: AsyncSession, case_id: UUID) -> CaseSummary:
    return summary(await _row(session, case_id, _SUMMARY))


async def _row(session: AsyncSession, case_id: UUID, columns: str) -> Row[Any]:
    found = await session.execute(
        text(f"select {columns}{_FROM} where c.id = :id"),
        {"id": case_id},
    )
    row = found.one_or_none()
    if row is None:
        raise NotFound("no-case", "没有找到该事项，或您无权查看。")
    return row


async def detail(session: AsyncSession, case_id: UUID) -> CaseDetail:
    row = await _row(session, case_id, f"{_SUMMARY}, c.request, c.known, c.edition")
    parties = await session.execute(
        text("select side, org_id from case_parties where case_id=:id"), {"id": case_id}
    )
    return CaseDetail(
        **_fields(row),
        request=row.request,
        known=row.known,
        edition=row.edition,
        tasks=await tasks.of_case(session, case_id),
        parties={party.side: party.org_id for party in parties},
    )


async def page(
    session: AsyncSession, where: Filter, *, after: str | None, limit: int
) -> Page[CaseSummary]:
    """Newest first; a subtree is a path range over everything that a case touches."""
    conditions, values = _conditions(where)
    if after:
        values["after"] = UUID(str(decode_cursor(after, 1)[0]))
        conditions.append("c.id < :after")
    clause = f" where {' and '.join(conditions)}" if conditions else ""
    rows: Sequence[Row[Any]] = (
        await session.execute(
            text(f"select {_SUMMARY}{_FROM}{clause} order by c.id desc limit :limit"),
            values | {"limit": limit + 1},
        )
    ).all()
    items = [summary(row) for row in rows[:limit]]
    more = len(rows) > limit
    return Page(items=items, next=encode_cursor(items[-1].id) if more else None)


def _conditions(where: Filter) -> tuple[list[str], dict[str, Any]]:
    conditions: list[str] = []
    values: dict[str, Any] = {}
    for name in ("process", "state", "started_by"):
        if value := getattr(where, name):
            conditions.append(f"c.{name} = :{name}")
            values[name] = value
    if where.under:
        conditions.append(
            "c.id in (select case_id from case_parties where path >= :under"
            " and path < :under || '~')"
        )
        values["under"] = where.under
    if where.subject:
        conditions.append("c.id in (select case_id from claims where subject_id = :subject)")
        values["subject"] = where.subject
    if where.overdue:
        conditions.append(
            "c.id in (select case_id from tasks where state='open' and not optional"
            " and due_on < :today)"
        )
        values["today"] = clock.today()
    return conditions, values


async def timeline(session: AsyncSession, case_id: UUID) -> list[TimelineEntry]:
    """What happened, with the handling of tasks (claimed, urged, escalated) between the steps."""
    await _row(session, case_id, "c.id")
    rows = await session.execute(
        text(
            "select e.*, a.name as actor_name from ("
            " select seq, at, kind, step, article, title, task_id, actor, on_behalf_of, choice,"
            " data from timeline where case_id = :id"
            " union all select 0, h.at, h.kind, '', t.article, t.title, h.task_id, h.actor, null,"
            " null, '{}'::jsonb from handlings h join tasks t on t.id = h.task_id"
            " where h.case_id = :id) e"
            " left join copy_accounts a on a.id::text = e.actor order by e.at, e.seq"
        ),
        {"id": case_id},
    )
    return [TimelineEntry.model_validate(dict(row)) for row in rows.mappings()]
