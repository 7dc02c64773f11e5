"""What a case remembers, and how its records are written: once an activation, fenced."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, TypeVar

from pydantic import BaseModel
from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError

from shared.contracts.cases import (
    Ask,
    CaseState,
    Closed,
    Decision,
    Entry,
    Interruption,
    Recorded,
    Records,
    Repair,
    Start,
    TaskState,
    View,
)

R = TypeVar("R")
LOCAL = timedelta(seconds=3)
DURABLE = timedelta(seconds=30)
ONCE_MORE = RetryPolicy(initial_interval=timedelta(milliseconds=100), maximum_attempts=2)
PATIENT = RetryPolicy(maximum_interval=timedelta(seconds=30))


class CaseMemory:
    """State of one case. `running` counts branches at work: 0 means the case is at rest."""

    def __init__(self, start: Start) -> None:
        self.start = start
        self.state = CaseState.OPEN
        self.at_step = ""
        self.outcome: str | None = None
        self.attention: str | None = None
        self.facts: dict[str, str] = {}
        self.open: dict[str, Ask] = {}
        self.past: set[str] = set()
        self.answers: dict[str, Decision] = {}
        self.rounds: dict[str, int] = {}
        self.paused: dict[str, int] = {}
        self.seen: set[str] = {str(start.command_id)}
        self.interruption: Interruption | None = None
        self.interruptible = True
        self.repair: Repair | None = None
        self.recounts: int = 0
        self.running = 1
        self._entries: list[Entry] = []
        self._opened: dict[str, Ask] = {}
        self._closed: list[Closed] = []
        self._applied = [start.command_id]
        self._seq = 0

    def note(self, kind: str, **fields: Any) -> int:
        """Add a line to the timeline; it is written when the case next comes to rest."""
        self._seq += 1
        at = workflow.now()
        self._entries.append(Entry(seq=self._seq, at=at, kind=kind, step=self.at_step, **fields))
        return self._seq

    def view_of(self) -> View:
        open_ids = [task.id for task in self.open.values()]
        return View(state=self.state, step=self.at_step, outcome=self.outcome, open=open_ids)

    def opened(self, task: Ask) -> None:
        self.open[str(task.id)] = task
        self._opened[str(task.id)] = task

    def closed(self, task: Ask, state: TaskState, by: Decision | None = None) -> None:
        self.open.pop(str(task.id), None)
        self.past.add(str(task.id))
        self._closed.append(
            Closed(
                id=task.id,
                state=state,
                choice=by.choice if by else None,
                actor=by.actor if by else None,
                on_behalf_of=by.on_behalf_of if by else None,
                at=workflow.now(),
            )
        )

    async def flush(self) -> None:
        """Write what changed. The records are never given up: without them nobody can act."""
        if not self._entries and not self._opened:
            return
        batch = Records(
            case_id=self.start.case_id,
            fence=workflow.now(),
            state=self.state,
            step=self.at_step,
            outcome=self.outcome,
            attention=self.attention,
            entries=self._entries,
            opened=list(self._opened.values()),
            closed=self._closed,
            applied=self._applied,
            facts=self.facts,
        )
        self._entries, self._opened, self._closed, self._applied = [], {}, [], []
        recorded = await attempt("records.write", batch, Recorded, patience=None)
        for task_id, due_on in recorded.due_on.items():
            task = self.open.get(str(task_id))
            if task:
                self.open[str(task_id)] = task.model_copy(update={"due_on": due_on})


async def attempt(
    name: str, argument: BaseModel, result: type[R], *, patience: timedelta | None
) -> R:
    """In the same workflow task when the other side answers at once, else durably.

    A refusal (non-retryable) is raised at once. `patience` bounds the durable try; None is
    for ever.
    """
    try:
        return await workflow.execute_local_activity(
            name,
            argument,
            result_type=result,
            schedule_to_close_timeout=LOCAL,
            retry_policy=ONCE_MORE,
        )
    except (ActivityError, ApplicationError) as failed:
        if refusal(failed) is not None:
            raise
    return await workflow.execute_activity(  # noqa: TID251
        name,
        argument,
        result_type=result,
        start_to_close_timeout=DURABLE,
        schedule_to_close_timeout=patience,
        retry_policy=PATIENT,
    )


def refusal(failed: BaseException) -> str | None:
    """The code of a final refusal; a failed local activity raises its cause unwrapped."""
    cause = failed.cause if isinstance(failed, ActivityError) else failed
    final = isinstance(cause, ApplicationError) and cause.non_retryable
    return str(cause.type) if isinstance(cause, ApplicationError) and final else None


def earliest(tasks: Sequence[Ask]) -> Ask:
    return min(tasks, key=lambda task: (task.due_on is None, task.due_on))
