"""What time alone brings about: reminders, an expired letter of 30 days, one of 90 days."""

import asyncio
from typing import Any

from deploy.local.demo import checks
from deploy.local.demo.cast import Cast
from deploy.local.demo.scenes import Scenes, external
from deploy.local.demo.stage import (
    PAUSE_SECONDS,
    Actor,
    Case,
    NotAsExpected,
    Stage,
)
from deploy.local.fast_forward.days import Days
from shared import clock
from shared.contracts.messages import Template

LONGEST_DAYS = 100
NEWS_TRIES = 10
REMINDERS = frozenset({
    Template.LETTER_EXPIRING, Template.TASK_DUE_SOON, Template.TASK_OVERDUE,
    Template.TASK_ESCALATED, Template.RECEIPT_OVERDUE,
})  # fmt: skip


class Expiry:
    """Two letters on their way while the days pass."""

    def __init__(self, stage: Stage, cast: Cast, scenes: Scenes, days: Days) -> None:
        self.stage = stage
        self.cast = cast
        self.scenes = scenes
        self.days = days

    async def play(self) -> None:
        stage, cast = self.stage, self.cast
        stage.scene("市内介绍信有效 30 天，市外 90 天：两封信都无人接收")
        near = await stage.file(cast.secretary, cast.take(), cast.host.org_id)
        await self.scenes.to_the_receiver(near)
        target = await external(cast.clerk)
        far = await stage.file(cast.secretary, cast.take(), target, mode="paper")
        await self.scenes.to_the_receiver(far)
        receiving = await stage.turn(cast.receiver, near, "receiving_decision")
        await self.until_lapsed(near, receiving)
        await self.reissued(near, receiving)
        await self.until_lapsed(far, await stage.turn(cast.clerk, far, "receiving_decision"))
        await self.stopped(far)

    async def until_lapsed(self, case: Case, task: dict[str, Any]) -> None:
        """Day after day, until the period is over and the sender is asked what to do."""
        stage, clerk = self.stage, self.cast.clerk
        valid_until = task["due_on"]
        stage.say(f"     … 日子一天天过去，介绍信有效期至 {valid_until} …")
        while clock.today().isoformat() <= valid_until:
            await self.day_passes()
            if self.days.passed > LONGEST_DAYS:
                raise NotAsExpected("介绍信没有按期失效")
        lapsed = await stage.turn(clerk, case, "reissue")
        stage.check(
            clock.today().isoformat() > valid_until,
            f"第 {self.days.passed} 天（{clock.today()}）：{lapsed['title']}",
        )

    async def day_passes(self) -> None:
        """Prints what the day brought to the two clerks."""
        before = await self._seen()
        told = await self.days.next()
        for title in await self._titles(before) if told else ():
            self.stage.say(f"     第 {self.days.passed:>2} 天 {clock.today()}  {title}")

    async def reissued(self, case: Case, task: dict[str, Any]) -> None:
        """A late acceptance is refused; a new letter makes the old serial void."""
        stage, cast = self.stage, self.cast
        await self.late(cast.receiver, task)
        old = (await stage.known(cast.clerk, case))["serial"]
        await stage.answer(cast.clerk, case, "reissue", "reissue")
        new = (await stage.known(cast.clerk, case))["serial"]
        stage.check(old != new, f"原介绍信 {old} 作废，补开 {new}")
        await self.day_passes()
        await self.scenes.accepted(case)
        await stage.ended(cast.secretary, case, "transferred")
        await checks.stands(stage, cast.host, case.members[0], cast.host.org_id)

    async def late(self, who: Actor, task: dict[str, Any]) -> None:
        await self.stage.refused(
            "过期介绍信的接收", "period-lapsed", lambda: self.stage.decide(who, task, "accept")
        )

    async def stopped(self, case: Case) -> None:
        stage, cast = self.stage, self.cast
        await stage.answer(cast.clerk, case, "reissue", "stop")
        await stage.ended(cast.secretary, case, "expired")
        await checks.letter_is(stage, cast.clerk, case, "void")
        await checks.stands(stage, cast.secretary, case.members[0], cast.secretary.org_id)

    async def _seen(self) -> set[str]:
        return {item["id"] for item in await self._messages()}

    async def _titles(self, before: set[str]) -> list[str]:
        """What reached these two; the outbox hands over within a second or two."""
        for _ in range(NEWS_TRIES):
            fresh = [i["title"] for i in await self._messages() if i["id"] not in before]
            if fresh:
                return fresh
            await asyncio.sleep(PAUSE_SECONDS)
        return []

    async def _messages(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for who in (self.cast.clerk, self.cast.receiver):
            page = await who.caller.get("notifications", "/v1/inbox", limit=50)
            found += [item for item in page["items"] if item["template"] in REMINDERS]
        return found
