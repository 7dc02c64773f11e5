"""One walk through a case: who does what, printed with article and date, and checked at once."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from deploy.local.caller import Caller, Person, Refused
from shared import clock

PROCESS = "transfer_member"
PATIENCE_SECONDS = 60.0
PAUSE_SECONDS = 0.25
OPEN_ENDED = "（不限期）"


class NotAsExpected(Exception):
    """What the demonstration found is not what the rules say."""


@dataclass
class Actor:
    """Someone with a title, as the print shows them."""

    title: str
    caller: Caller = field(repr=False)
    org_id: UUID
    org_name: str
    name: str = ""


@dataclass
class Case:
    """A transfer on its way, as the demonstration follows it."""

    id: UUID
    members: tuple[UUID, ...]
    starter: Actor


class Stage:
    """Prints numbered steps; every step is a call of the public API."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say
        self.step = 0
        self.choices: dict[str, str] = {}
        self.outcomes: dict[str, str] = {}

    def scene(self, title: str) -> None:
        self.step = 0
        self.say("")
        self.say(f"━━ {title}")

    def tell(self, who: Actor, what: str, *, article: str = "", until: str = "") -> None:
        self.step += 1
        basis = f"  依据：第{article}条" if article else ""
        due = f"  期限：{until}" if until else ""
        self.say(
            f"{self.step:>3}. {clock.today():%Y-%m-%d}  {who.title}{who.name}（{who.org_name}）  "
            f"{what}{basis}{due}"
        )

    def check(self, holds: bool, what: str) -> None:
        if not holds:
            raise NotAsExpected(what)
        self.say(f"     ✓ {what}")

    async def read_process(self, who: Actor) -> None:
        """Titles of choices and outcomes, as a portal builds its forms from them."""
        told = await who.caller.get("workflows", f"/v1/processes/{PROCESS}")
        self.choices, self.outcomes = told["choices"], told["outcomes"]

    async def file(
        self, who: Actor, members: Sequence[UUID], to: UUID, *, ground: str = "changed_unit",
        mode: str = "suite",
    ) -> Case:  # fmt: skip
        request = {
            "member_ids": [str(member) for member in members], "to_org_id": str(to),
            "ground": ground, "mode": mode, "applied_on": clock.today().isoformat(),
        }  # fmt: skip
        body = {"process": PROCESS, "request": request}
        made = await who.caller.post("workflows", "/v1/cases", body)
        case = Case(UUID(made["case_id"]), tuple(members), who)
        self.tell(who, f"提出转接申请（{len(members)} 名党员）", article="10")
        await self.applied(who, made)
        return case

    async def answer(
        self, who: Actor, case: Case, key: str, choice: str, *, on: date | None = None, **form: Any
    ) -> None:
        """Find one's own turn in the inbox, and answer it. Errors: Refused, NotAsExpected."""
        task = await self.turn(who, case, key)
        made = await self.decide(who, task, choice, on=on, **form)
        self.tell(
            who, f"{task['title']} → {self.choices.get(choice, choice)}",
            article=task["article"], until=task["due_on"] or OPEN_ENDED,
        )  # fmt: skip
        await self.applied(who, made)

    async def decide(
        self, who: Actor, task: dict[str, Any], choice: str, *, on: date | None = None, **form: Any
    ) -> dict[str, Any]:
        body: dict[str, Any] = {"choice": choice, "form": form}
        if on:
            body["on"] = on.isoformat()
        path = f"/v1/tasks/{task['id']}/decisions"
        return await who.caller.post("workflows", path, body)

    async def turn(self, who: Actor, case: Case, key: str) -> dict[str, Any]:
        """The open task of that key in the person's own inbox, once it is there."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                for box in ("todo", "optional"):
                    found = await self._in_box(who, case, key, box)
                    if found:
                        return found
                await asyncio.sleep(PAUSE_SECONDS)

    async def _in_box(self, who: Actor, case: Case, key: str, box: str) -> dict[str, Any] | None:
        after: dict[str, str] = {}
        while True:
            page = await who.caller.get("workflows", "/v1/tasks", box=box, limit=200, **after)
            for task in page["items"]:
                if task["case_id"] == str(case.id) and task["key"] == key and not task["recorded"]:
                    return task
            if not page["next"]:
                return None
            after = {"after": page["next"]}

    async def applied(self, who: Actor, made: dict[str, Any]) -> None:
        """201 says so at once; after a 202 it is asked for until it is."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while made["state"] == "recorded":
                await asyncio.sleep(PAUSE_SECONDS)
                made = await who.caller.get("workflows", f"/v1/commands/{made['command_id']}")
        if made["state"] != "applied":
            raise NotAsExpected(f"命令未生效：{made['refusal']}")

    async def refused(self, what: str, code: str, attempt: Callable[[], Any]) -> None:
        """The attempt must be refused with that code."""
        try:
            await attempt()
        except Refused as refused:
            self.check(refused.code == code, f"{what}：{refused.status} {code}，{refused.detail}")
            return
        raise NotAsExpected(f"{what}：本应被拒绝（{code}）")

    async def ended(self, who: Actor, case: Case, outcome: str) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                found = await who.caller.get("workflows", f"/v1/cases/{case.id}")
                if found["state"] == "ended":
                    break
                await asyncio.sleep(PAUSE_SECONDS)
        title = self.outcomes.get(outcome, outcome)
        self.check(found["outcome"] == outcome, f"事项办结：{title}")
        return found

    async def known(self, who: Actor, case: Case) -> dict[str, str]:
        """Serial and other numbers that the case page shows."""
        found = await who.caller.get("workflows", f"/v1/cases/{case.id}")
        return found["known"]


def person_of(actor: Actor) -> Person:
    assert isinstance(actor.caller, Person)  # noqa: S101
    return actor.caller
