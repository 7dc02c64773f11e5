"""What reaches a case from outside: answers, interruptions, repairs. Handlers only change state."""

from uuid import UUID

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from services.workflows.kernel.state import CaseMemory
from shared.contracts.cases import CaseState, Decision, Interruption, Repair, View


def refuse(code: str) -> None:
    raise ApplicationError(code, type=code, non_retryable=True)


class Inlet(CaseMemory):
    """Updates return once the case has come to rest, so that the caller sees where it stands."""

    @workflow.update
    async def settle(self) -> View:
        return await self._at_rest()

    @workflow.update
    async def decide(self, decision: Decision) -> View:
        self.take(decision)
        return await self._at_rest()

    @decide.validator
    def may_decide(self, decision: Decision) -> None:
        if str(decision.command_id) in self.seen:
            return
        if self.state is CaseState.ATTENTION:
            refuse("busy")
        task = self.open.get(str(decision.task_id))
        if task is None and str(decision.task_id) not in self.past:
            # A worker wrote the task and died: it opens here in a moment, once more.
            refuse("busy")
        if task is None or str(decision.task_id) in self.answers:
            refuse("task-not-open")
        elif decision.choice not in task.choices:
            refuse("choice-unknown")

    @workflow.update
    async def interrupt(self, interruption: Interruption) -> View:
        if self._first_time(interruption.command_id):
            self.interruption = interruption
        return await self._at_rest()

    @interrupt.validator
    def may_interrupt(self, interruption: Interruption) -> None:
        if str(interruption.command_id) in self.seen:
            return
        if self.state is CaseState.ENDED:
            refuse("case-ended")
        if not self.interruptible:
            refuse("not-withdrawable")
        if self.running > 0 or self.state is CaseState.ATTENTION:
            refuse("busy")

    @workflow.update
    async def mend(self, repair: Repair) -> View:
        if self._first_time(repair.command_id):
            self.repair = repair
        return await self._at_rest()

    @mend.validator
    def may_mend(self, repair: Repair) -> None:
        if str(repair.command_id) not in self.seen and self.state is not CaseState.ATTENTION:
            refuse("not-in-attention")

    @workflow.signal
    def recount(self) -> None:
        """A new working-day table has been loaded: count open periods again."""
        self.recounts += 1

    @workflow.query
    def view(self) -> View:
        return self.view_of()

    def take(self, decision: Decision) -> None:
        """Hand an answer to the step that waits for it; a repeated command counts once."""
        if self._first_time(decision.command_id):
            self.answers[str(decision.task_id)] = decision

    def _first_time(self, command_id: UUID) -> bool:
        """The waiting branch is counted as running from this moment on."""
        new = str(command_id) not in self.seen
        if new:
            self.seen.add(str(command_id))
            self.running += 1
        return new

    async def _at_rest(self) -> View:
        await workflow.wait_condition(lambda: self.running <= 0)
        return self.view_of()
