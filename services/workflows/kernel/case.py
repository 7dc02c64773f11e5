"""The few words every process is written in: step, task, ask, do, note, end."""

import functools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, ClassVar, NoReturn, TypeVar

from pydantic import BaseModel
from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

from services.workflows.kernel.inlet import Inlet
from services.workflows.kernel.state import attempt, earliest, refusal
from services.workflows.kernel.words import Ended, Interrupted, Lapsed, Refused, TaskKind
from shared import clock
from shared.calendar import Period
from shared.contracts.cases import (
    Ask,
    CaseState,
    Decision,
    DecisionFound,
    Due,
    Lookup,
    Party,
    Start,
    TaskState,
)

R = TypeVar("R")
ACTIVITY = "__temporal_activity_definition"
SELF_HEALING = timedelta(minutes=10)
"""A case that waits because a service is away tries again by itself after this long."""


class Case(Inlet):
    """The words. A process adds its table of tasks, its steps, and `undo` to take things back."""

    TASKS: ClassVar[Mapping[str, TaskKind]] = {}

    def __init__(self, start: Start) -> None:
        super().__init__(start)
        self.note("started", actor=start.actor, command_id=start.command_id)

    async def conduct(self, procedure: Callable[[], Awaitable[str]]) -> str:
        """Carry the procedure to one of its outcomes, whatever interrupts it."""
        try:
            outcome = await self._or_undone(procedure)
        except Ended as ended:
            outcome = ended.outcome
        self.outcome, self.state = outcome, CaseState.ENDED
        for task in list(self.open.values()):
            self.closed(task, TaskState.CANCELLED)
        self.note("ended", title=outcome)
        await self.flush()
        self.running = 0
        await workflow.wait_condition(workflow.all_handlers_finished)
        return outcome

    async def _or_undone(self, procedure: Callable[[], Awaitable[str]]) -> str:
        try:
            return await procedure()
        except Interrupted as stopped:
            return await self.undo(stopped.kind)

    async def undo(self, kind: str) -> str:
        """Take back what the case has done so far; the outcome is the interruption's name."""
        return kind

    def end(self, outcome: str) -> NoReturn:
        raise Ended(outcome)

    def party(self, side: str) -> Party:
        return next(party for party in self.start.parties if party.side == side)

    def today(self) -> date:
        return clock.local_date(workflow.now())

    def period(self, rule: str, *, since: date) -> Due:
        """A period of the case's own edition, counted from a dated event."""
        found = self.start.rules[rule]
        period = Period.model_validate({"value": int(found.value), "unit": found.unit})
        return Due(rule=rule, since=since, period=period, basis=found.basis)

    def task(
        self, key: str, *, since: date | None = None, due: Due | None = None, **changed: Any
    ) -> Ask:
        """A human step from the process's table; asking the same key again is a new round.

        `since` starts the period of the row's rule, `due` is a period counted already;
        `changed` replaces fields of the row.
        """
        kind = replace(self.TASKS[key], **changed)
        if kind.rule and since:
            due = self.period(kind.rule, since=since)
        self.rounds[key] = self.rounds.get(key, 0) + 1
        paused = {"paused_days": self.paused.get(key, 0)}
        return Ask(
            id=workflow.uuid4(),
            key=key,
            round=self.rounds[key],
            title=kind.title,
            article=kind.article,
            verb=kind.verb,
            role=kind.role,
            org_id=self.party(kind.side).org_id,
            side=kind.side,
            choices=kind.choices,
            form=kind.form.__name__ if kind.form else None,
            due=due.model_copy(update=paused) if due else None,
            lapses=kind.lapses,
            optional=kind.optional,
        )

    async def one(self, key: str, **options: Any) -> Decision:
        """Ask a single task and wait for its answer."""
        return (await self.ask(self.task(key, **options)))[1]

    async def ask(self, *tasks: Ask) -> tuple[Ask, Decision]:
        """Open the tasks, come to rest, go on with the first answer; the others close.

        Raises Lapsed when a task that lapses passes its date, Interrupted when overtaken.
        """
        for task in tasks:
            seq = self.note("asked", article=task.article, title=task.title, task_id=task.id)
            self.opened(task.model_copy(update={"seq": seq}))
        await self.flush()
        answered = await self._first_answer(tasks)
        decision = self.answers.pop(str(answered.id))
        for task in tasks:
            state = TaskState.ANSWERED if task is answered else TaskState.CANCELLED
            self.closed(task, state, decision if task is answered else None)
        self._applied.append(decision.command_id)
        self.note(
            "decided",
            article=answered.article,
            title=answered.title,
            task_id=answered.id,
            actor=decision.actor,
            on_behalf_of=decision.on_behalf_of,
            choice=decision.choice,
            command_id=decision.command_id,
            data={"on": decision.on.isoformat()},
        )
        return answered, decision

    async def do(
        self,
        activity: Callable[[Any, Any], Awaitable[R]],
        argument: BaseModel,
        result: type[R],
        *,
        named: Sequence[str] = (),
    ) -> R:
        """Have one effect. A named refusal raises Refused; anything unexpected calls for
        attention, and the same effect is tried again after a repair."""
        name = str(getattr(activity, ACTIVITY).name)
        patience = timedelta(seconds=self.start.patience_seconds)
        while True:
            try:
                return await attempt(name, argument, result, patience=patience)
            except (ActivityError, ApplicationError) as failed:
                code = refusal(failed)
            if code in named:
                raise Refused(str(code))
            await self._call_for_attention(code or "effect-failing", heals=code is None)

    def key(self, effect: str, *, again: bool = False) -> str:
        """Idempotency key of an effect: the same for every try and every run of this case."""
        self.rounds.setdefault(effect, 1)
        self.rounds[effect] += again
        return f"{self.start.case_id}:{effect}:{self.rounds[effect]}"

    async def _call_for_attention(self, code: str, *, heals: bool) -> None:
        self.state, self.attention = CaseState.ATTENTION, code
        self.note("attention", title=code)
        await self.flush()
        self.running -= 1
        try:
            await workflow.wait_condition(
                lambda: self.repair is not None, timeout=SELF_HEALING if heals else None
            )
        except TimeoutError:
            self.running += 1
        repair, self.repair = self.repair, None
        self.state, self.attention = CaseState.OPEN, None
        if repair:
            self._applied.append(repair.command_id)
            kind = "terminated" if repair.terminate else "retried"
            self.note(kind, title=code, actor=repair.actor, command_id=repair.command_id)
            if repair.terminate:
                self.end("terminated")

    async def _first_answer(self, tasks: Sequence[Ask]) -> Ask:
        ids = [str(task.id) for task in tasks]

        def ready() -> bool:
            return self.interruption is not None or any(i in self.answers for i in ids)

        self.running -= 1
        while not ready():
            counted: int = self.recounts
            lapsing = [self.open[i] for i in ids if self.open[i].lapses]
            try:
                await workflow.wait_condition(
                    functools.partial(self._ready_or_recounted, ready, counted),
                    timeout=self._until(lapsing),
                )
            except TimeoutError:
                await self._lapse_unless_decided(tasks, lapsing, ready)
            if self.recounts != counted and not ready():
                await self._recount(ids)
        if self.interruption is not None:
            self._give_way(tasks)
        return next(task for task in tasks if str(task.id) in self.answers)

    def _ready_or_recounted(self, ready: Callable[[], bool], counted: int) -> bool:
        return ready() or self.recounts != counted

    def _until(self, lapsing: Sequence[Ask]) -> timedelta | None:
        day = earliest(lapsing).due_on if lapsing else None
        if day is None:
            return None
        return max(clock.end_of_day(day) - workflow.now(), timedelta(seconds=1))

    async def _recount(self, ids: Sequence[str]) -> None:
        self.running += 1
        for i in ids:
            self.opened(self.open[i])
        await self.flush()
        self.running -= 1

    async def _lapse_unless_decided(
        self, tasks: Sequence[Ask], lapsing: Sequence[Ask], ready: Callable[[], bool]
    ) -> None:
        """A decision recorded in time counts, however late it is delivered."""
        self.running += 1
        due = earliest(lapsing).due_on
        ids = [task.id for task in tasks]
        lookup = Lookup(
            case_id=self.start.case_id, task_ids=ids, by=clock.end_of_day(due or self.today())
        )
        found = await attempt("records.decided_in_time", lookup, DecisionFound, patience=None)
        if found.decision is not None and not ready():
            self.take(found.decision)
        if ready():
            self.running -= 1
            return
        for task in tasks:
            self.closed(task, TaskState.LAPSED if task.lapses else TaskState.CANCELLED)
        late = lapsing[0]
        self.note("lapsed", article=late.article, title=late.title, task_id=late.id)
        raise Lapsed(late.key)

    def _give_way(self, tasks: Sequence[Ask]) -> NoReturn:
        stopped = self.interruption
        assert stopped is not None  # noqa: S101
        self.interruption = None
        for task in tasks:
            self.closed(task, TaskState.CANCELLED)
        self._applied.append(stopped.command_id)
        self.note(
            "interrupted", title=stopped.kind, actor=stopped.actor, command_id=stopped.command_id
        )
        raise Interrupted(stopped.kind, stopped.subject)
