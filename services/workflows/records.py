"""Writes what one activation of a case changed: one transaction, fenced against older writers."""

import json
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel.ext.asyncio.session import AsyncSession

from services.workflows import notices
from services.workflows.notices import Told
from shared import clock
from shared.calendar import WorkingDays, due_on
from shared.contracts.cases import Ask, CaseState, Closed, Due, Entry, Recorded, Records
from shared.copies.working_days import working_days
from shared.database import system_transaction

_CASE = text(
    "update cases set state=:state, step=:step, outcome=:outcome, attention=:attention,"
    " known=cast(:known as jsonb), fence=:fence, unreachable_since=null,"
    " ended_at=case when cast(:state as text) = 'ended' then coalesce(ended_at, :at) end"
    " where id=:case and fence <= :fence returning process, started_by,"
    " (select coalesce(max(seq), 0) from timeline where case_id = cases.id) as written"
)
_ENTRIES = text(
    "insert into timeline (case_id, seq, at, kind, step, article, title, task_id, actor,"
    " on_behalf_of, choice, command_id, data)"
    " select :case, e.seq, e.at, e.kind, e.step, e.article, e.title, e.task_id, e.actor,"
    " e.on_behalf_of, e.choice, e.command_id, coalesce(e.data, '{}')"
    " from jsonb_to_recordset(cast(:rows as jsonb)) as e(seq int, at timestamptz, kind text,"
    " step text, article text, title text, task_id uuid, actor text, on_behalf_of text,"
    " choice text, command_id uuid, data jsonb)"
)
_OPENED = text(
    "insert into tasks (id, case_id, opened_seq, key, round, title, article, verb, role, org_id,"
    " org_path, side, person_id, choices, form, due, due_on, lapses, optional, state, opened_at)"
    " select t.id, :case, t.seq, t.key, t.round, t.title, t.article, t.verb, t.role, t.org_id,"
    " p.path, t.side, t.person_id, t.choices, t.form, t.due, t.due_on, t.lapses, t.optional,"
    " 'open', :at"
    " from jsonb_to_recordset(cast(:rows as jsonb)) as t(id uuid, seq int, key text, round int,"
    " title text, article text, verb text, role text, org_id uuid, side text, person_id uuid,"
    " choices text[], form text, due jsonb, due_on date, lapses boolean, optional boolean)"
    " join case_parties p on p.case_id = :case and p.side = t.side"
    " on conflict (id) do update set due_on=excluded.due_on, due=excluded.due"
)
_CLOSED = text(
    "update tasks set state=t.state, choice=t.choice, answered_by=t.actor,"
    " on_behalf_of=t.on_behalf_of, closed_at=t.at"
    " from jsonb_to_recordset(cast(:rows as jsonb)) as t(id uuid, state text, choice text,"
    " actor text, on_behalf_of text, at timestamptz) where tasks.id = t.id"
)
_APPLIED = text(
    "update commands set state='applied', settled_at=:at where id = any(:ids)"
    " and state = 'recorded'"
)


async def write(engine: AsyncEngine, records: Records) -> Recorded:
    """Repeatable: entries from the first sequence on are replaced, tasks upserted by id."""
    async with system_transaction(engine) as session:
        dated = await _counted(session, records)
        case = await _fenced(session, records)
        if case is not None:
            if records.entries and case.written >= records.entries[0].seq:
                await _forget(session, records)
            await _write(session, records, dated)
            await notices.of_records(session, records, Told(case.process, case.started_by, dated))
    return Recorded(due_on=dated)


async def _counted(session: AsyncSession, records: Records) -> dict[UUID, date]:
    dues = {ask.id: ask.due for ask in records.opened if ask.due}
    if not dues:
        return {}
    calendar = await working_days(session)
    return {task_id: count(due, calendar) for task_id, due in dues.items()}


def count(due: Due, calendar: WorkingDays) -> date:
    """The last day of the period, later by the days that it was paused."""
    end = due_on(due.since, due.period, calendar)
    return date.fromordinal(end.toordinal() + due.paused_days)


async def _fenced(session: AsyncSession, records: Records) -> Row[Any] | None:
    written = await session.execute(
        _CASE,
        {
            "case": records.case_id,
            "state": records.state.value,
            "step": records.step,
            "outcome": records.outcome,
            "attention": records.attention,
            "known": json.dumps(records.facts, ensure_ascii=False),
            "fence": records.fence,
            "at": clock.now(),
        },
    )
    return written.one_or_none()


async def _forget(session: AsyncSession, records: Records) -> None:
    """A re-executed workflow task may carry other content under the same sequence."""
    values = {
        "case": records.case_id,
        "first": records.entries[0].seq,
        "kept": [ask.id for ask in records.opened],
    }
    await session.execute(
        text("delete from timeline where case_id=:case and seq >= :first"), values
    )
    await session.execute(
        text(
            "delete from tasks where case_id=:case and opened_seq >= :first and not id = any(:kept)"
        ),
        values,
    )


async def _write(session: AsyncSession, records: Records, dated: dict[UUID, date]) -> None:
    case = {"case": records.case_id, "at": clock.now()}
    if records.entries:
        await session.execute(_ENTRIES, case | {"rows": _rows(records.entries)})
    if records.opened:
        rows = json.dumps(
            [
                ask.model_dump(mode="json") | {"due_on": _iso(dated.get(ask.id))}
                for ask in records.opened
            ]
        )
        await session.execute(_OPENED, case | {"rows": rows})
    if records.closed:
        await session.execute(_CLOSED, {"rows": _rows(records.closed)})
    if records.applied:
        await session.execute(_APPLIED, {"at": case["at"], "ids": records.applied})
    if records.state is CaseState.ENDED:
        await session.execute(
            text("update claims set released_at=:at where case_id=:case and released_at is null"),
            case,
        )


def _rows(of: list[Entry] | list[Closed] | list[Ask]) -> str:
    return json.dumps([row.model_dump(mode="json") for row in of], ensure_ascii=False)


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
