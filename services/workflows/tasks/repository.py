"""Every query on tasks: the inbox reads its own tables, never Temporal's visibility."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlmodel.ext.asyncio.session import AsyncSession

from services.workflows.registry import all_processes
from shared import clock
from shared.access import Access
from shared.contracts.cases import Due
from shared.contracts.inbox import TaskDetail, TaskSummary, Why
from shared.pages import Page, decode_cursor, encode_cursor
from shared.problems import NotFound

_COLUMNS = (
    "t.id, t.case_id, c.process, c.label, t.key, t.round, t.title, t.article, t.verb, t.role,"
    " t.org_id, t.org_path, coalesce(o.name, '') as org_name, o.phone, t.side, t.person_id,"
    " t.choices, t.form, t.due, t.due_on, t.lapses, t.optional, t.state, t.opened_at, t.choice,"
    " t.answered_by, t.on_behalf_of, c.facts, c.request, c.known, c.occurred_on,"
    " (select h.actor from handlings h where h.task_id = t.id and h.kind in ('claimed', 'released')"
    " order by h.id desc limit 1) as claimant,"
    " (select h.kind from handlings h where h.task_id = t.id and h.kind in ('claimed', 'released')"
    " order by h.id desc limit 1) as claim_kind,"
    " (select h.to_org_id from handlings h where h.task_id = t.id and h.kind = 'escalated'"
    " order by h.id desc limit 1) as escalated_to,"
    " exists (select 1 from commands k where k.task_id = t.id and k.state = 'recorded') as recorded"
)
_FROM = (
    " from tasks t join cases c on c.id = t.case_id"
    " left join copy_organisations o on o.id = t.org_id"
)
FAR = "9999-12-31"


def summary(row: Row[Any]) -> TaskSummary:
    return TaskSummary(**_fields(row))


def _fields(row: Row[Any]) -> dict[str, Any]:
    today = clock.today()
    open_ = row.state == "open"
    return {
        "id": row.id,
        "case_id": row.case_id,
        "process": row.process,
        "process_title": all_processes()[row.process].title,
        "label": row.label,
        "key": row.key,
        "round": row.round,
        "title": row.title,
        "article": row.article,
        "verb": row.verb,
        "role": row.role,
        "org_id": row.org_id,
        "org_name": row.org_name,
        "choices": row.choices,
        "state": row.state,
        "optional": row.optional,
        "opened_at": row.opened_at,
        "due_on": row.due_on,
        "days_left": (row.due_on - today).days if open_ and row.due_on else None,
        "overdue": bool(open_ and row.due_on and row.due_on < today),
        "claimed_by": row.claimant if row.claim_kind == "claimed" else None,
        "escalated_to": row.escalated_to,
        "choice": row.choice,
        "answered_by": row.answered_by,
        "on_behalf_of": row.on_behalf_of,
        "recorded": open_ and row.recorded,
    }


def detail(row: Row[Any], *, provisional: bool) -> TaskDetail:
    process = all_processes()[row.process]
    form = process.forms[row.form].model_json_schema() if row.form else None
    return TaskDetail(**_fields(row), form=form, why=_why(row, provisional), office_phone=row.phone)


def _why(row: Row[Any], provisional: bool) -> Why | None:
    if row.due is None:
        return None
    due = Due.model_validate(row.due)
    return Why(
        rule=due.rule,
        basis=due.basis,
        since=due.since,
        value=due.period.value,
        unit=due.period.unit.value,
        paused_days=due.paused_days,
        provisional=provisional,
    )


async def row_of(session: AsyncSession, task_id: UUID) -> Row[Any]:
    found = await session.execute(
        text(f"select {_COLUMNS}{_FROM} where t.id = :id"),
        {"id": task_id},
    )
    row = found.one_or_none()
    if row is None:
        raise NotFound("no-task", "没有找到该待办，或您无权查看。")
    return row


async def of_case(session: AsyncSession, case_id: UUID) -> list[TaskSummary]:
    rows = await session.execute(
        text(f"select {_COLUMNS}{_FROM} where t.case_id = :id order by t.opened_seq"),
        {"id": case_id},
    )
    return [summary(row) for row in rows]


async def inbox(
    session: AsyncSession, access: Access, *, box: str, after: str | None, limit: int
) -> Page[TaskSummary]:
    """`todo`: my turn, overdue first; `done`: answered by me; `optional`: possibilities."""
    values: dict[str, Any] = {"limit": limit + 1, "account": access.principal.account_id}
    if box == "done":
        return await _done(session, values, after, limit)
    condition = mine(access, values)
    cursor = ""
    if after:
        due, last = decode_cursor(after, 2)
        values |= {"due": due, "last": UUID(str(last))}
        cursor = f" and (coalesce(t.due_on, '{FAR}'), t.id) > (cast(:due as date), :last)"
    rows: Sequence[Row[Any]] = (
        await session.execute(
            text(
                f"select {_COLUMNS}{_FROM} where t.state = 'open'"
                f" and t.optional = :optional and ({condition}){cursor}"
                f" order by coalesce(t.due_on, '{FAR}'), t.id limit :limit"
            ),
            values | {"optional": box == "optional"},
        )
    ).all()
    items = [summary(row) for row in rows[:limit]]
    last_item = items[-1] if len(rows) > limit else None
    following = encode_cursor(last_item.due_on or FAR, last_item.id) if last_item else None
    return Page(items=items, next=following)


def mine(access: Access, values: dict[str, Any]) -> str:
    """SQL: my role at exactly that organisation, me in person, a delegation, an escalation."""
    values |= {
        "roles": [grant.role.value for grant in access.own],
        "orgs": [grant.org_id for grant in access.own],
        "person": access.person_id,
        "today": clock.today(),
    }
    return (
        "(t.role, t.org_id) in"
        " (select * from unnest(cast(:roles as text[]), cast(:orgs as uuid[])))"
        " or t.person_id = :person"
        " or exists (select 1 from delegations d where d.to_account = :account"
        " and d.role = t.role and d.org_id = t.org_id and d.revoked_at is null"
        " and :today between d.valid_from and d.valid_to)"
        " or exists (select 1 from handlings h where h.task_id = t.id and h.kind = 'escalated'"
        " and h.to_org_id = any(:orgs))"
    )


async def _done(
    session: AsyncSession, values: dict[str, Any], after: str | None, limit: int
) -> Page[TaskSummary]:
    cursor = ""
    if after:
        values["last"] = UUID(str(decode_cursor(after, 1)[0]))
        cursor = " and t.id < :last"
    rows = (
        await session.execute(
            text(
                f"select {_COLUMNS}{_FROM} where t.answered_by = :account"
                f" and t.state = 'answered'{cursor} order by t.id desc limit :limit"
            ),
            values,
        )
    ).all()
    items = [summary(row) for row in rows[:limit]]
    return Page(items=items, next=encode_cursor(items[-1].id) if len(rows) > limit else None)


async def answered_sides(session: AsyncSession, case_id: UUID, account: str) -> set[str]:
    """Sides of a case on which this account has answered, or is about to."""
    rows = await session.execute(
        text(
            "select t.side from tasks t where t.case_id = :case and t.answered_by = :account"
            " union select t.side from commands k join tasks t on t.id = k.task_id"
            " where k.case_id = :case and k.actor = :account and k.state <> 'refused'"
        ),
        {"case": case_id, "account": account},
    )
    return {row.side for row in rows}


async def delegated_from(
    session: AsyncSession, account: str, role: str, org_id: UUID
) -> str | None:
    """The colleague for whom this account answers today, if any."""
    found = await session.execute(
        text(
            "select from_account from delegations where to_account=:account and role=:role"
            " and org_id=:org and revoked_at is null and :today between valid_from and valid_to"
            " order by id limit 1"
        ),
        {"account": account, "role": role, "org": org_id, "today": clock.today()},
    )
    return found.scalar_one_or_none()


async def counts(session: AsyncSession, access: Access) -> Row[Any]:
    values: dict[str, Any] = {"account": access.principal.account_id}
    condition = mine(access, values)
    return (
        await session.execute(
            text(
                "select count(*) as todo, count(*) filter (where t.due_on < :today) as overdue,"  # noqa: S608
                " count(*) filter (where t.due_on between :today and :today + 30) as soon"
                f" from tasks t where t.state='open' and not t.optional and ({condition})"
            ),
            values,
        )
    ).one()
