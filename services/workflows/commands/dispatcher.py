"""Delivers recorded commands to Temporal: in the request when it can, later when it must."""

import asyncio
from datetime import timedelta
from typing import Any

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from services.workflows.commands import repository
from services.workflows.commands.outcomes import refused, settle_ended
from services.workflows.commands.repository import Command
from services.workflows.kernel.inlet import Inlet
from shared import logging
from shared.contracts.cases import Decision, Interruption, Repair, Start, View
from shared.database import system_transaction
from shared.failpoints import failpoint

log = logging.logger()
BATCH = 20
BUSY_SECONDS = 1.0


class Dispatcher:
    """One in every replica of the API; the command row, not Temporal, guards against a second
    start (Temporal forgets closed cases after its retention)."""

    def __init__(self, engine: AsyncEngine, client: Client, *, queue: str) -> None:
        self._engine = engine
        self._client = client
        self._queue = queue

    async def deliver(self, command: Command, *, within: float) -> bool:
        """Hand one command over and wait for the case to come to rest; False means later."""
        try:
            async with asyncio.timeout(within):
                await self._send(command)
        except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError):
            return False
        except WorkflowUpdateFailedError as failed:
            return await self._failed(command, failed)
        except WorkflowAlreadyStartedError:
            await settle_ended(self._engine, command)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                return False
            await settle_ended(self._engine, command)
        failpoint("after-temporal")
        return True

    async def _failed(self, command: Command, failed: WorkflowUpdateFailedError) -> bool:
        cause = failed.cause
        code = cause.type if isinstance(cause, ApplicationError) else None
        if code == "busy":
            async with system_transaction(self._engine) as session:
                gone = await repository.task_is_gone(session, command)
                await repository.release(session, command.id, seconds=BUSY_SECONDS)
            if gone:
                await refused(self._engine, command, "task-not-open")
            return gone
        if code == "AcceptedUpdateCompletedWorkflow" or code is None:
            await settle_ended(self._engine, command)
            return True
        await refused(self._engine, command, code)
        return True

    async def _send(self, command: Command) -> None:
        process = command.body["process"]
        workflow_id = f"{process}/{command.case_id}"
        if command.kind == "start":
            await self._start(command, process, workflow_id)
            return
        handle = self._client.get_workflow_handle(workflow_id)
        update = str(command.id)
        match command.kind:
            case "decide":
                decision = Decision.model_validate(command.body["decision"])
                await handle.execute_update(Inlet.decide, decision, id=update)
            case "interrupt":
                stop = Interruption.model_validate(command.body["interruption"])
                await handle.execute_update(Inlet.interrupt, stop, id=update)
            case _:
                repair = Repair.model_validate(command.body["repair"])
                await handle.execute_update(Inlet.mend, repair, id=update)

    async def _start(self, command: Command, process: str, workflow_id: str) -> None:
        start = Start.model_validate(command.body["start"])
        operation: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
            process,
            start,
            id=workflow_id,
            task_queue=self._queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
        )
        await self._client.execute_update_with_start_workflow(
            "settle",
            id=str(command.id),
            start_workflow_operation=operation,
            result_type=View,
            rpc_timeout=timedelta(seconds=30),
        )

    async def sweep(self) -> int:
        """Deliver what is waiting; one round."""
        async with system_transaction(self._engine) as session:
            waiting = await repository.lease(session, limit=BATCH)
        done = await asyncio.gather(
            *(self.deliver(command, within=10) for command in waiting), return_exceptions=True
        )
        for error in done:
            if isinstance(error, BaseException):
                log.warning("deliver", exc_info=error)
        return sum(1 for outcome in done if outcome is True)


async def loop(app: FastAPI) -> None:
    """The dispatcher's own rounds, for as long as the service runs."""
    while True:
        delivered = 0
        try:
            dispatcher: Dispatcher | None = app.state.dispatcher
            if dispatcher:
                delivered = await dispatcher.sweep()
        except Exception as error:
            log.warning("dispatcher", exc_info=error)
        if delivered < BATCH:
            await asyncio.sleep(0.5)
