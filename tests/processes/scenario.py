"""A stage for one process: the real worker and sandbox, fakes at the activity line only."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from temporalio import activity
from temporalio.client import Client, WorkflowHandle, WorkflowHistory
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from services.workflows.activities.orgs import (
    Done,
    LetterEffect,
    LetterIssued,
    MemberEffect,
    NewLetter,
)
from services.workflows.kernel.inlet import Inlet
from services.workflows.records import count
from shared.calendar import WorkingDays
from shared.clock import local_date
from shared.contracts.cases import (
    Ask,
    Decision,
    DecisionFound,
    Entry,
    Interruption,
    Lookup,
    Party,
    Recorded,
    Records,
    Repair,
    Rule,
    Start,
    TaskState,
    View,
)
from shared.ids import new_id


@dataclass
class FakeRecords:
    """Keeps what a case would have written, and counts dates as the real records do."""

    calendar: WorkingDays = field(default_factory=lambda: WorkingDays({}, frozenset()))
    open: dict[UUID, Ask] = field(default_factory=dict[UUID, Ask])
    closed: dict[UUID, TaskState] = field(default_factory=dict[UUID, TaskState])
    timeline: list[Entry] = field(default_factory=list[Entry])
    applied: set[UUID] = field(default_factory=set[UUID])
    recorded: list[Decision] = field(default_factory=list[Decision])
    last: Records | None = None

    @activity.defn(name="records.write")
    async def write(self, batch: Records) -> Recorded:
        self.last = batch
        if batch.entries:
            first = batch.entries[0].seq
            self.timeline = [e for e in self.timeline if e.seq < first] + batch.entries
        dated = {ask.id: count(ask.due, self.calendar) for ask in batch.opened if ask.due}
        for ask in batch.opened:
            self.open[ask.id] = ask.model_copy(update={"due_on": dated.get(ask.id)})
        for done in batch.closed:
            self.open.pop(done.id, None)
            self.closed[done.id] = done.state
        self.applied |= set(batch.applied)
        return Recorded(due_on=dated)

    @activity.defn(name="records.decided_in_time")
    async def decided_in_time(self, lookup: Lookup) -> DecisionFound:
        found = [d for d in self.recorded if d.task_id in lookup.task_ids]
        return DecisionFound(decision=found[0] if found else None)


@dataclass
class FakeOrgs:
    """The register at the activity line: what was done to it, and what it refuses."""

    effects: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    keys: set[str] = field(default_factory=set[str])
    refuse: dict[str, str] = field(default_factory=dict[str, str])
    away: set[str] = field(default_factory=set[str])
    letters: int = 0

    def _meet(self, effect: str) -> None:
        if effect in self.away:
            raise RuntimeError("the register is away")
        if code := self.refuse.get(effect):
            raise ApplicationError(code, type=code, non_retryable=True)

    @activity.defn(name="orgs.member_effect")
    async def member_effect(self, asked: MemberEffect) -> Done:
        self._meet(asked.effect)
        if asked.key not in self.keys:
            self.keys.add(asked.key)
            self.effects.append((asked.effect, str(asked.member_id)))
        return Done()

    @activity.defn(name="orgs.issue_letter")
    async def issue_letter(self, asked: NewLetter) -> LetterIssued:
        self._meet("letters")
        if asked.key not in self.keys:
            self.keys.add(asked.key)
            self.letters += 1
            self.effects.append(("letters", f"L{self.letters}"))
        return LetterIssued(id=new_id(), serial=f"L{self.letters}")

    @activity.defn(name="orgs.letter_effect")
    async def letter_effect(self, asked: LetterEffect) -> Done:
        self._meet(asked.effect)
        self.effects.append((asked.effect, ""))
        return Done()

    def did(self) -> list[str]:
        return [effect for effect, _ in self.effects]


class Scenario:
    """One case on the stage, driven as people would drive it."""

    def __init__(self, env: WorkflowEnvironment, client: Client, process: str) -> None:
        self.env = env
        self.client = client
        self.process = process
        self.records = FakeRecords()
        self.orgs = FakeOrgs()
        self.handle: WorkflowHandle[Any, str] | None = None

    @property
    def activities(self) -> Sequence[Any]:
        return [
            self.records.write,
            self.records.decided_in_time,
            self.orgs.member_effect,
            self.orgs.issue_letter,
            self.orgs.letter_effect,
        ]

    async def today(self) -> date:
        return local_date(await self.env.get_current_time())

    async def begin(
        self,
        request: dict[str, Any],
        facts: dict[str, Any],
        parties: list[Party],
        rules: dict[str, Rule],
        *,
        queue: str,
        patience_seconds: int = 900,
    ) -> View:
        start = Start(
            case_id=new_id(),
            command_id=new_id(),
            actor="starter",
            occurred_on=date.fromisoformat(request["applied_on"]),
            edition=1,
            rules=rules,
            parties=parties,
            request=request,
            facts=facts,
            operator_org_id=new_id(),
            patience_seconds=patience_seconds,
        )
        self.handle = await self.client.start_workflow(
            self.process,
            start,
            id=f"{self.process}/{start.case_id}",
            task_queue=queue,
            result_type=str,
        )
        return await self.handle.execute_update(Inlet.settle)

    def task(self, key: str) -> Ask:
        return next(t for t in self.records.open.values() if t.key == key)

    def waiting(self) -> set[str]:
        return {t.key for t in self.records.open.values() if not t.optional}

    async def decision(self, key: str, choice: str, form: dict[str, Any]) -> Decision:
        return Decision(
            command_id=new_id(),
            task_id=self.task(key).id,
            actor=f"person-at-{key}",
            choice=choice,
            on=await self.today(),
            form=form,
        )

    async def answer(self, key: str, choice: str, **form: Any) -> View:
        decision = await self.decision(key, choice, form)
        return await self._handle.execute_update(
            Inlet.decide, decision, id=str(decision.command_id)
        )

    async def interrupt(self, kind: str, subject: UUID | None = None) -> View:
        stop = Interruption(
            command_id=new_id(), actor="starter", kind=kind, on=await self.today(), subject=subject
        )
        return await self._handle.execute_update(Inlet.interrupt, stop)

    async def mend(self, *, terminate: bool = False) -> View:
        repair = Repair(command_id=new_id(), actor="operator", terminate=terminate)
        return await self._handle.execute_update(Inlet.mend, repair)

    async def skip(self, days: float) -> None:
        await self.env.sleep(timedelta(days=days))

    async def outcome(self) -> str:
        return await self._handle.result()

    async def leave(self) -> None:
        """An open case without a worker would slow every later skip of time."""
        with suppress(RPCError):
            await self._handle.terminate()

    async def history(self) -> WorkflowHistory:
        return await self._handle.fetch_history()

    @property
    def _handle(self) -> WorkflowHandle[Any, str]:
        assert self.handle is not None
        return self.handle
