"""Cases and tasks as the API tells them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from shared.contracts.base import Contract


class NewCase(Contract):
    """POST /v1/cases"""

    process: str = Field(max_length=60)
    request: dict[str, Any]
    """By the process's own schema: GET /v1/processes/{key}."""


class NewDecision(Contract):
    """POST /v1/tasks/{id}/decisions"""

    choice: str = Field(max_length=40)
    form: dict[str, Any] = Field(default_factory=dict)
    on: date | None = None
    """The actual date when entered from paper; today otherwise."""


class Withdrawal(Contract):
    """POST /v1/cases/{id}/withdrawals"""

    reason: str = Field(min_length=2, max_length=200)


class RepairOrder(Contract):
    """POST /v1/cases/{id}/repairs"""

    terminate: bool = False
    reason: str = Field(min_length=2, max_length=200)


class Urging(Contract):
    """POST /v1/tasks/{id}/urgings"""


class Why(Contract):
    """Why this date: rule, basis, event, length."""

    rule: str
    basis: str
    since: date
    value: int
    unit: str
    paused_days: int
    provisional: bool = False
    """True where the working-day table of that year is not out yet."""


class TaskSummary(Contract):
    id: UUID
    case_id: UUID
    process: str
    process_title: str
    label: str
    key: str
    round: int
    title: str
    article: str
    verb: str
    role: str
    org_id: UUID
    org_name: str
    choices: list[str]
    state: str
    optional: bool
    opened_at: datetime
    due_on: date | None
    days_left: int | None
    overdue: bool
    claimed_by: str | None = None
    escalated_to: UUID | None = None
    choice: str | None = None
    answered_by: str | None = None
    on_behalf_of: str | None = None
    recorded: bool = False
    """A decision is recorded and on its way."""


class TaskDetail(TaskSummary):
    form: dict[str, Any] | None = None
    """JSON Schema of the form."""
    why: Why | None = None
    office_phone: str | None = None


class CaseSummary(Contract):
    id: UUID
    process: str
    process_title: str
    label: str
    state: str
    """recorded, open, attention or ended"""
    step: str
    outcome: str | None
    outcome_title: str | None = None
    attention: str | None
    org_id: UUID
    org_name: str
    opened_at: datetime
    ended_at: datetime | None
    occurred_on: date
    due_on: date | None = None
    overdue: bool = False
    waiting: list[UUID] = Field(default_factory=list[UUID])
    """Open tasks, in the order in which they were opened."""


class CaseDetail(CaseSummary):
    request: dict[str, Any]
    known: dict[str, str]
    edition: int
    tasks: list[TaskSummary]
    parties: dict[str, UUID]


class TimelineEntry(Contract):
    seq: int
    at: datetime
    kind: str
    step: str
    article: str
    title: str
    task_id: UUID | None = None
    actor: str | None = None
    actor_name: str | None = None
    on_behalf_of: str | None = None
    choice: str | None = None
    data: dict[str, Any] = Field(default_factory=dict)


class CommandStatus(Contract):
    """Answer to a command: recorded first, then applied or refused."""

    command_id: UUID
    case_id: UUID
    state: str
    """recorded, applied or refused"""
    refusal: str | None = None
    case: CaseSummary | None = None


class Checked(Contract):
    """Answer of a check: nothing was written."""

    ok: bool = True
    label: str | None = None


class ProcessSummary(Contract):
    key: str
    title: str
    articles: list[str]
    starters: list[str]


class StepInfo(Contract):
    article: str
    title: str


class ProcessDetail(ProcessSummary):
    steps: list[StepInfo]
    request: dict[str, Any]
    """JSON Schema of the request."""
    forms: dict[str, dict[str, Any]]
    outcomes: dict[str, str]
    choices: dict[str, str]


class NewDelegation(Contract):
    """POST /v1/delegations: a dated absence; "on behalf of" is shown."""

    to_account: UUID
    role: str = Field(max_length=40)
    org_id: UUID
    valid_from: date
    valid_to: date


class Delegation(NewDelegation):
    id: UUID
    from_account: UUID
    revoked: bool


class Stuck(Contract):
    """A case or command that an operator should look at; no personal data."""

    case_id: UUID
    process: str
    step: str
    code: str
    since: datetime | None
    attempts: int = 0


class Backlog(Contract):
    undelivered: int
    oldest_at: datetime | None
    notices: int
    stuck: list[Stuck]
