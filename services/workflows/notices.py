"""The outbox of notices: written with the records, handed to notifications by a loop."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel.ext.asyncio.session import AsyncSession

from services.workflows.registry import process_of
from shared import clock, logging
from shared.access import Role
from shared.clients.notifications import NotificationsClient
from shared.contracts.cases import Entry, Records
from shared.contracts.messages import Message, Recipient, Template
from shared.database import system_transaction
from shared.problems import Problem, Unavailable

BATCH = 200
log = logging.logger()
_INSERT = text(
    "insert into notices (dedupe_key, template, recipient, variables, case_id, task_id, created_at)"
    " select n.dedupe_key, n.template, n.recipient, n.variables, n.case_id, n.task_id, :at"
    " from jsonb_to_recordset(cast(:rows as jsonb)) as n(dedupe_key text, template text,"
    " recipient jsonb, variables jsonb, case_id uuid, task_id uuid) on conflict do nothing"
)


async def add(session: AsyncSession, messages: Iterable[Message]) -> None:
    """Store notices in the transaction of what they tell."""
    rows = [
        {
            "dedupe_key": message.dedupe_key,
            "template": message.template.value,
            "recipient": message.to.model_dump(mode="json", exclude_none=True),
            "variables": dict(message.variables),
            "case_id": str(message.case_id) if message.case_id else None,
            "task_id": str(message.task_id) if message.task_id else None,
        }
        for message in messages
    ]
    if rows:
        await session.execute(
            _INSERT, {"rows": json.dumps(rows, ensure_ascii=False), "at": clock.now()}
        )


@dataclass(frozen=True)
class Told:
    """What the notices of one activation need to know of its case."""

    process: str
    started_by: str
    dated: Mapping[UUID, date]

    @property
    def starter(self) -> UUID | None:
        try:
            return UUID(self.started_by)
        except ValueError:
            return None


async def of_records(session: AsyncSession, records: Records, case: Told) -> None:
    """New tasks, decisions, the end of a case, and a case that calls for attention."""
    common = {
        "process": process_of(case.process).title,
        "case_number": str(records.case_id)[-8:],
    }
    messages = [
        _message(
            records,
            f"task-opened:{ask.id}",
            Template.TASK_OPENED,
            Recipient(role=ask.role, org_id=ask.org_id),
            common | {"task": ask.title} | _due(case.dated.get(ask.id)),
            task_id=ask.id,
        )
        for ask in records.opened
        if not ask.optional
    ]
    for entry in records.entries:
        if entry.kind == "attention":
            messages += await _operators(session, records, entry, common)
        elif entry.kind == "decided" and case.starter and entry.actor != case.started_by:
            decision = CHOICES.get(entry.choice or "", "已办理")
            messages.append(
                _message(
                    records,
                    f"decided:{entry.command_id}",
                    Template.DECISION_MADE,
                    Recipient(account_id=case.starter),
                    common | {"task": entry.title, "decision": decision},
                )
            )
    if records.outcome and case.starter:
        outcome = process_of(case.process).outcomes.get(records.outcome, "已终止")
        messages.append(
            _message(
                records,
                f"case-ended:{records.case_id}",
                Template.CASE_ENDED,
                Recipient(account_id=case.starter),
                common | {"outcome": outcome},
            )
        )
    await add(session, messages)


async def _operators(
    session: AsyncSession, records: Records, entry: Entry, common: Mapping[str, str]
) -> list[Message]:
    root = await session.execute(text("select id from copy_organisations where path='0'"))
    org_id = root.scalar_one_or_none()
    if org_id is None:
        return []
    return [
        _message(
            records,
            f"attention:{records.case_id}:{entry.seq}",
            Template.CASE_ATTENTION,
            Recipient(role=Role.OPERATOR, org_id=org_id),
            {**common, "step": entry.step or "开始", "code": entry.title},
        )
    ]


def _message(
    records: Records,
    key: str,
    template: Template,
    to: Recipient,
    variables: Mapping[str, str],
    *,
    task_id: UUID | None = None,
) -> Message:
    return Message(
        dedupe_key=key,
        template=template,
        to=to,
        variables=dict(variables),
        case_id=records.case_id,
        task_id=task_id,
    )


CHOICES = {
    "approve": "同意",
    "return": "退回补正",
    "refuse": "不予办理",
    "accept": "接收",
    "ask_archive": "调阅档案",
    "resubmit": "已补正",
    "resend": "已补正送达",
    "reissue": "补开介绍信",
    "stop": "终止",
    "withdraw": "撤回",
    "overrule": "责令办理",
    "uphold": "维持",
    "assign": "编入支部",
    "sent": "已寄送",
    "receipt_sent": "回执已寄",
}
"""Choice → 中文, for messages and for portals."""


def _due(day: date | None) -> dict[str, str]:
    return {"due_on": day.isoformat()} if day else {}


async def drain(engine: AsyncEngine, client: NotificationsClient) -> int:
    """Claim a batch, send it outside any transaction, forget it. Safe to repeat: each message
    carries its own dedupe key."""
    async with system_transaction(engine) as session:
        rows = (
            await session.execute(
                text(
                    "update notices set leased_until = clock_timestamp() + interval '30 seconds'"
                    " where dedupe_key in (select dedupe_key from notices"
                    " where leased_until < clock_timestamp() order by created_at limit :n"
                    " for update skip locked) returning *"
                ),
                {"n": BATCH},
            )
        ).all()
    if not rows:
        return 0
    messages = [
        Message(
            dedupe_key=row.dedupe_key,
            template=Template(row.template),
            to=Recipient.model_validate(row.recipient),
            variables=row.variables,
            case_id=row.case_id,
            task_id=row.task_id,
            link=_link(row.task_id, row.case_id),
        )
        for row in rows
    ]
    try:
        stored = await client.send(messages)
    except Unavailable:
        await _release(engine, [row.dedupe_key for row in rows])
        raise
    if stored.refused or stored.without_recipient:
        log.warning("notices-not-told", refused=stored.refused, vacant=stored.without_recipient)
    async with system_transaction(engine) as session:
        await session.execute(
            text("delete from notices where dedupe_key = any(:keys)"),
            {"keys": [message.dedupe_key for message in messages]},
        )
    return len(rows)


async def _release(engine: AsyncEngine, keys: list[str]) -> None:
    """Notifications is away: try again soon, not when the lease runs out."""
    async with system_transaction(engine) as session:
        await session.execute(
            text(
                "update notices set leased_until = clock_timestamp() + interval '2 seconds'"
                " where dedupe_key = any(:keys)"
            ),
            {"keys": keys},
        )


def _link(task_id: UUID | None, case_id: UUID | None) -> str | None:
    if task_id:
        return f"/tasks/{task_id}"
    return f"/cases/{case_id}" if case_id else None


async def loop(app: FastAPI) -> None:
    client = NotificationsClient(app.state.notifications_http)
    while True:
        try:
            sent = await drain(app.state.engine, client)
        except Unavailable:
            sent = 0
        except Problem as problem:
            log.error("notices-refused", code=problem.code)
            sent = 0
        except Exception as error:
            log.warning("notices", exc_info=error)
            sent = 0
        if sent < BATCH:
            await asyncio.sleep(0.5)
