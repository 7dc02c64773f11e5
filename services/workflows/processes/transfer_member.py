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
    MemberBody,
    MemberEffect,
    NewLetter,
    Orgs,
)
from services.workflows.intake.transfer_member import examine, prepare
from services.workflows.intake.transfer_member_tasks import (
    ENTERED_BY_SENDER,
    OUTCOMES,
    REASONS,
    TASKS,
)
from services.workflows.kernel.case import Case
from services.workflows.kernel.process import Process
from services.workflows.kernel.words import Interrupted, Lapsed, Refused, step
from shared.access import Role
from shared.calendar import WorkingDays, due_on
from shared.contracts.cases import Decision, Start
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
    Mode,
    TransferFacts,
    TransferRequest,
)


@workflow.defn(name="transfer_member")
class TransferMember(Case):
    TASKS = TASKS

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
        sent_on = await self.committee_decides()
        if self.case.within_committee:
            await self.members_move(sent_on)
            return "moved_within_committee"
        accepted_on = await self.surviving(lambda: self.travel(sent_on))
        await self.members_move(accepted_on)
        await self.receipt_comes_back(accepted_on)
        return "transferred"

    @step("10", "支部审核：党费、职务、纪律")
    async def branch_checks(self) -> None:
        decision = await self.until_clear("branch_check", since=self.request.applied_on)
        if paid := decision.form.get("dues_paid_to"):
            self.dues_paid_to = date.fromisoformat(paid)

    @step("10", "党委审批")
    async def committee_decides(self) -> date:
        decision = await self.until_clear("sending_decision", since=self.today())
        if number := decision.form.get("national_number"):
            self.facts["national_number"] = str(number)
        return decision.on

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
        place = "in_city" if self.case.in_city else "elsewhere"
        self.letter_due = self.period(f"transfer.letter.validity_{place}", since=issued_on)
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
            asked = NewLetter(key=self.key("letter", again=old is not None), effect=issue)
            self.letter = await self.do(Orgs.issue_letter, asked, LetterIssued)
            self.remember_letter(self.letter)
        await self.transit_begins(issued_on)

    def remember_letter(self, letter: LetterIssued) -> None:
        if old := self.facts.get("serial"):
            void = [self.facts.get("void_serials", ""), old]
            self.facts["void_serials"] = " ".join(void).strip()
            self.note("letter-void", title="原介绍信作废", data={"serial": old})
        self.facts |= {"serial": letter.serial, "letter_id": str(letter.id)}
        self.note("letter-issued", article="6", title="开具介绍信", data={"serial": letter.serial})

    async def transit_begins(self, on: date) -> None:
        letter_id = self.letter.id if self.letter else None
        for member in () if self.in_transit else self.members:
            to = self.case.receiver_id
            body = TransitStart(
                case_id=self.start.case_id, to_org_id=to, letter_id=letter_id, on=on
            )
            await self.effect(f"transit-{member}", member, body)
        self.in_transit = True

    @step("10", "转入党委接收")
    async def receiving_committee_decides(self) -> date:
        entered = ENTERED_BY_SENDER if self.case.external else {}
        while True:
            receive = self.task("receiving_decision", due=self.letter_due, **entered)
            task, decision = await self.ask(receive, self.task("transit_action"))
            match (task.key, decision.choice):
                case ("transit_action", _):
                    await self.letter_goes_out(decision.on)
                case (_, "accept"):
                    return await self.acceptance(decision)
                case (_, "ask_archive"):
                    await self.one("archive", due=self.letter_due)
                case (_, "return"):
                    await self.sender_corrects()
                case _:
                    if not await self.superior_overrules(against="receiving"):
                        await self.give_back(decision.on, "refused")
                        self.end("refused_by_receiver")
                    return await self.acceptance(decision)

    async def acceptance(self, decision: Decision) -> date:
        self.interruptible = False
        if branch := decision.form.get("branch_id"):
            self.branch_id = UUID(str(branch))
        if self.letter:
            body = LetterAcceptance(case_id=self.start.case_id, on=decision.on)
            effect = LetterEffect.of(self.key("acceptance"), self.letter.id, body)
            await self.do(Orgs.letter_effect, effect, Done)
        return decision.on

    @step("10", "转出方补正")
    async def sender_corrects(self) -> None:
        decision = await self.one("correction", due=self.letter_due)
        if decision.choice == "stop":
            await self.give_back(decision.on, "withdrawn")
            self.end("withdrawn")
        if decision.choice == "reissue":
            await self.letter_goes_out(decision.on)

    @step("6", "介绍信过期：补开或终止")
    async def letter_is_reissued(self) -> None:
        decision = await self.one("reissue", since=self.today())
        if decision.choice == "stop":
            await self.give_back(decision.on, "expired")
            self.end("expired")
        await self.letter_goes_out(decision.on)

    @step("10", "共同上级裁定")
    async def superior_overrules(self, *, against: str) -> bool:
        """No side may refuse without ground (ED19 Art. 25)."""
        decision = await self.one("ruling", since=self.today(), role=self.case.superior_role)
        self.note("ruled", title=decision.choice, data={"against": against})
        return decision.choice == "overrule"

    @step("10", "编入支部，登记转接")
    async def members_move(self, on: date) -> None:
        self.interruptible = False
        if self.branch_id is None and not self.case.external:
            decision = await self.one("assignment", since=on)
            self.branch_id = UUID(str(decision.form["branch_id"]))
        for member in self.members:
            case, to = self.start.case_id, self.branch_id
            if to is None:
                body = Departure(case_id=case, to_org_id=self.case.receiver_id, on=on)
            else:
                body = Move(case_id=case, to_org_id=to, on=on)
            await self.effect(f"move-{member}", member, body)
        self.in_transit = False
        self.note("moved", article="10", title="组织关系已转入", data={"on": on.isoformat()})

    @step("10", "回执")
    async def receipt_comes_back(self, accepted_on: date) -> None:
        side = "sending" if self.case.external else "receiving"
        decision = await self.one("receipt", since=accepted_on, side=side)
        if self.letter:
            case, serial = self.start.case_id, self.letter.serial
            body = LetterReceipt(case_id=case, serial=serial, on=decision.on)
            effect = LetterEffect.of(self.key("receipt"), self.letter.id, body)
            await self.do(Orgs.letter_effect, effect, Done)

    async def until_clear(self, key: str, *, since: date) -> Decision:
        """Approved at once, after correction, or by the superior; else the case ends."""
        while True:
            decision = await self.one(key, since=since)
            if decision.choice == "approve":
                return decision
            if decision.choice == "refuse":
                if await self.superior_overrules(against="sending"):
                    return decision
                self.end("refused_by_sender")
            await self.correction(key, decision.on)

    async def correction(self, key: str, returned_on: date) -> None:
        """The returned period pauses; it is not counted anew."""
        decision = await self.one("resubmission")
        if decision.choice == "withdraw":
            self.end("withdrawn")
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
        self, name: str, member: UUID, body: MemberBody, *, named: tuple[str, ...] = ()
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
        await self.give_back(self.today(), REASONS[kind])
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
    outcomes=OUTCOMES,
)  # fmt: skip
