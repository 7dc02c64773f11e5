"""One suite for all fault tests of a process, with a Postgres of its own that may be killed."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest
import pytest_asyncio

from deploy.local.suite import Suite
from services.orgs.register.people.sealing import Typed
from shared.access import Role
from tests import village
from tests.e2e.people import Person, until
from tests.faults.carrier import Office, Passes
from tests.staff import employ
from tests.village import Village

READER = Typed(name="示例读信人", email="reader-west@example.cn")


@pytest.fixture(scope="package")
def broken_suite(tmp_path_factory: pytest.TempPathFactory) -> Generator[Suite]:
    running = Suite.isolated()
    armed = tmp_path_factory.mktemp("failpoints")
    running.overrides = {
        "DANGJIAN_FAILPOINTS": str(armed),
        # One account is told of every case here: the daily cap is tested elsewhere.
        "DANGJIAN_NOTIFICATIONS_EMAIL_PER_DAY": "1000",
    }
    with running:
        yield running


@pytest.fixture(scope="package")
def failpoints(broken_suite: Suite) -> Path:
    return Path(broken_suite.overrides["DANGJIAN_FAILPOINTS"])


@pytest.fixture(scope="package")
def population(broken_suite: Suite) -> Village:
    return asyncio.run(_populated(broken_suite))


async def _populated(suite: Suite) -> Village:
    loaded = await village.load(suite.env, members=80)
    await employ(suite.env, loaded, "reader-west", READER, at="west", role=Role.COMMITTEE)

    async def copied() -> bool:
        person = await Person.at_desk(suite, "reader-west")
        answer = await person.get("/v1/cases")
        told = await person.get("/v1/inbox", "notifications")
        await person.leave()
        return answer.status_code == told.status_code == 200

    await until(copied)
    return loaded


@pytest.fixture(scope="package")
def members(population: Village) -> list[int]:
    """Members of the first branch whom no test has moved yet; each test takes some."""
    return list(range(len(population.members) - 2))


@pytest.fixture(scope="package")
def passes(broken_suite: Suite) -> Passes:
    return Passes(broken_suite)


@pytest_asyncio.fixture
async def office(
    broken_suite: Suite, population: Village, members: list[int], passes: Passes
) -> AsyncGenerator[Office]:
    """Everyone is logged in before anything breaks, for a token lives five minutes."""
    opened = Office(broken_suite, population, members, await passes.desks())
    yield opened
    await opened.closed()
