"""transfer_member: every branch and every deadline, in the sandboxed worker with skipped time."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from temporalio.client import WorkflowUpdateFailedError, WorkflowUpdateStage
from temporalio.exceptions import ApplicationError

from shared.calendar import WorkingDays
from shared.contracts.cases import CaseState, Party, Rule, TaskState
from shared.contracts.transfers import Mode
from shared.ids import new_id
from tests.processes.conftest import Stage
from tests.processes.scenario import Scenario

pytestmark = pytest.mark.asyncio(loop_scope="session")

RULES = {
    "transfer.branch_check": Rule(value="5", unit="working_day", basis="设置"),
    "transfer.sending_decision": Rule(value="10", unit="working_day", basis="设置"),
    "transfer.receiving_decision": Rule(value="10", unit="working_day", basis="设置"),
    "transfer.assign_branch": Rule(value="5", unit="working_day", basis="设置"),
    "transfer.common_superior_decision": Rule(value="10", unit="working_day", basis="设置"),
    "transfer.receipt": Rule(value="1", unit="month", basis="组通字〔2006〕45号"),
    "transfer.letter.validity_in_city": Rule(value="30", unit="day", basis="惯例"),
    "transfer.letter.validity_elsewhere": Rule(value="90", unit="day", basis="惯例"),
}
CHECKED: dict[str, Any] = {"dues_paid_to": "2026-01-01", "discipline_clear": True}
_ACCEPTED = WorkflowUpdateStage.ACCEPTED
SIDES = ("sending-branch", "sending", "receiving", "superior")


class Transfer:
    """A transfer on the stage, with the shorthand of these tests."""

    def __init__(self, scenario: Scenario, members: list[UUID]) -> None:
        self.s = scenario
        self.members = members

    async def until_sent(self) -> None:
        await self.s.answer("branch_check", "approve", **CHECKED)
        await self.s.answer("sending_decision", "approve")

    async def until_accepted(self) -> None:
        await self.until_sent()
        await self.s.answer("receiving_decision", "accept", branch_id=str(new_id()))


@asynccontextmanager
async def transfer(
    stage: Stage,
    *,
    members: int = 1,
    facts: dict[str, Any] | None = None,
    mode: Mode = Mode.SUITE,
    **options: Any,
) -> AsyncGenerator[Transfer]:
    async with stage("transfer_member") as (scenario, queue):
        parties = [Party(org_id=new_id(), path=f"0{n:04}", side=s) for n, s in enumerate(SIDES)]
        found = {"sender_id": str(parties[1].org_id), "receiver_id": str(parties[2].org_id)}
        ids = [new_id() for _ in range(members)]
        request = {
            "member_ids": [str(i) for i in ids],
            "to_org_id": str(parties[2].org_id),
            "ground": "changed_unit",
            "mode": mode.value,
            "applied_on": (await scenario.today()).isoformat(),
        }
        await scenario.begin(request, found | (facts or {}), parties, RULES, queue=queue, **options)
        yield Transfer(scenario, ids)


async def test_art10_between_committees_with_letter_and_receipt(stage: Stage) -> None:
    async with transfer(stage) as t:
        assert t.s.waiting() == {"branch_check"}
        await t.until_accepted()
        assert t.s.waiting() == {"receipt"}
        view = await t.s.answer("receipt", "receipt_sent")
        assert (view.state, view.outcome) == (CaseState.ENDED, "transferred")
        assert await t.s.outcome() == "transferred"
    assert t.s.orgs.did() == ["letters", "transits", "acceptances", "moves", "receipts"]


async def test_art10_within_one_committee_needs_no_letter(stage: Stage) -> None:
    facts = {"within_committee": True, "target_branch_id": str(new_id())}
    async with transfer(stage, facts=facts) as t:
        await t.until_sent()
        assert await t.s.outcome() == "moved_within_committee"
    assert t.s.orgs.did() == ["moves"]


async def test_art10_the_branch_is_assigned_when_acceptance_left_it_open(stage: Stage) -> None:
    async with transfer(stage) as t:
        await t.until_sent()
        await t.s.answer("receiving_decision", "accept")
        assert t.s.waiting() == {"assignment"}
        await t.s.answer("assignment", "assign", branch_id=str(new_id()))
        assert t.s.waiting() == {"receipt"}


@pytest.mark.parametrize("step", ["branch_check", "sending_decision"])
async def test_art10_a_return_pauses_the_period_and_a_second_visit_is_a_new_round(
    stage: Stage, step: str
) -> None:
    async with transfer(stage) as t:
        if step == "sending_decision":
            await t.s.answer("branch_check", "approve", **CHECKED)
        first = t.s.task(step)
        await t.s.answer(step, "return", return_reason="dues_unclear")
        await t.s.skip(4)
        await t.s.answer("resubmission", "resubmit")
        second = t.s.task(step)
        assert (first.round, second.round) == (1, 2)
        assert second.due is not None
        assert second.due.paused_days == 4


async def test_art10_a_returned_application_may_be_withdrawn(stage: Stage) -> None:
    async with transfer(stage) as t:
        await t.s.answer("branch_check", "return", return_reason="dues_unclear")
        await t.s.answer("resubmission", "withdraw")
        assert await t.s.outcome() == "withdrawn"
    assert t.s.orgs.did() == []


@pytest.mark.parametrize("step", ["branch_check", "sending_decision"])
@pytest.mark.parametrize(
    ("ruling", "expected"), [("uphold", "refused_by_sender"), ("overrule", "transferred")]
)
async def test_ed19_art25_a_refusal_of_the_sender_goes_to_the_common_superior(
    stage: Stage, step: str, ruling: str, expected: str
) -> None:
    async with transfer(stage) as t:
        if step == "sending_decision":
            await t.s.answer("branch_check", "approve", **CHECKED)
        await t.s.answer(step, "refuse", refusal_reason="discipline_open")
        assert t.s.waiting() == {"ruling"}
        await t.s.answer("ruling", ruling, basis="ED19")
        if ruling == "overrule":
            if step == "branch_check":
                await t.s.answer("sending_decision", "approve")
            await t.s.answer("receiving_decision", "accept", branch_id=str(new_id()))
            await t.s.answer("receipt", "receipt_sent")
        assert await t.s.outcome() == expected


@pytest.mark.parametrize(
    ("ruling", "expected"), [("uphold", "refused_by_receiver"), ("overrule", "transferred")]
)
async def test_ed19_art25_a_refusal_of_the_receiver_goes_to_the_common_superior(
    stage: Stage, ruling: str, expected: str
) -> None:
    async with transfer(stage) as t:
        await t.until_sent()
        await t.s.answer("receiving_decision", "refuse", refusal_reason="identity_unclear")
        await t.s.answer("ruling", ruling, basis="ED19")
        if ruling == "overrule":
            await t.s.answer("assignment", "assign", branch_id=str(new_id()))
            await t.s.answer("receipt", "receipt_sent")
        assert await t.s.outcome() == expected
    assert t.s.orgs.did()[-2:] == (
        ["voids", "transit-ends"] if ruling == "uphold" else ["moves", "receipts"]
    )


async def test_ed19_art25_the_receiver_may_ask_for_the_archive(stage: Stage) -> None:
    async with transfer(stage) as t:
        await t.until_sent()
        await t.s.answer("receiving_decision", "ask_archive")
        assert t.s.waiting() == {"archive"}
        await t.s.answer("archive", "sent", sent_on="2026-01-05")
        assert t.s.task("receiving_decision").round == 2


@pytest.mark.parametrize(
    ("choice", "letters", "ends"), [("resend", 1, False), ("reissue", 2, False), ("stop", 1, True)]
)
async def test_ed19_art25_the_receiver_returns_and_the_sender_corrects(
    stage: Stage, choice: str, letters: int, ends: bool
) -> None:
    async with transfer(stage) as t:
        await t.until_sent()
        await t.s.answer("receiving_decision", "return", return_reason="letter_incomplete")
        await t.s.answer("correction", choice)
        assert t.s.orgs.letters == letters
        if ends:
            assert await t.s.outcome() == "withdrawn"
        else:
            assert t.s.waiting() == {"receiving_decision"}


@pytest.mark.parametrize(("in_city", "days"), [(True, 30), (False, 90)])
async def test_tr06_an_expired_letter_is_reissued_and_the_old_serial_is_void(
    stage: Stage, in_city: bool, days: int
) -> None:
    async with transfer(stage, facts={"in_city": in_city}) as t:
        await t.until_sent()
        late = t.s.task("receiving_decision")
        assert late.due_on == await t.s.today() + timedelta(days=days)
        await t.s.skip(days - 1)
        assert t.s.waiting() == {"receiving_decision"}
        await t.s.skip(2)
        assert t.s.waiting() == {"reissue"}
        assert t.s.records.closed[late.id] is TaskState.LAPSED
        await t.s.answer("reissue", "reissue")
        assert t.s.records.last is not None
        assert t.s.records.last.facts["void_serials"] == "L1"
        assert t.s.records.last.facts["serial"] == "L2"
        await t.s.answer("receiving_decision", "accept", branch_id=str(new_id()))
        await t.s.answer("receipt", "receipt_sent")
        assert await t.s.outcome() == "transferred"
    assert t.s.orgs.did().count("transits") == 1


async def test_tr06_an_expired_letter_may_end_the_transfer(stage: Stage) -> None:
    async with transfer(stage) as t:
        await t.until_sent()
        await t.s.skip(31)
        await t.s.answer("reissue", "stop")
        assert await t.s.outcome() == "expired"
    assert t.s.orgs.did()[-2:] == ["voids", "transit-ends"]


async def test_tr06_a_lost_letter_is_reissued_while_in_transit(stage: Stage) -> None:
    async with transfer(stage) as t:
        await t.until_sent()
        await t.s.answer("transit_action", "reissue")
        assert t.s.orgs.letters == 2
        assert t.s.waiting() == {"receiving_decision"}


async def test_a_decision_recorded_in_time_counts_however_late_it_is_delivered(
    stage: Stage,
) -> None:
    async with transfer(stage) as t:
        await t.until_sent()
        waiting = await t.s.decision("receiving_decision", "accept", {"branch_id": str(new_id())})
        t.s.records.recorded.append(waiting)
        await t.s.skip(32)
        assert t.s.waiting() == {"receipt"}
        assert waiting.command_id in t.s.records.applied


async def test_tr06_the_receipt_is_due_within_a_month_and_waits_however_late(stage: Stage) -> None:
    async with transfer(stage) as t:
        await t.until_accepted()
        due = t.s.task("receipt").due
        assert due is not None
        assert (due.period.value, due.period.unit) == (1, "month")
        await t.s.skip(60)
        assert t.s.waiting() == {"receipt"}


async def test_withdrawal_before_acceptance_takes_everything_back(stage: Stage) -> None:
    async with transfer(stage) as t:
        await t.until_sent()
        await t.s.interrupt("withdraw")
        assert await t.s.outcome() == "withdrawn"
    assert t.s.orgs.did()[-2:] == ["voids", "transit-ends"]


async def test_after_acceptance_nothing_can_be_withdrawn(stage: Stage) -> None:
    async with transfer(stage) as t:
        await t.until_accepted()
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await t.s.interrupt("withdraw")
        assert isinstance(refused.value.cause, ApplicationError)
        assert refused.value.cause.type == "not-withdrawable"


async def test_death_in_transit_ends_the_case(stage: Stage) -> None:
    async with transfer(stage) as t:
        await t.until_sent()
        t.s.orgs.refuse["transit-ends"] = "not-in-transit"
        await t.s.interrupt("member-died", t.members[0])
        assert await t.s.outcome() == "member_died"


async def test_collective_transfer_goes_on_without_the_member_who_died(stage: Stage) -> None:
    async with transfer(stage, members=3) as t:
        await t.until_sent()
        await t.s.interrupt("member-died", t.members[1])
        assert t.s.waiting() == {"receiving_decision"}
        await t.s.answer("receiving_decision", "accept", branch_id=str(new_id()))
        await t.s.answer("receipt", "receipt_sent")
        assert await t.s.outcome() == "transferred"
    moved = [who for what, who in t.s.orgs.effects if what == "moves"]
    assert moved == [str(t.members[0]), str(t.members[2])]


async def test_national_mode_draws_no_letter_and_the_sender_enters_the_result(
    stage: Stage,
) -> None:
    async with transfer(stage, facts={"external": True, "in_city": False}, mode=Mode.NATIONAL) as t:
        await t.s.answer("branch_check", "approve", **CHECKED)
        await t.s.answer("sending_decision", "approve", national_number="N-1")
        assert t.s.task("receiving_decision").side == "sending"
        await t.s.answer("receiving_decision", "accept")
        await t.s.answer("receipt", "receipt_sent")
        assert await t.s.outcome() == "transferred"
    assert t.s.orgs.did() == ["transits", "departures"]


async def test_paper_mode_to_a_committee_outside_has_a_letter(stage: Stage) -> None:
    async with transfer(stage, facts={"external": True, "in_city": False}, mode=Mode.PAPER) as t:
        await t.until_sent()
        await t.s.answer("receiving_decision", "accept")
        await t.s.answer("receipt", "receipt_sent")
    assert t.s.orgs.did() == ["letters", "transits", "acceptances", "departures", "receipts"]


async def test_an_unexpected_refusal_calls_for_attention_and_a_retry_carries_on(
    stage: Stage,
) -> None:
    async with transfer(stage) as t:
        t.s.orgs.refuse["transits"] = "surprise"
        await t.s.answer("branch_check", "approve", **CHECKED)
        view = await t.s.answer("sending_decision", "approve")
        assert view.state is CaseState.ATTENTION
        t.s.orgs.refuse.clear()
        view = await t.s.mend()
        assert view.state is CaseState.OPEN
        assert t.s.waiting() == {"receiving_decision"}


async def test_a_register_that_stays_away_calls_for_attention_and_heals_by_itself(
    stage: Stage,
) -> None:
    async with transfer(stage) as t:
        t.s.orgs.away.add("moves")
        await t.until_sent()
        decision = await t.s.decision("receiving_decision", "accept", {"branch_id": str(new_id())})
        assert t.s.handle is not None
        pending = await t.s.handle.start_update(
            "decide", decision, wait_for_stage=_ACCEPTED, result_type=dict
        )
        await t.s.skip(0.02)
        assert t.s.records.last is not None
        assert t.s.records.last.attention == "effect-failing"
        t.s.orgs.away.clear()
        await t.s.skip(0.1)
        assert t.s.waiting() == {"receipt"}
        assert t.s.orgs.did().count("moves") == 1
        await pending.result()


async def test_an_operator_may_end_a_case_in_attention(stage: Stage) -> None:
    async with transfer(stage) as t:
        t.s.orgs.refuse["letters"] = "surprise"
        await t.until_sent()
        await t.s.mend(terminate=True)
        assert await t.s.outcome() == "terminated"


async def test_one_answer_per_task_and_one_effect_per_command(stage: Stage) -> None:
    async with transfer(stage) as t:
        decision = await t.s.decision("branch_check", "approve", CHECKED)
        assert t.s.handle is not None
        for _ in range(2):
            await t.s.handle.execute_update("decide", decision, result_type=dict)
        assert t.s.task("sending_decision").round == 1
        again = decision.model_copy(update={"command_id": new_id()})
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await t.s.handle.execute_update("decide", again, result_type=dict)
        assert isinstance(refused.value.cause, ApplicationError)
        assert refused.value.cause.type == "task-not-open"


async def test_a_new_working_day_table_moves_open_due_dates(stage: Stage) -> None:
    async with transfer(stage) as t:
        before = t.s.task("branch_check").due_on
        today = await t.s.today()
        off = {today + timedelta(days=n): False for n in range(1, 15)}
        t.s.records.calendar = WorkingDays(off, frozenset({today.year, today.year + 1}))
        assert t.s.handle is not None
        await t.s.handle.signal("recount")
        await t.s.handle.execute_update("settle", result_type=dict)
        after = t.s.task("branch_check").due_on
        assert before is not None
        assert after is not None
        assert after > before + timedelta(days=7)
