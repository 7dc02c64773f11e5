"""Lets days pass: the engine's time first, then every process's clock, then the rounds."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from google.protobuf.empty_pb2 import Empty
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.api.testservice.v1 import LockTimeSkippingRequest, SleepRequest
from temporalio.client import Client

from services.workflows.reminders import rounds
from services.workflows.settings import WorkflowsSettings
from shared import clock
from shared.clients.machine import http_of
from shared.clients.orgs import OrgsClient
from shared.database import engine


class Days:
    """Holds the engine's test service, the database of the rounds, and the clock's file."""

    def __init__(
        self, client: Client, database: AsyncEngine, register: OrgsClient, offset: Path
    ) -> None:
        self._client = client
        self._database = database
        self._register = register
        self._offset = offset
        self.passed = 0

    async def next(self) -> int:
        """One day later; how many reminders of tasks went out (terms are told of besides)."""
        request = SleepRequest()
        request.duration.FromTimedelta(timedelta(days=1))
        await self._client.test_service.unlock_time_skipping_with_sleep(request)
        await self.follow()
        self.passed += 1
        await rounds.round_of_terms(self._database, self._register, clock.today())
        return await rounds.round_of_tasks(self._database, clock.today())

    async def follow(self) -> None:
        """Every process adds this to the time of day."""
        answer = await self._client.test_service.get_current_time(Empty())
        skipped = answer.time.ToDatetime(tzinfo=UTC) - datetime.now(UTC)  # noqa: TID251
        fresh = self._offset.with_suffix(".new")
        fresh.write_text(f"{skipped.total_seconds():.3f}")
        fresh.replace(self._offset)


@asynccontextmanager
async def beginning(offset: Path) -> AsyncGenerator[Days]:
    """From here on time passes only when it is told to: the server would skip to the next timer
    of any case by itself."""
    settings = WorkflowsSettings()  # pyright: ignore[reportCallIssue]
    client = await Client.connect(settings.temporal_address, namespace=settings.temporal_namespace)
    await client.test_service.lock_time_skipping(LockTimeSkippingRequest())
    database = engine(settings.database_url, pool_size=1)
    secret = settings.client_secret.get_secret_value()
    http = http_of(
        settings.orgs_url, issuer=settings.issuer, client_id=settings.client_id, secret=secret
    )
    try:
        async with http:
            days = Days(client, database, OrgsClient(http), offset)
            await days.follow()
            yield days
    finally:
        await database.dispose()
