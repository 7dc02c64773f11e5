"""A migrated database for each test, as the app role."""

from collections.abc import AsyncGenerator

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.database import engine
from tests.databases import DatabaseSet
from tests.notifications.world import seen


@pytest.fixture
def url(fresh_postgres: DatabaseSet) -> str:
    return fresh_postgres.url("notifications")


@pytest_asyncio.fixture
async def on(url: str) -> AsyncGenerator[AsyncEngine]:
    made = engine(url, pool_size=4)
    await seen(made)
    yield made
    await made.dispose()
