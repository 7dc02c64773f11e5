"""The real apps in one process over a village, for the typed clients to call."""

from collections.abc import AsyncGenerator

import pytest_asyncio

from tests.apps import Apps, opened
from tests.databases import SharedServer


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def apps(postgres_server: SharedServer, worker_name: str) -> AsyncGenerator[Apps]:
    databases = postgres_server.clone(f"{worker_name}_contracts")
    async with opened(databases) as running:
        yield running
    postgres_server.drop(databases)
