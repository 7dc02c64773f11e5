"""What the other services tell people, and what people read of it."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from shared.access import Role
from shared.contracts.base import Contract
from shared.validation import RuleBroken


class Template(StrEnum):
    """The texts; their variables are declared beside the words in services/notifications."""

    TASK_OPENED = "task-opened"
    TASK_DUE_SOON = "task-due-soon"
    TASK_OVERDUE = "task-overdue"
    TASK_ESCALATED = "task-escalated"
    TASK_URGED = "task-urged"
    DECISION_MADE = "decision-made"
    CASE_ENDED = "case-ended"
    CASE_ATTENTION = "case-attention"
    COMMAND_REFUSED = "command-refused"
    LETTER_EXPIRING = "letter-expiring"
    RECEIPT_OVERDUE = "receipt-overdue"
    TERM_ENDING = "term-ending"


class Channel(StrEnum):
    """Ways out of the suite. The inbox is no channel: every message stands there."""

    EMAIL = "email"


class Recipient(Contract):
    """One account, every account of one person, or whoever holds a role at one organisation."""

    account_id: UUID | None = None
    person_id: UUID | None = None
    role: Role | None = None
    org_id: UUID | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "Recipient":
        named = (self.account_id, self.person_id, self.role or self.org_id)
        if sum(part is not None for part in named) != 1 or (self.role is None) != (
            self.org_id is None
        ):
            raise RuleBroken(
                "recipient-unclear", "收件人只能按账号、人员、“角色加组织”三种方式之一指定。"
            )
        return self


Path = Annotated[str, StringConstraints(pattern=r"^(/[A-Za-z0-9._~-]+)+$", max_length=200)]
VariableName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{0,39}$")]


class Message(Contract):
    """One entry of POST /v1/messages; the same `dedupe_key` reaches a recipient once."""

    dedupe_key: str = Field(min_length=1, max_length=200)
    template: Template
    variables: Mapping[VariableName, str | int] = Field(default_factory=dict, max_length=20)
    to: Recipient
    case_id: UUID | None = None
    task_id: UUID | None = None
    link: Path | None = None
    """Page of the console. Outside the suite only /cases/<id> and /tasks/<id> are used."""
    expires_at: AwareDatetime | None = None
    """From then on it is no longer delivered, and the inbox no longer shows it."""
    channels: frozenset[Channel] = frozenset({Channel.EMAIL})


class MessageBatch(Contract):
    messages: list[Message] = Field(min_length=1, max_length=1000)


class Refusal(Contract):
    """A message that can never be rendered: the caller named a wrong variable."""

    dedupe_key: str
    code: str
    field: str | None = None


class MessagesStored(Contract):
    stored: int
    duplicates: int
    """Recipients who had a message with that key already: nothing was written for them."""
    without_recipient: list[str]
    """dedupe_key of the messages that nobody could receive: the role is vacant, say."""
    refused: list[Refusal] = Field(default_factory=list[Refusal])
    """They were not stored, the others were: one bad message must not hold up a batch."""


class InboxItem(Contract):
    id: UUID
    template: Template
    title: str
    body: str
    case_id: UUID | None
    task_id: UUID | None
    link: str | None
    created_at: datetime
    read_at: datetime | None
    expires_at: datetime | None


class InboxCounts(Contract):
    unread: int


class AllRead(Contract):
    """POST /v1/inbox/read-all: everything up to and with the newest message that was seen."""

    up_to: UUID | None = None


class Contact(Contract):
    """How to reach an account outside the suite; notifications never stores it."""

    account_id: UUID
    email: str | None = None
    phone: str | None = None


class Contacts(Contract):
    """GET {orgs}/v1/accounts/contacts?ids=…&ids=…, at most 100; unknown accounts are left out."""

    items: list[Contact]


class DeliveryState(StrEnum):
    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    EXPIRED = "expired"
    SUPPRESSED = "suppressed"
    """Not sent on purpose; `last_error_code` says why: no-address, daily-cap, already-read."""


class Delivery(Contract):
    """One message on one channel, as an operator sees it: no account, no address, no text."""

    id: UUID
    channel: Channel
    state: DeliveryState
    attempts: int
    next_attempt_at: datetime
    last_error_code: str | None
    created_at: datetime


class DeliveryOverview(Contract):
    counts: dict[DeliveryState, int]
    items: list[Delivery]
    """Those that failed or are being tried again, oldest first."""
    next: str | None = None
