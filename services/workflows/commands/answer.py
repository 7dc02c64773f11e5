"""Takes a command in, once, and answers where it stands: applied, recorded or refused."""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from sqlmodel.ext.asyncio.session import AsyncSession

from services.workflows.cases import repository as cases
from services.workflows.commands import repository
from services.workflows.commands.dispatcher import Dispatcher
from services.workflows.commands.outcomes import conflict
from services.workflows.commands.repository import Command
from shared.contracts.inbox import CommandStatus
from shared.database import system_transaction
from shared.failpoints import failpoint
from shared.idempotency import MAX_KEY, body_hash
from shared.measured import problem_response
from shared.problems import Invalid

ANSWERS: dict[int | str, dict[str, Any]] = {
    201: {"model": CommandStatus, "description": "Applied: the case has come to rest"},
    202: {"model": CommandStatus, "description": "Recorded: it will be applied, once"},
}
Make = Callable[[str, str], Awaitable[Command]]


async def once(
    request: Request, session: AsyncSession, caller: str, make: Make, *, shows_case: bool = True
) -> None:
    """Record the command that `make(key, digest)` builds, unless its key is known already.

    Errors: 422 key-missing, key-invalid, key-reused. The answer is given after the commit.
    """
    key = _key(request)
    asked = request.url.path.encode() + b"\n" + await request.body()
    digest = body_hash(request.app.state.body_key, asked)
    known = await repository.by_key(session, caller, key)
    if known is not None and known.body_hash != digest:
        raise Invalid(
            "key-reused",
            "同一个 Idempotency-Key 已用于另一份内容，请换一个新的键再提交。",
            field="Idempotency-Key",
        )
    command = known or await make(key, digest)
    request.state.after_commit = _after(
        request, command, fresh=known is None, shows_case=shows_case
    )


def _key(request: Request) -> str:
    key = request.headers.get("idempotency-key", "")
    if not key:
        raise Invalid(
            "key-missing",
            "写操作必须带 Idempotency-Key 请求头，重复提交时使用同一个键。",
            field="Idempotency-Key",
        )
    if len(key) > MAX_KEY:
        raise Invalid(
            "key-invalid", "Idempotency-Key 长度应为 1 至 200 个字符。", field="Idempotency-Key"
        )
    return key


def _after(
    request: Request, command: Command, *, fresh: bool, shows_case: bool
) -> Callable[[Response], Awaitable[Response]]:
    async def answer(_: Response) -> Response:
        failpoint("after-commit")
        state = request.app.state
        dispatcher: Dispatcher | None = state.dispatcher
        if fresh and dispatcher:
            await dispatcher.deliver(command, within=state.settings.answer_seconds)
        async with system_transaction(state.engine) as session:
            status = await status_of(session, command.id)
        return rendered(status if shows_case else status.model_copy(update={"case": None}))

    return answer


async def status_of(session: AsyncSession, command_id: UUID) -> CommandStatus:
    command = await repository.by_id(session, command_id)
    assert command is not None  # noqa: S101
    case = await cases.one(session, command.case_id)
    waiting = command.state == "applied" and case.state == "attention"
    return CommandStatus(
        command_id=command.id,
        case_id=command.case_id,
        state="recorded" if waiting else command.state,
        refusal=command.refusal,
        case=case,
    )


def rendered(status: CommandStatus) -> Response:
    if status.state == "refused":
        return problem_response(conflict(str(status.refusal)))
    body: dict[str, Any] = json.loads(status.model_dump_json())
    return JSONResponse(body, status_code=201 if status.state == "applied" else 202)
