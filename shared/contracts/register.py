"""What the register tells of members, and the effects that a case may have on it."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from shared.contracts.base import Contract


class MemberState(StrEnum):
    ACTIVE = "active"
    IN_TRANSIT = "in_transit"
    """转出在途: still counted in the sending organisation (ED19 Art. 25)."""
    TRANSFERRED_OUT = "transferred_out"
    """Accepted by a committee outside this register."""
    LEFT = "left"
    DIED = "died"
    REMOVED = "removed"


class Standing(StrEnum):
    FULL = "full"
    PROBATIONARY = "probationary"


class OrganisationKind(StrEnum):
    COMMITTEE = "committee"
    """党委"""
    GENERAL_BRANCH = "general_branch"
    """党总支"""
    BRANCH = "branch"
    """党支部"""
    JOINT_BRANCH = "joint_branch"
    """联合党支部"""
    TEMPORARY_BRANCH = "temporary_branch"
    """临时党支部"""
    FLOATING_BRANCH = "floating_branch"
    """流动党员党支部"""
    WORK_COMMITTEE = "work_committee"
    """党工委"""
    WORK_BODY = "work_body"
    """非公党建工作机构"""


class OrganisationState(StrEnum):
    ACTIVE = "active"
    DISSOLVING = "dissolving"
    DISSOLVED = "dissolved"


class OrganisationFacts(Contract):
    """What a process needs to know about one organisation."""

    id: UUID
    name: str
    code: str
    kind: OrganisationKind
    path: str
    parent_id: UUID | None
    state: OrganisationState
    approves_members: bool
    """A committee with the right to approve probationary members may send and receive."""
    external: bool
    """An entry of the directory only; its people do not work in this suite."""
    phone: str | None = None
    committee_id: UUID | None = None
    """The nearest committee with approval rights at or above it."""


class MemberFacts(Contract):
    """What a process needs to know about one member. `name` stays out of workflow history."""

    id: UUID
    person_id: UUID
    name: str
    masked_id_number: str
    standing: Standing
    state: MemberState
    org_id: UUID
    org_path: str
    committee_id: UUID
    """The nearest committee with approval rights at or above the member's organisation."""
    probation_ends_on: date | None = None
    dues_paid_to: date | None = None
    """First day of the month up to which dues are paid."""
    open_discipline: bool = False
    posts: list[str] = Field(default_factory=list)


class TransitStart(Contract):
    """POST /v1/members/{id}/transits — the letter is out; the sender stays responsible."""

    case_id: UUID
    to_org_id: UUID
    letter_id: UUID | None = None
    on: date


class TransitEnd(Contract):
    """POST /v1/members/{id}/transit-ends — back to where they stood."""

    case_id: UUID
    on: date
    reason: str = Field(max_length=40)
    """withdrawn, refused, expired, died, removed"""


class Move(Contract):
    """POST /v1/members/{id}/moves — the membership ends in one branch and begins in another."""

    case_id: UUID
    to_org_id: UUID
    on: date
    """Date of acceptance: the first day that the member counts in the new organisation."""


class Departure(Contract):
    """POST /v1/members/{id}/departures — accepted by a committee outside this register."""

    case_id: UUID
    to_org_id: UUID
    on: date


class LetterIssue(Contract):
    """POST /v1/letters — 党员组织关系介绍信; the serial is drawn in the same transaction."""

    case_id: UUID
    from_org_id: UUID
    to_org_id: UUID
    member_ids: list[UUID] = Field(min_length=1, max_length=500)
    issued_on: date
    valid_until: date
    dues_paid_to: date | None = None
    replaces_id: UUID | None = None
    """The expired or lost letter; its serial becomes void in the same transaction."""


class LetterState(StrEnum):
    ISSUED = "issued"
    ACCEPTED = "accepted"
    VOID = "void"
    CLOSED = "closed"


class Letter(Contract):
    id: UUID
    serial: str
    state: LetterState
    from_org_id: UUID
    to_org_id: UUID
    issued_on: date
    valid_until: date
    accepted_on: date | None = None
    receipt_on: date | None = None
    void_reason: str | None = None
    replaced_by_id: UUID | None = None


class LetterVoid(Contract):
    """POST /v1/letters/{id}/voids"""

    case_id: UUID
    on: date
    reason: str = Field(max_length=40)


class LetterAcceptance(Contract):
    """POST /v1/letters/{id}/acceptances — refused when void or past its validity."""

    case_id: UUID
    on: date


class LetterReceipt(Contract):
    """POST /v1/letters/{id}/receipts — 回执联; only of an accepted letter."""

    case_id: UUID
    serial: str
    on: date


class RuleValue(Contract):
    """One rulebook entry as it applies to one organisation today."""

    key: str
    value: str
    """Number, fraction (4/5) or flag, as text."""
    unit: str
    basis: str
    """Document · year · article."""
    verified: str
    """verified, unverified, local or disputed (rules.md marks V, U, L, C)."""
    set_at: UUID | None = None
    """Organisation whose own entry applies; absent for the national edition."""


class RuleSet(Contract):
    edition: int
    values: list[RuleValue]


class DueDate(Contract):
    """GET /v1/due — one dated thing that the reminder round looks at."""

    rule: str
    subject_id: UUID
    org_id: UUID
    due_on: date
    state: str
