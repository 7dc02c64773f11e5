"""The main branches of the transfer, each as a scene of a few people."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from deploy.local.demo import checks
from deploy.local.demo.cast import Cast
from deploy.local.demo.stage import Actor, Case, Stage
from shared import clock

Trouble = Callable[[], Awaitable[None]]


class Scenes:
    """Each method is one branch; `trouble` kills the worker while a decision is on its way."""

    def __init__(self, stage: Stage, cast: Cast, trouble: Trouble) -> None:
        self.stage = stage
        self.cast = cast
        self.trouble = trouble

    async def play(self) -> None:
        for scene in (
            self.within_one_committee, self.between_committees, self.returned, self.overruled,
            self.upheld, self.withdrawn, self.collective, self.letter_lost, self.elsewhere,
            self.onlookers,
        ):  # fmt: skip
            await scene()

    async def within_one_committee(self) -> None:
        stage, cast = self.stage, self.cast
        stage.scene("一、同一党委内调整支部（门户提出）")
        members = cast.take()
        case = await stage.file(cast.portal, members, cast.sibling_branch)
        await self.check_branch(case, who=cast.deputy)
        await stage.answer(cast.clerk, case, "sending_decision", "approve")
        await stage.ended(cast.portal, case, "moved_within_committee")
        await checks.stands(stage, cast.clerk, members[0], cast.sibling_branch)

    async def between_committees(self) -> None:
        """Two committees that share no superior but the county; the worker dies on the way."""
        stage, cast = self.stage, self.cast
        stage.scene("二、两个党委之间转接（只有县委是共同上级），途中杀掉流程进程一次")
        members = cast.take()
        case = await stage.file(cast.secretary, members, cast.receiver.org_id)
        await self.not_ones_turn(case)
        await self.check_branch(case)
        await stage.answer(cast.clerk, case, "sending_decision", "approve")
        await checks.in_transit(stage, cast.clerk, members[0])
        await checks.told(stage, cast.receiver, case)
        await stage.answer(cast.receiver, case, "receiving_decision", "ask_archive")
        today = clock.today().isoformat()
        await stage.answer(cast.clerk, case, "archive", "sent", sent_on=today)
        await self.accepted_while_the_worker_dies(case)
        await self.receipt(case)
        await stage.ended(cast.secretary, case, "transferred")
        await checks.stands(stage, cast.host, members[0], cast.host.org_id)
        await checks.letter_closed(stage, cast.clerk, case)
        await checks.timeline(stage, cast.clerk, case)

    async def accepted_while_the_worker_dies(self, case: Case) -> None:
        stage, cast = self.stage, self.cast
        task = await stage.turn(cast.receiver, case, "receiving_decision")
        await self.trouble()
        made = await stage.decide(cast.receiver, task, "accept")
        stage.tell(
            cast.receiver, f"{task['title']} → 接收（答复：{made['state']}）",
            article=task["article"], until=str(task["due_on"]),
        )  # fmt: skip
        await stage.applied(cast.receiver, made)
        stage.check(True, "流程进程重新启动后，已记录的决定生效且只生效一次")
        await stage.answer(
            cast.receiver, case, "assignment", "assign", branch_id=str(cast.host.org_id)
        )

    async def returned(self) -> None:
        stage, cast = self.stage, self.cast
        stage.scene("三、退回补正：支部退回一次，接收方退回一次")
        members = cast.take()
        case = await stage.file(cast.secretary, members, cast.host.org_id)
        await stage.answer(
            cast.secretary, case, "branch_check", "return", return_reason="dues_unclear"
        )
        await stage.answer(cast.secretary, case, "resubmission", "resubmit")
        await self.to_the_receiver(case)
        await stage.answer(
            cast.receiver, case, "receiving_decision", "return", return_reason="letter_incomplete"
        )
        await stage.answer(cast.clerk, case, "correction", "resend")
        await self.accepted(case)
        await stage.ended(cast.secretary, case, "transferred")
        await checks.stands(stage, cast.host, members[0], cast.host.org_id)

    async def overruled(self) -> None:
        stage, cast = self.stage, self.cast
        stage.scene("四、接收方不予接收，共同上级责令办理")
        members = cast.take()
        case = await stage.file(cast.secretary, members, cast.host.org_id)
        await self.to_the_receiver(case)
        task = await stage.turn(cast.receiver, case, "receiving_decision")
        await stage.refused(
            "没有理由的拒接", "refusal-without-reason",
            lambda: stage.decide(cast.receiver, task, "refuse"),
        )  # fmt: skip
        await stage.answer(
            cast.receiver, case, "receiving_decision", "refuse",
            refusal_reason="not_resident_or_employed",
        )  # fmt: skip
        await stage.answer(cast.organiser, case, "ruling", "overrule", basis="已查实居住事实")
        await self.receipt(case)
        await stage.ended(cast.secretary, case, "transferred")
        await checks.stands(stage, cast.host, members[0], cast.host.org_id)

    async def upheld(self) -> None:
        stage, cast = self.stage, self.cast
        stage.scene("五、转出方不予办理，共同上级维持")
        members = cast.take()
        case = await stage.file(cast.portal, members, cast.host.org_id)
        await self.check_branch(case)
        await stage.answer(
            cast.clerk, case, "sending_decision", "refuse", refusal_reason="identity_unclear"
        )
        await stage.answer(cast.organiser, case, "ruling", "uphold", basis="身份信息待核")
        await stage.ended(cast.portal, case, "refused_by_sender")
        await checks.stands(stage, cast.secretary, members[0], cast.secretary.org_id)

    async def withdrawn(self) -> None:
        stage, cast = self.stage, self.cast
        stage.scene("六、接收前撤回，介绍信作废")
        members = cast.take()
        case = await stage.file(cast.secretary, members, cast.host.org_id)
        await self.to_the_receiver(case)
        path = f"/v1/cases/{case.id}/withdrawals"
        made = await cast.secretary.caller.post("workflows", path, {"reason": "本人放弃转出"})
        stage.tell(cast.secretary, "撤回申请", article="10")
        await stage.applied(cast.secretary, made)
        await stage.ended(cast.secretary, case, "withdrawn")
        await checks.letter_is(stage, cast.clerk, case, "void")
        await checks.stands(stage, cast.secretary, members[0], cast.secretary.org_id)

    async def collective(self) -> None:
        stage, cast = self.stage, self.cast
        stage.scene("七、集体转接：一份名单、一封介绍信")
        members = cast.take(3)
        case = await stage.file(cast.secretary, members, cast.host.org_id, ground="collective")
        await self.to_the_receiver(case)
        await self.accepted(case)
        await stage.ended(cast.secretary, case, "transferred")
        for member in members:
            await checks.stands(stage, cast.host, member, cast.host.org_id)

    async def letter_lost(self) -> None:
        stage, cast = self.stage, self.cast
        stage.scene("八、介绍信遗失补开：旧编号作废")
        members = cast.take()
        case = await stage.file(cast.secretary, members, cast.host.org_id)
        await self.to_the_receiver(case)
        void = (await stage.known(cast.clerk, case))["serial"]
        await stage.answer(
            cast.clerk, case, "transit_action", "reissue", lost_on=clock.today().isoformat()
        )
        await stage.answer(cast.receiver, case, "receiving_decision", "accept")
        task = await stage.turn(cast.receiver, case, "receipt")
        await stage.refused(
            "作废编号的回执", "serial-void",
            lambda: stage.decide(cast.receiver, task, "receipt_sent", serial=void),
        )  # fmt: skip
        await self.receipt(case)
        await stage.ended(cast.secretary, case, "transferred")
        await checks.stands(stage, cast.host, members[0], cast.host.org_id)

    async def elsewhere(self) -> None:
        stage, cast = self.stage, self.cast
        stage.scene("九、转往外地：在全国系统办理，由转出方录入结果")
        members = cast.take()
        target = await external(cast.clerk)
        case = await stage.file(cast.secretary, members, target, mode="national")
        await self.check_branch(case)
        task = await stage.turn(cast.clerk, case, "sending_decision")
        await stage.refused(
            "没有全国系统编号的同意", "national-number-missing",
            lambda: stage.decide(cast.clerk, task, "approve"),
        )  # fmt: skip
        await stage.answer(
            cast.clerk, case, "sending_decision", "approve", national_number="示例-QG-0001"
        )
        await stage.answer(cast.clerk, case, "receiving_decision", "accept")
        await stage.answer(cast.clerk, case, "receipt", "receipt_sent")
        await stage.ended(cast.secretary, case, "transferred")
        await checks.gone(stage, cast.clerk, members[0])

    async def onlookers(self) -> None:
        """Who looks, and sees no more than the grant allows."""
        stage, cast = self.stage, self.cast
        stage.scene("十、旁观者：各看各的")
        backlog = await cast.operator.caller.get("workflows", "/v1/monitoring/backlog")
        stage.tell(cast.operator, f"查看积压：未送达命令 {backlog['undelivered']} 条")
        await stage.refused(
            "系统管理员查看党员名册", "no-permission",
            lambda: cast.operator.caller.get("orgs", "/v1/members", limit=1),
        )  # fmt: skip
        page = await cast.organiser.caller.get(
            "workflows", "/v1/cases", under=str(cast.root), overdue=True, limit=200
        )
        stage.tell(cast.organiser, f"查看全县逾期事项：{len(page['items'])} 件")

    async def not_ones_turn(self, case: Case) -> None:
        """The secretary's task is nobody else's; the receiving clerk may not answer it."""
        stage, cast = self.stage, self.cast
        task = await stage.turn(cast.secretary, case, "branch_check")
        await stage.refused(
            "由接收方经办人代支部审核", "no-task", lambda: self._foreign(cast.host, task)
        )
        await stage.refused(
            "由本党委经办人代支部审核", "not-your-turn", lambda: self._foreign(cast.clerk, task)
        )

    async def _foreign(self, who: Actor, task: dict[str, Any]) -> None:
        await self.stage.decide(who, task, "approve", **clear())

    async def check_branch(self, case: Case, *, who: Actor | None = None) -> None:
        await self.stage.answer(
            who or self.cast.secretary, case, "branch_check", "approve", **clear()
        )

    async def to_the_receiver(self, case: Case) -> None:
        await self.check_branch(case)
        await self.stage.answer(self.cast.clerk, case, "sending_decision", "approve")

    async def accepted(self, case: Case) -> None:
        await self.stage.answer(self.cast.receiver, case, "receiving_decision", "accept")
        await self.receipt(case)

    async def receipt(self, case: Case) -> None:
        serial = (await self.stage.known(self.cast.receiver, case))["serial"]
        await self.stage.answer(self.cast.receiver, case, "receipt", "receipt_sent", serial=serial)


def clear() -> dict[str, Any]:
    """What the branch confirms: dues, discipline, posts."""
    paid = clock.today().replace(day=1).isoformat()
    return {"dues_paid_to": paid, "discipline_clear": True, "posts_settled": True}


async def external(who: Actor) -> UUID:
    """A committee elsewhere, from the directory."""
    after: dict[str, str] = {}
    while True:
        page = await who.caller.get("orgs", "/v1/directory", q="示例街道", limit=200, **after)
        for entry in page["items"]:
            if entry["external"]:
                return UUID(entry["id"])
        after = {"after": page["next"]}
