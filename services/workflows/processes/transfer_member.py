"""党员组织关系转接 (art. 6, 10; ED19 Art. 25; TR06): from one branch to another, anywhere.

Within one committee the branch consents and the committee decides. Between committees a letter
travels: the sender stays responsible until the receiver accepts, a refusal goes to the common
superior, an expired letter is reissued, and the case closes with the receipt.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import date
from uuid import UUID

from temporalio import workflow

from services.workflows.activities.orgs import (
    Done,
    LetterEffect,
    LetterIssued,
    MemberEffect,
    NewLetter,
    Orgs,
)
from services.workflows.intake.transfer_member import examine, prepare
from services.workflows.kernel.case import Case, Interrupted, Lapsed, Refused, step
from services.workflows.kernel.process import Process
from shared.access import Role
from shared.calendar import WorkingDays, due_on
from shared.contracts.cases import Ask, Decision, Due, Start, Verb
from shared.contracts.register import (
    Departure,
    LetterAcceptance,
    LetterIssue,
    LetterReceipt,
    LetterVoid,
    Move,
    TransitEnd,
    TransitStart,
)
from shared.contracts.transfers import (
    ArchiveAnswer,
    BranchAssignment,
    BranchCheck,
    Correction,
    Mode,
    ReceiptEntry,
    ReceivingDecision,
    Ruling,
    SendingDecision,
    TransferFacts,
    TransferRequest,
    TransitAction,
)

BACK = {"withdraw": "withdrawn", "member-died": "died", "member-removed": "removed"}
"""What the register calls the reasons for which a transit ends."""


@workflow.defn(name="transfer_member")
class TransferMember(Case):
    @workflow.init
    def __init__(self, start: Start) -> None:
        super().__init__(start)
        self.request = TransferRequest.model_validate(start.request)
        self.case = TransferFacts.model_validate(start.facts)
        self.members = list(self.request.member_ids)
        self.letter: LetterIssued | None = None
        self.branch_id = self.case.target_branch_id
        self.in_transit = False
        self.dues_paid_to: date | None = None

    @workflow.run
    async def run(self, start: Start) -> str:  # noqa: ARG002
        return await self.conduct(self.procedure)

    async def procedure(self) -> str:
        await self.branch_checks()
        if self.case.within_committee:
            await self.committee_decides()
            await self.members_move(self.today())
            return "moved_within_committee"
        sent_on = await self.sending_committee_decides()
        accepted_on = await self.surviving(lambda: self.travel(sent_on))
        await self.members_move(accepted_on)
        await self.receipt_comes_back(accepted_on)
        return "transferred"

    @step("10", "支部审核：党费、职务、纪律")
    async def branch_checks(self) -> None:
        async def check() -> Decision:
            return await self.one(
                self.task(
                    "branch_check", "支部审核转出申请", article="10", side="sending-branch",
                    role=Role.SECRETARY, choices=("approve", "return", "refuse"), form=BranchCheck,
                    due=self.period("transfer.branch_check", since=self.request.applied_on),
                )
            )  # fmt: skip

        decision = await self.until_clear(check, correct_at="sending-branch")
        if paid := decision.form.get("dues_paid_to"):
            self.dues_paid_to = date.fromisoformat(paid)

    @step("10", "党委审批：同一党委内调整")
    async def committee_decides(self) -> None:
        await self.until_clear(self.sending_task, correct_at="sending-branch")

    @step("10", "转出党委审批")
    async def sending_committee_decides(self) -> date:
        decision = await self.until_clear(self.sending_task, correct_at="sending-branch")
        if number := decision.form.get("national_number"):
            self.facts["national_number"] = str(number)
        return decision.on

    async def sending_task(self) -> Decision:
        return await self.one(
            self.task(
                "sending_decision", "转出党委审批", article="10", side="sending",
                role=Role.COMMITTEE, choices=("approve", "return", "refuse"), form=SendingDecision,
                due=self.period("transfer.sending_decision", since=self.today()),
            )
        )  # fmt: skip

    @step("6", "在途：介绍信有效期内由转出方负责")
    async def travel(self, sent_on: date) -> date:
        """The letter goes out, and again when it lapses, until the other side accepts."""
        if not self.in_transit:
            await self.letter_goes_out(sent_on)
        while True:
            try:
                return await self.receiving_committee_decides()
            except Lapsed:
                await self.letter_is_reissued()

    async def letter_goes_out(self, issued_on: date) -> None:
        self.letter_due = self.letter_period(issued_on)
        if self.request.mode is not Mode.NATIONAL:
            old = self.letter.id if self.letter else None
            issue = LetterIssue(
                case_id=self.start.case_id,
                from_org_id=self.party("sending").org_id,
                to_org_id=self.case.receiver_id,
                member_ids=self.members,
                issued_on=issued_on,
                valid_until=due_on(issued_on, self.letter_due.period, WorkingDays({}, frozenset())),
                dues_paid_to=self.dues_paid_to,
                replaces_id=old,
            )
            key = self.key("letter", again=old is not None)
            self.letter = await self.do(
                Orgs.issue_letter, NewLetter(key=key, effect=issue), LetterIssued
            )
            self.remember_letter(self.letter)
        await self.transit_begins(issued_on)

    def remember_letter(self, letter: LetterIssued) -> None:
        if old := self.facts.get("serial"):
            self.facts["void_serials"] = " ".join([self.facts.get("void_serials", ""), old]).strip()
            self.note("letter-void", title="原介绍信作废", data={"serial": old})
        self.facts |= {"serial": letter.serial, "letter_id": str(letter.id)}
        self.note("letter-issued", article="6", title="开具介绍信", data={"serial": letter.serial})

    async def transit_begins(self, on: date) -> None:
        letter_id = self.letter.id if self.letter else None
        if self.in_transit:
            return
        for member in self.members:
            body = TransitStart(
                case_id=self.start.case_id,
                to_org_id=self.case.receiver_id,
                letter_id=letter_id,
                on=on,
            )
            await self.effect(f"transit-{member}", member, body)
        self.in_transit = True

    @step("10", "转入党委接收")
    async def receiving_committee_decides(self) -> date:
        while True:
            task, decision = await self.ask(self.receiving_task(), self.transit_task())
            match (task.key, decision.choice):
                case ("transit_action", _):
                    await self.letter_goes_out(decision.on)
                case (_, "accept"):
                    return await self.acceptance(decision)
                case (_, "ask_archive"):
                    await self.archive_is_sent()
                case (_, "return"):
                    await self.sender_corrects()
                case _:
                    if not await self.superior_rules(against="receiving"):
                        await self.give_back(decision.on, "refused")
                        self.end("refused_by_receiver")
                    return await self.acceptance(decision)

    def receiving_task(self) -> Ask:
        external = self.case.external
        return self.task(
            "receiving_decision",
            "录入接收方办理结果" if external else "转入党委接收",
            article="10",
            side="sending" if external else "receiving",
            role=Role.COMMITTEE,
            verb=Verb.REPORT if external else Verb.APPROVE,
            choices=("accept", "return", "refuse") if external
            else ("accept", "return", "ask_archive", "refuse"),
            form=ReceivingDecision,
            due=self.letter_due,
            lapses=True,
        )  # fmt: skip

    def transit_task(self) -> Ask:
        """TR06: a lost letter is reported, the last issuing organisation issues another."""
        return self.task(
            "transit_action", "在途处置：介绍信遗失补开", article="6", side="sending",
            role=Role.COMMITTEE, verb=Verb.REPORT, choices=("reissue",), form=TransitAction,
            optional=True,
        )  # fmt: skip

    async def acceptance(self, decision: Decision) -> date:
        self.interruptible = False
        if branch := decision.form.get("branch_id"):
            self.branch_id = UUID(str(branch))
        if self.letter:
            body = LetterAcceptance(case_id=self.start.case_id, on=decision.on)
            effect = LetterEffect.of(self.key("acceptance"), self.letter.id, body)
            await self.do(Orgs.letter_effect, effect, Done)
        return decision.on

    @step("10", "转出方提供档案")
    async def archive_is_sent(self) -> None:
        await self.one(
            self.task(
                "archive", "寄送党员档案供查阅", article="10", side="sending", role=Role.COMMITTEE,
                verb=Verb.REPORT, choices=("sent",), form=ArchiveAnswer, due=self.letter_due,
                lapses=True,
            )
        )  # fmt: skip

    @step("10", "转出方补正")
    async def sender_corrects(self) -> None:
        decision = await self.one(
            self.task(
                "correction", "补正后重新送达", article="10", side="sending", role=Role.COMMITTEE,
                verb=Verb.REPORT, choices=("resend", "reissue", "stop"), form=Correction,
                due=self.letter_due, lapses=True,
            )
        )  # fmt: skip
        if decision.choice == "stop":
            await self.give_back(decision.on, "withdrawn")
            self.end("withdrawn")
        if decision.choice == "reissue":
            await self.letter_goes_out(decision.on)

    @step("6", "介绍信过期：补开或终止")
    async def letter_is_reissued(self) -> None:
        decision = await self.one(
            self.task(
                "reissue", "介绍信已过期，请补开或终止转接", article="6", side="sending",
                role=Role.COMMITTEE, choices=("reissue", "stop"), form=TransitAction,
                due=self.period("transfer.sending_decision", since=self.today()),
            )
        )  # fmt: skip
        if decision.choice == "stop":
            await self.give_back(decision.on, "expired")
            self.end("expired")
        await self.letter_goes_out(decision.on)

    @step("10", "共同上级裁定")
    async def superior_rules(self, *, against: str) -> bool:
        """No side may refuse without ground: True when the refusal is overruled."""
        decision = await self.one(
            self.task(
                "ruling", "对不予办理的裁定", article="10", side="superior",
                role=self.case.superior_role, choices=("overrule", "uphold"), form=Ruling,
                due=self.period("transfer.common_superior_decision", since=self.today()),
            )
        )  # fmt: skip
        self.note("ruled", title=decision.choice, data={"against": against})
        return decision.choice == "overrule"

    @step("10", "编入支部，登记转接")
    async def members_move(self, on: date) -> None:
        self.interruptible = False
        if self.branch_id is None and not self.case.external:
            await self.branch_is_assigned(on)
        for member in self.members:
            if self.branch_id is None:
                to = self.case.receiver_id
                body = Departure(case_id=self.start.case_id, to_org_id=to, on=on)
            else:
                body = Move(case_id=self.start.case_id, to_org_id=self.branch_id, on=on)
            await self.effect(f"move-{member}", member, body)
        self.in_transit = False
        self.note("moved", article="10", title="组织关系已转入", data={"on": on.isoformat()})

    async def branch_is_assigned(self, accepted_on: date) -> None:
        decision = await self.one(
            self.task(
                "assignment", "编入党支部", article="10", side="receiving", role=Role.COMMITTEE,
                verb=Verb.REPORT, choices=("assign",), form=BranchAssignment,
                due=self.period("transfer.assign_branch", since=accepted_on),
            )
        )  # fmt: skip
        self.branch_id = UUID(str(decision.form["branch_id"]))

    @step("10", "回执")
    async def receipt_comes_back(self, accepted_on: date) -> None:
        decision = await self.one(
            self.task(
                "receipt", "寄回回执联", article="10",
                side="sending" if self.case.external else "receiving", role=Role.COMMITTEE,
                verb=Verb.REPORT, choices=("receipt_sent",), form=ReceiptEntry,
                due=self.period("transfer.receipt", since=accepted_on),
            )
        )  # fmt: skip
        if self.letter:
            body = LetterReceipt(
                case_id=self.start.case_id, serial=self.letter.serial, on=decision.on
            )
            effect = LetterEffect.of(self.key("receipt"), self.letter.id, body)
            await self.do(Orgs.letter_effect, effect, Done)

    # ---- helpers of this process ---------------------------------------------------------

    def letter_period(self, issued_on: date) -> Due:
        place = "in_city" if self.case.in_city else "elsewhere"
        return self.period(f"transfer.letter.validity_{place}", since=issued_on)

    async def one(self, task: Ask) -> Decision:
        return (await self.ask(task))[1]

    async def until_clear(
        self, ask: Callable[[], Awaitable[Decision]], *, correct_at: str
    ) -> Decision:
        """Approved at once, after correction, or by the superior; else the case ends."""
        while True:
            decision = await ask()
            if decision.choice == "approve":
                return decision
            if decision.choice == "refuse":
                if await self.superior_rules(against="sending"):
                    return decision
                self.end("refused_by_sender")
            await self.correction(correct_at, decision.on)

    async def correction(self, side: str, returned_on: date) -> None:
        """The returned period pauses; it is not counted anew."""
        decision = await self.one(
            self.task(
                "resubmission", "补正后重新提交", article="10", side=side, role=Role.SECRETARY,
                verb=Verb.REPORT, choices=("resubmit", "withdraw"), form=Correction,
            )
        )  # fmt: skip
        if decision.choice == "withdraw":
            self.end("withdrawn")
        for key in ("branch_check", "sending_decision"):
            self.paused[key] = self.paused.get(key, 0) + max((decision.on - returned_on).days, 0)

    async def surviving(self, travel: Callable[[], Awaitable[date]]) -> date:
        """In a collective transfer one member's death or removal leaves the others travelling."""
        while True:
            try:
                return await travel()
            except Interrupted as stopped:
                if stopped.subject is None or self.members in ([], [stopped.subject]):
                    raise
                self.members.remove(stopped.subject)
                self.note("left-out", title=stopped.kind)

    async def effect(
        self,
        name: str,
        member: UUID,
        body: TransitStart | TransitEnd | Move | Departure,
        *,
        named: tuple[str, ...] = (),
    ) -> None:
        asked = MemberEffect.of(self.key(name), member, body)
        await self.do(Orgs.member_effect, asked, Done, named=named)

    async def give_back(self, on: date, reason: str) -> None:
        """The members stand again where they stood; the letter is void."""
        if self.letter:
            void = LetterVoid(case_id=self.start.case_id, on=on, reason=reason)
            effect = LetterEffect.of(self.key("void"), self.letter.id, void)
            await self.do(Orgs.letter_effect, effect, Done)
        for member in self.members if self.in_transit else ():
            body = TransitEnd(case_id=self.start.case_id, on=on, reason=reason)
            with suppress(Refused):  # the register has ended it with the member's death or removal
                await self.effect(f"transit-end-{member}", member, body, named=("not-in-transit",))
        self.in_transit = False

    async def undo(self, kind: str) -> str:
        """Withdrawn before acceptance, or overtaken by the member's death or removal."""
        await self.give_back(self.today(), BACK.get(kind, kind))
        return "withdrawn" if kind == "withdraw" else kind.replace("-", "_")


PROCESS = Process(
    title="党员组织关系转接",
    articles=("6", "10"),
    workflow=TransferMember,
    opens_with=TransferRequest,
    prepare=prepare,
    examine=examine,
    starters=frozenset({Role.SECRETARY, Role.COMMITTEE, Role.MEMBER, Role.MACHINE}),
    rules="transfer.",
    forms=(
        BranchCheck, SendingDecision, ReceivingDecision, ArchiveAnswer, BranchAssignment, Ruling,
        ReceiptEntry, Correction, TransitAction,
    ),
    outcomes={
        "transferred": "已转入",
        "moved_within_committee": "已在本党委内调整",
        "refused_by_sender": "转出方不予办理（上级维持）",
        "refused_by_receiver": "接收方不予接收（上级维持）",
        "withdrawn": "已撤回",
        "expired": "介绍信过期终止",
        "member_died": "党员去世终止",
        "member_removed": "党员出党终止",
        "terminated": "运维终止",
    },
)  # fmt: skip
