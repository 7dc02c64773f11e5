"""Carries transfers through all their steps, whatever breaks meanwhile, and notes what was acked.

Each call is repeated with its own key until it is acknowledged, as a good client does.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from deploy.local.login import log_in
from deploy.local.suite import Suite
from shared.ids import new_id
from tests.e2e.people import Person, transfer_of
from tests.village import PASSWORD, Village

DESKS = ("secretary-east-1", "committee-east", "committee-west", "reader-west", "operator")
CHECKED: dict[str, Any] = {
    "dues_paid_to": "2026-01-01",
    "discipline_clear": True,
    "posts_settled": True,
}
PATIENCE_SECONDS = 75
RENEW_SECONDS = 150
ACKNOWLEDGED = frozenset({201, 202})
Call = Callable[[], Awaitable[httpx.Response]]


@dataclass(frozen=True)
class Ack:
    """An answer that promised something: its command will have its effect, once."""

    command_id: str
    case_id: str
    status: int


class Passes:
    """Tokens of everyone, renewed before they end: logging in takes longer than a fault."""

    def __init__(self, suite: Suite) -> None:
        self._suite = suite
        self._tokens: list[str] = []
        self._since = 0.0

    async def desks(self) -> dict[str, Person]:
        if not self._tokens or time.monotonic() - self._since > RENEW_SECONDS:
            url = self._suite.url("orgs")
            found = await asyncio.gather(*(log_in(url, login, PASSWORD) for login in DESKS))
            self._tokens, self._since = [one.access_token for one in found], time.monotonic()
        people = [Person(self._suite, token) for token in self._tokens]
        return dict(zip(DESKS, people, strict=True))


@dataclass
class Office:
    """Everyone at their desks, and the log of what they were promised."""

    suite: Suite
    village: Village
    members: list[int]
    desks: dict[str, Person]
    acks: list[Ack] = field(default_factory=list[Ack])

    async def closed(self) -> None:
        await asyncio.gather(*(person.leave() for person in self.desks.values()))

    async def transfers(self, count: int) -> "list[Transfer]":
        """Several cases, filed at the same time."""
        taken = [Transfer(self, self.members.pop(0)) for _ in range(count)]
        await asyncio.gather(*(one.file() for one in taken))
        return taken

    def acknowledge(self, answer: httpx.Response) -> Ack:
        assert answer.status_code in ACKNOWLEDGED, answer.text
        told = answer.json()
        ack = Ack(told["command_id"], told["case_id"], answer.status_code)
        self.acks.append(ack)
        return ack


@dataclass
class Transfer:
    """One case on its way from the first branch in the east to the first in the west."""

    office: Office
    member: int
    id: str = ""

    async def file(self) -> None:
        village = self.office.village
        body = transfer_of(village.members[self.member], village.orgs["west-1"])
        desk, key = self.office.desks["secretary-east-1"], str(new_id())
        answer = await persistently(lambda: desk.post("/v1/cases", body, key=key))
        self.id = self.office.acknowledge(answer).case_id

    async def carry(self) -> None:
        """From the branch's check to the receipt."""
        await self.check()
        await self.send()
        await self.accept()
        await self.confirm()
        await self.ended()

    async def check(self) -> Ack:
        return await self.answer("secretary-east-1", "branch_check", "approve", **CHECKED)

    async def send(self, **more: Any) -> Ack:
        return await self.answer("committee-east", "sending_decision", "approve", **more)

    async def accept(self) -> Ack:
        branch = str(self.office.village.orgs["west-1"])
        await self.task("committee-west", "receiving_decision")
        serial = await self.serial()
        return await self.answer(
            "committee-west", "receiving_decision", "accept", branch_id=branch, serial=serial
        )

    async def confirm(self) -> Ack:
        return await self.answer(
            "committee-west", "receipt", "receipt_sent", serial=await self.serial()
        )

    async def answer(self, login: str, task: str, choice: str, **form: Any) -> Ack:
        found = await self.task(login, task)
        on = form.pop("on", None)
        body = {"choice": choice, "form": form} | ({"on": on} if on else {})
        desk, key = self.office.desks[login], str(new_id())
        path = f"/v1/tasks/{found['id']}/decisions"
        answer = await persistently(lambda: desk.post(path, body, key=key))
        return self.office.acknowledge(answer)

    async def task(self, login: str, key: str) -> dict[str, Any]:
        """Wait until it is that desk's turn."""

        def found(answer: httpx.Response) -> list[dict[str, Any]]:
            items: list[dict[str, Any]] = answer.json()["items"]
            mine = [t for t in items if t["case_id"] == self.id and t["key"] == key]
            return [task for task in mine if not task["recorded"]]

        desk = self.office.desks[login]
        answer = await persistently(
            lambda: desk.get("/v1/tasks", limit=200), until=lambda a: bool(found(a))
        )
        return found(answer)[0]

    async def detail(self) -> dict[str, Any]:
        desk = self.office.desks["committee-east"]
        return (await persistently(lambda: desk.get(f"/v1/cases/{self.id}"))).json()

    async def serial(self) -> str:
        return (await self.detail())["known"]["serial"]

    async def ended(self) -> None:
        desk = self.office.desks["committee-east"]
        await persistently(
            lambda: desk.get(f"/v1/cases/{self.id}"), until=lambda a: a.json()["state"] == "ended"
        )


async def persistently(
    call: Call, *, until: Callable[[httpx.Response], bool] = lambda _: True
) -> httpx.Response:
    """Repeat it while its service is away, or until its answer is the one that is waited for."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                answer = await call()
            except httpx.TransportError:
                await asyncio.sleep(0.2)
                continue
            busy = answer.status_code == 409 and answer.json()["code"] == "key-in-flight"
            if answer.status_code < 500 and not busy and until(answer):
                return answer
            await asyncio.sleep(0.2)


async def carried(transfers: Sequence[Transfer]) -> None:
    await asyncio.gather(*(one.carry() for one in transfers))
