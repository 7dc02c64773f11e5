"""One suite with a small register for all end-to-end tests of a module."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable

import pytest
import pytest_asyncio

from deploy.local.suite import Suite
from tests import village
from tests.e2e.people import Person, until
from tests.village import Village

Desk = Callable[[str], Awaitable[Person]]


@pytest.fixture(scope="module")
def peopled(suite: Suite) -> Village:
    return asyncio.run(_peopled(suite))


async def _peopled(suite: Suite) -> Village:
    loaded = await village.load(suite.env)

    async def copied() -> bool:
        person = await Person.at_desk(suite, "organiser")
        answer = await person.get("/v1/cases")
        await person.leave()
        return answer.status_code == 200

    await until(copied)
    return loaded


@pytest_asyncio.fixture
async def desk(suite: Suite, peopled: Village) -> AsyncGenerator[Desk]:
    """Log people in; `peopled` is there by then."""
    opened: dict[str, Person] = {}

    async def at(login: str) -> Person:
        if login not in opened:
            opened[login] = await Person.at_desk(suite, login)
        return opened[login]

    yield at
    for person in opened.values():
        await person.leave()
