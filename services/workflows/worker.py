"""Builds and runs the worker; only process files run inside the sandbox."""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client
from temporalio.worker import (
    PollerBehaviorSimpleMaximum,
    UnsandboxedWorkflowRunner,
    Worker,
    WorkflowRunner,
)
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from services.workflows.activities.orgs import Orgs
from services.workflows.activities.records import RecordsOf
from services.workflows.codec import converter
from services.workflows.registry import all_processes
from services.workflows.reminders import schedule
from services.workflows.reminders.schedule import ReminderRound, Reminders
from services.workflows.settings import WorkflowsSettings
from shared import logging
from shared.clients.machine import http_of
from shared.clients.orgs import OrgsClient
from shared.database import engine

log = logging.logger()
PASSED_THROUGH = (
    "shared",
    "services.workflows.activities",
    "services.workflows.intake",
    "services.workflows.kernel",
    "services.workflows.reminders.rounds",
    "annotated_types",
    "dateutil",
    "httpx",
    "pydantic",
    "pydantic_core",
    "six",
    "sqlalchemy",
    "sqlmodel",
    "starlette",
    "structlog",
    "typing_extensions",
    "jwt",
    "cryptography",
)


def runner(*, sandbox: bool) -> WorkflowRunner:
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
    sandboxed = SandboxedWorkflowRunner(restrictions=restrictions)
    return sandboxed if sandbox else UnsandboxedWorkflowRunner()


def build_worker(
    client: Client,
    activities: Sequence[Any],
    *,
    queue: str = "processes",
    sandbox: bool = True,
    cached: int = 1000,
) -> Worker:
    """The one worker factory; the numbers are measured (docs/performance.md)."""
    pollers = PollerBehaviorSimpleMaximum(10)
    processes = [process.workflow for process in all_processes().values()]
    return Worker(
        client,
        task_queue=queue,
        workflows=[*processes, ReminderRound],
        activities=activities,
        workflow_runner=runner(sandbox=sandbox),
        max_cached_workflows=cached,
        nonsticky_to_sticky_poll_ratio=0.5,
        workflow_task_poller_behavior=pollers,
        activity_task_poller_behavior=pollers,
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=1),
        graceful_shutdown_timeout=timedelta(seconds=5),
    )


def activities_of(on: AsyncEngine, register: OrgsClient) -> list[Any]:
    orgs, records, reminders = Orgs(register), RecordsOf(on), Reminders(on, register)
    return [
        orgs.member_effect,
        orgs.issue_letter,
        orgs.letter_effect,
        records.write,
        records.decided_in_time,
        reminders.tasks,
        reminders.terms,
    ]


async def main() -> None:
    logging.configure("worker")
    settings = WorkflowsSettings()  # pyright: ignore[reportCallIssue]
    client = await connected(settings)
    database = engine(settings.database_url, pool_size=settings.pool_size)
    http = http_of(
        settings.orgs_url,
        issuer=settings.issuer,
        client_id=settings.client_id,
        secret=settings.client_secret.get_secret_value(),
    )
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with http:
        worker = build_worker(
            client,
            activities_of(database, OrgsClient(http)),
            queue=settings.task_queue,
            sandbox=settings.sandbox,
            cached=settings.max_cached_workflows,
        )
        async with worker:
            if settings.schedules:
                await schedule.ensure(
                    client, queue=settings.task_queue, every_seconds=settings.round_seconds
                )
            log.info("ready", sandbox=settings.sandbox)
            announce(settings.ready_file)
            await stop.wait()
    await database.dispose()


async def connected(settings: WorkflowsSettings) -> Client:
    while True:
        try:
            return await Client.connect(
                settings.temporal_address,
                namespace=settings.temporal_namespace,
                data_converter=converter(settings.payload_keys),
            )
        except RuntimeError as error:
            log.warning("temporal-away", exc_info=error)
            await asyncio.sleep(1)


def announce(ready_file: str) -> None:
    if ready_file:
        Path(ready_file).write_text(str(os.getpid()))


if __name__ == "__main__":
    asyncio.run(main())
    gc.collect()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # a process that ran a worker may abort at interpreter exit (tried)
