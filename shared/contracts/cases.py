"""What passes between the API, the processes and the records of a case: ids, codes and dates."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import Field

from shared.access import Role
from shared.calendar import Period
from shared.contracts.base import Contract


class Verb(StrEnum):
    """Three decision verbs that differ in law, and the plain ones."""

    APPROVE = "approve"
    """审批"""
    FILE = "file"
    """备案: no veto, may be returned as wrong"""
    CONSULT = "consult"
    """征求意见"""
    REPORT = "report"
    """填报: a fact is entered, nothing is decided"""
    REPAIR = "repair"
    """运维处置"""


class CaseState(StrEnum):
    RECORDED = "recorded"
    OPEN = "open"
    ATTENTION = "attention"
    """Something unexpected: the case waits where it stands for an operator's retry."""
    ENDED = "ended"


class TaskState(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"
    LAPSED = "lapsed"
    CANCELLED = "cancelled"


class Party(Contract):
    """An organisation that a case touches; its side keeps one person from answering both."""

    org_id: UUID
    path: str
    side: str


class Rule(Contract):
    """A rulebook value as resolved when the case began."""

    value: str
    unit: str
    basis: str


class Due(Contract):
    """A period before it is counted: from which dated event, how long, on what basis."""

    rule: str
    since: date
    period: Period
    basis: str
    paused_days: int = 0
    """Days spent on correction: they pause the period and do not reset it."""
    at_most: date | None = None


class Ask(Contract):
    """One human step: what is asked of whom, under which article, by when."""

    id: UUID
    key: str
    round: int
    title: str
    article: str
    verb: Verb
    role: Role
    org_id: UUID
    side: str
    choices: tuple[str, ...]
    form: str | None = None
    """Name of the form's model in the process."""
    due: Due | None = None
    due_on: date | None = None
    lapses: bool = False
    optional: bool = False
    """A standing possibility, not work that waits: not counted in the inbox."""
    person_id: UUID | None = None
    seq: int = 0
    """Timeline entry that opened it."""


class Entry(Contract):
    """One line of the timeline."""

    seq: int
    at: datetime
    kind: str
    step: str = ""
    article: str = ""
    title: str = ""
    task_id: UUID | None = None
    actor: str | None = None
    on_behalf_of: str | None = None
    choice: str | None = None
    command_id: UUID | None = None
    data: dict[str, Any] = Field(default_factory=dict)


class Closed(Contract):
    """A task that is no longer open, and why."""

    id: UUID
    state: TaskState
    choice: str | None = None
    actor: str | None = None
    on_behalf_of: str | None = None
    at: datetime


class Records(Contract):
    """What one activation changed; written once, in one transaction, by one local activity."""

    case_id: UUID
    fence: datetime
    """Start of the workflow task: an older writer never overwrites a newer one."""
    state: CaseState
    step: str
    outcome: str | None
    attention: str | None
    entries: list[Entry]
    opened: list[Ask]
    closed: list[Closed]
    applied: list[UUID]
    """Commands whose effect on the case is hereby done."""
    facts: dict[str, str] = Field(default_factory=dict)
    """Ids and serials that the case page shows."""


class Recorded(Contract):
    """What the records know and the process does not: due dates by the calendar."""

    due_on: dict[UUID, date] = Field(default_factory=dict[UUID, date])


class Decision(Contract):
    """A person's answer on its way to the process; free text stays in the command."""

    command_id: UUID
    task_id: UUID
    actor: str
    on_behalf_of: str | None = None
    choice: str
    on: date
    """The date that counts: today, or the actual date when entered from paper."""
    form: dict[str, Any] = Field(default_factory=dict)


class Interruption(Contract):
    """Something that ends the current step from outside: a withdrawal or an event."""

    command_id: UUID
    actor: str
    kind: str
    """withdraw, or the name of an event such as member-died"""
    subject: UUID | None = None
    on: date


class Repair(Contract):
    """An operator's retry, or a termination with a reason code."""

    command_id: UUID
    actor: str
    terminate: bool = False


class View(Contract):
    """Where a case stands once it has come to rest."""

    state: CaseState
    step: str
    outcome: str | None
    open: list[UUID]


class Start(Contract):
    """Input of every process; its values are resolved once, so old cases keep old rules."""

    case_id: UUID
    command_id: UUID
    actor: str
    occurred_on: date
    edition: int
    rules: dict[str, Rule]
    parties: list[Party]
    request: dict[str, Any]
    """The process's own request, as JSON."""
    facts: dict[str, Any]
    """What its preparation found: ids, states, paths."""
    operator_org_id: UUID | None = None
    """No longer used; histories of open cases carry it."""
    patience_seconds: int = 900
    """How long an activity is tried before the case calls for attention."""


class Lookup(Contract):
    """Question to the command inbox before a period lapses."""

    case_id: UUID
    task_ids: list[UUID]
    by: datetime
    """End of the last day, as an instant."""


class DecisionFound(Contract):
    decision: Decision | None = None
