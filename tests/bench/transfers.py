"""The same through the REST API: a transfer with letter, four decisions, five register effects."""

import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from deploy.local.suite import Suite
from tests.bench.floor import Rate, run_lanes
from tests.e2e.people import Person, transfer_of
from tests.village import Village

DECISIONS = 4
CHECKED: dict[str, Any] = {
    "dues_paid_to": "2026-01-01",
    "discipline_clear": True,
    "posts_settled": True,
}


class Office:
    """Three people who answer everything; task ids come from the answers, as for a portal."""

    def __init__(self, suite: Suite, village: Village) -> None:
        self._suite = suite
        self._village = village
        self._members: Iterator[UUID] = iter(village.members)
        self.people: dict[str, Person] = {}
        self.last_case = ""

    async def arrive(self) -> None:
        for login in ("secretary-east-1", "committee-east", "committee-west"):
            self.people[login] = await Person.at_desk(self._suite, login)

    async def one(self, steps: list[float]) -> None:
        secretary, east, west = self.people.values()
        member = next(self._members)
        target = self._village.orgs["west-1"]
        body = transfer_of(member, target)
        begun = time.perf_counter()
        answer = await secretary.post("/v1/cases", body)
        steps_of_case = [time.perf_counter() - begun]
        case = answer.json()["case_id"]
        branch = {"branch_id": str(target)}
        for person, choice, form in (
            (secretary, "approve", CHECKED),
            (east, "approve", {}),
            (west, "accept", branch),
            (west, "receipt_sent", {}),
        ):
            assert answer.status_code == 201, f"{answer.status_code} {answer.text}"
            task = answer.json()["case"]["waiting"][0]
            begun = time.perf_counter()
            answer = await person.post(
                f"/v1/tasks/{task}/decisions", {"choice": choice, "form": form}
            )
            steps_of_case.append(time.perf_counter() - begun)
        steps.extend(steps_of_case[1:])
        assert answer.json()["case"]["outcome"] == "transferred", answer.text
        self.last_case = case


async def measure(suite: Suite, village: Village, *, lanes: int, seconds: float) -> Rate:
    office = Office(suite, village)
    await office.arrive()
    return await run_lanes(office.one, lanes, seconds)
