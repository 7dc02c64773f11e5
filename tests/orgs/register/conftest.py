"""One open office per test."""

from collections.abc import AsyncGenerator

import pytest_asyncio

from tests.orgs.register.office import Office, opened


@pytest_asyncio.fixture
async def office(orgs_database: str, keys_database: str) -> AsyncGenerator[Office]:
    async with opened(orgs_database, keys_database) as found:
        yield found
