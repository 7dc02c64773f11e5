"""One reminder round: pages through what is due and tells people, each rung once."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel.ext.asyncio.session import AsyncSession

from services.workflows import notices
from services.workflows.cases.claims import reconcile
from services.workflows.registry import process_of
from services.workflows.reminders import ladders
from services.workflows.reminders.ladders import HORIZON_DAYS, Rung
from shared import clock
from shared.access import Role
from shared.clients.orgs import OrgsClient
from shared.contracts.cases import Due
from shared.contracts.messages import Message, Recipient, Template
from shared.contracts.register import DueDate
from shared.database import system_transaction
from shared.ids import new_id

PAGE = 1000
_DUE = text(
    "select t.id, t.case_id, t.key, t.title, t.role, t.org_id, t.due_on, t.due, t.lapses,"
    " c.process, c.rules, c.known, o.name as org_name, o.parent_id, p.path as parent_path,"
    " p.approves_members from tasks t join cases c on c.id = t.case_id"
    " left join copy_organisations o on o.id = t.org_id"
    " left join copy_organisations p on p.id = o.parent_id"
    " where t.state = 'open' and not t.optional and t.due_on is not null"
    " and (t.due_on, t.id) > (:after_day, :after_id) and t.due_on <= :horizon"
    " order by t.due_on, t.id limit :page"
)
_SENT = text(
    "insert into rungs_sent (rule, subject_id, due_on, rung, sent_at)"
    " select r.rule, r.subject_id, r.due_on, r.rung, :at from unnest(cast(:rules as text[]),"
    " cast(:subjects as uuid[]), cast(:days as date[]), cast(:rungs as text[]))"
    " as r(rule, subject_id, due_on, rung)"
    " on conflict do nothing returning subject_id, rung"
)
START = (date(1900, 1, 1), UUID(int=0))


async def round_of_tasks(engine: AsyncEngine, today: date) -> int:
    """Remind of every open task whose rung has been reached; safe to run twice."""
    told, after = 0, START
    while True:
        async with system_transaction(engine) as session:
            rows = (
                await session.execute(
                    _DUE,
                    {
                        "after_day": after[0],
                        "after_id": after[1],
                        "horizon": today + timedelta(days=HORIZON_DAYS),
                        "page": PAGE,
                    },
                )
            ).all()
            told += await _tell(session, rows, today)
        if len(rows) < PAGE:
            break
        after = (rows[-1].due_on, rows[-1].id)
    async with system_transaction(engine) as session:
        await reconcile(session, clock.now())
    return told


def _rungs(row: Row[Any], today: date) -> list[Rung]:
    if row.lapses:
        since = Due.model_validate(row.due).since
        ladder = ladders.letter_rungs(row.due_on, since, row.rules)
    else:
        kind = ladders.RECEIPTS if row.key == "receipt" else ladders.TASKS
        ladder = ladders.rungs(kind, row.due_on)
    return ladders.reached(ladder, today)


async def _tell(session: AsyncSession, rows: Sequence[Row[Any]], today: date) -> int:
    found = [(row, rung) for row in rows for rung in _rungs(row, today)]
    new = await _unsent(session, [(r.key, r.id, r.due_on, g.name) for r, g in found])
    due = [(row, rung) for row, rung in found if (row.id, rung.name) in new]
    for row, rung in due:
        if rung.escalates and row.parent_id:
            await _escalate(session, row)
    messages = [m for row, rung in due for m in _messages(row, rung)]
    await notices.add(session, messages)
    return len(messages)


async def _unsent(
    session: AsyncSession, rungs: Sequence[tuple[str, UUID, date, str]]
) -> set[tuple[UUID, str]]:
    if not rungs:
        return set()
    rules, subjects, days, names = zip(*rungs, strict=True)
    inserted = await session.execute(
        _SENT,
        {
            "rules": list(rules),
            "subjects": list(subjects),
            "days": list(days),
            "rungs": list(names),
            "at": clock.now(),
        },
    )
    return {(row.subject_id, row.rung) for row in inserted}


async def _escalate(session: AsyncSession, row: Row[Any]) -> None:
    """From now on the superior may answer, too; the timeline shows it."""
    await session.execute(
        text(
            "insert into handlings (id, task_id, case_id, kind, actor, at, to_org_id, to_path)"
            " values (:id, :task, :case, 'escalated', 'reminders', :at, :org, :path)"
        ),
        {
            "id": new_id(),
            "task": row.id,
            "case": row.case_id,
            "at": clock.now(),
            "org": row.parent_id,
            "path": row.parent_path or "",
        },
    )


def _messages(row: Row[Any], rung: Rung) -> list[Message]:
    variables: dict[str, str] = {"due_on": row.due_on.isoformat()}
    match rung.template:
        case Template.LETTER_EXPIRING:
            variables = {"valid_until": row.due_on.isoformat()} | _serial(row)
        case Template.RECEIPT_OVERDUE:
            variables |= _serial(row)
        case _:
            variables |= {
                "process": process_of(row.process).title,
                "task": row.title,
                "case_number": str(row.case_id)[-8:],
            }
    to = Recipient(role=Role(row.role), org_id=row.org_id)
    if rung.escalates:
        if row.parent_id is None:
            return []
        variables |= {"organisation": row.org_name or ""}
        role = Role.COMMITTEE if row.approves_members else Role.ORGANISER
        to = Recipient(role=role, org_id=row.parent_id)
    return [
        Message(
            dedupe_key=f"{rung.template.value}:{row.id}:{row.due_on.isoformat()}:{rung.name}",
            template=rung.template,
            to=to,
            variables=variables,
            case_id=row.case_id,
            task_id=row.id,
        )
    ]


def _serial(row: Row[Any]) -> dict[str, str]:
    serial = row.known.get("serial")
    return {"serial": str(serial)} if serial else {}


async def round_of_terms(engine: AsyncEngine, register: OrgsClient, today: date) -> int:
    """Terms of committees that end (TM18, BR18: told 6 months ahead)."""
    told, after = 0, None
    before = today + timedelta(days=max(ladders.TERM_BEFORE_DAYS))
    while True:
        page = await register.due("term.ending", before=before, after=after)
        async with system_transaction(engine) as session:
            told += await _tell_terms(session, page.items, today)
        after = page.next
        if after is None:
            return told


async def _tell_terms(session: AsyncSession, dates: Sequence[DueDate], today: date) -> int:
    found: list[tuple[DueDate, int]] = []
    for due in dates:
        passed = [n for n in ladders.TERM_BEFORE_DAYS if due.due_on - timedelta(days=n) <= today]
        if passed and due.state == "open":
            found.append((due, min(passed)))
    new = await _unsent(session, [(d.rule, d.subject_id, d.due_on, f"-{n}") for d, n in found])
    told = [(d, n) for d, n in found if (d.subject_id, f"-{n}") in new]
    names = await _names(session, [d.org_id for d, _ in told])
    await notices.add(session, [_term_message(d, n, names.get(d.org_id, "")) for d, n in told])
    return len(told)


async def _names(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, str]:
    rows = await session.execute(
        text("select id, name from copy_organisations where id = any(:ids)"), {"ids": list(ids)}
    )
    return {row.id: row.name for row in rows}


def _term_message(due: DueDate, days: int, name: str) -> Message:
    return Message(
        dedupe_key=f"term-ending:{due.subject_id}:{due.due_on.isoformat()}:-{days}",
        template=Template.TERM_ENDING,
        to=Recipient(role=Role.SECRETARY, org_id=due.org_id),
        variables={"organisation": name, "ends_on": due.due_on.isoformat()},
    )
