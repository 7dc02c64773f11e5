"""kill -9 of each process at each named point, with transfers in flight: I1 to I6 hold."""

import asyncio
from pathlib import Path

import pytest

from deploy.local.suite import Suite
from tests.e2e.people import until
from tests.faults.carrier import Office, carried
from tests.faults.oracle import Oracle

POINTS = (
    ("workflows", "after-commit"),
    ("workflows", "after-temporal"),
    ("worker", "after-effect"),
    ("worker", "after-records"),
    ("orgs", "orgs-before-reply"),
    ("notifications", "notifications-before-reply"),
)
ANYWHERE = ("temporal", "postgres")


@pytest.mark.parametrize(("victim", "point"), POINTS)
async def test_nothing_acknowledged_is_lost_or_doubled_when_a_process_dies_at(
    victim: str, point: str, broken_suite: Suite, failpoints: Path, office: Office
) -> None:
    transfers = await office.transfers(3)
    (failpoints / point).touch()
    work = asyncio.ensure_future(carried(transfers))
    await died(broken_suite, victim)
    await asyncio.to_thread(broken_suite.start, victim)
    await work
    assert await Oracle(broken_suite).violations(office.acks) == []


@pytest.mark.parametrize("victim", ANYWHERE)
async def test_nothing_acknowledged_is_lost_or_doubled_when_killed_anywhere(
    victim: str, broken_suite: Suite, office: Office
) -> None:
    transfers = await office.transfers(2)
    work = asyncio.ensure_future(carried(transfers))
    await asyncio.sleep(0.5)
    await asyncio.to_thread(broken_suite.kill, victim)
    await asyncio.to_thread(broken_suite.start, victim)
    await work
    assert await Oracle(broken_suite).violations(office.acks) == []


async def died(suite: Suite, victim: str) -> None:
    async def dead() -> bool:
        return not suite.children[victim].alive

    await until(dead, seconds=30)
