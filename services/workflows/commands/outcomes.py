"""What becomes of a command that Temporal answers with a refusal, or with an ended case."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.workflows import notices
from services.workflows.commands import repository
from services.workflows.commands.repository import Command
from services.workflows.registry import process_of
from shared.contracts.messages import Message, Recipient, Template
from shared.database import system_transaction
from shared.problems import Conflict

SENTENCES = {
    "task-not-open": "该事项已由他人办理或已关闭，请刷新后查看最新进展。",
    "choice-unknown": "所选处理方式已不适用，请刷新后重新选择。",
    "not-withdrawable": "事项已进入不可撤回的环节，请与对方党组织联系。",
    "case-ended": "事项已经办结，无需再办理。",
    "not-in-attention": "事项已恢复正常，无需处置。",
}


def conflict(code: str) -> Conflict:
    return Conflict(code, SENTENCES.get(code, "未能办理，请刷新后查看最新进展。"))


async def refused(engine: AsyncEngine, command: Command, code: str) -> None:
    """A refusal after a 202 is told to the person."""
    async with system_transaction(engine) as session:
        if not await repository.refuse(session, command.id, code):
            return
        actor = account(command.actor)
        if actor is None:
            return
        title = process_of(command.body["process"]).title
        told = Message(
            dedupe_key=f"refused:{command.id}",
            template=Template.COMMAND_REFUSED,
            to=Recipient(account_id=actor),
            variables={
                "process": title,
                "task": str(command.body.get("title", title)),
                "reason": conflict(code).detail,
                "case_number": str(command.case_id)[-8:],
            },
            case_id=command.case_id,
        )
        await notices.add(session, [told])


async def settle_ended(engine: AsyncEngine, command: Command) -> None:
    """Temporal knows no running case: it has ended, or its start was delivered before."""
    async with system_transaction(engine) as session:
        state = (
            await session.execute(
                text("select state from cases where id=:id"), {"id": command.case_id}
            )
        ).scalar_one()
        if command.kind == "start":
            if state != "recorded":
                await repository.apply(session, command.id)
            return
    if state == "ended":
        await refused(engine, command, "case-ended")


def account(actor: str) -> UUID | None:
    try:
        return UUID(actor)
    except ValueError:
        return None
