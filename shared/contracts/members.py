"""Members as lists and pages show them; effects of cases are in register.py."""

from datetime import date
from uuid import UUID

from pydantic import Field

from shared.contracts.base import Contract
from shared.contracts.register import MemberState, Standing
from shared.contracts.words import Reason


class MemberRow(Contract):
    """One line of a list: namesakes are told apart by organisation and masked number."""

    id: UUID
    person_id: UUID
    name: str
    masked_id_number: str | None
    standing: Standing
    state: MemberState
    org_id: UUID
    org_name: str


class Member(MemberRow):
    masked_phone: str | None
    org_path: str
    joined_on: date
    full_on: date | None
    probation_ends_on: date | None
    dues_paid_to: date | None
    open_discipline: bool
    posts: list[str]
    version: int


class MemberSearch(Contract):
    """POST /v1/members/searches — by the exact number, which is never in an address."""

    id_number: str = Field(max_length=30)


class MemberDraft(Contract):
    """POST /v1/members — first load or correction; a case admits the others."""

    person_id: UUID
    org_id: UUID
    standing: Standing
    joined_on: date
    full_on: date | None = None
    probation_ends_on: date | None = None
    dues_paid_to: date | None = None
    member_since: date | None = None
    """First day in this organisation; else the day of joining."""
    reason: Reason


class MemberCorrection(Contract):
    """PATCH /v1/members/{id} — never moves a member between organisations."""

    joined_on: date | None = None
    full_on: date | None = None
    probation_ends_on: date | None = None
    dues_paid_to: date | None = None
    standing: Standing | None = None
    open_discipline: bool | None = None
    reason: Reason


class MembershipPeriod(Contract):
    org_id: UUID
    org_name: str
    valid_from: date
    valid_to: date | None
    """First day on which the member no longer counted there."""
    ended_as: str | None
    case_id: UUID | None


class TransitPeriod(Contract):
    case_id: UUID
    to_org_id: UUID
    to_org_name: str
    letter_id: UUID | None
    started_on: date
    ended_on: date | None
    reason: str | None


class Participation(Contract):
    """一方隶属、多重管理: takes part elsewhere, belongs where they are."""

    id: UUID
    member_id: UUID
    org_id: UUID
    org_name: str
    kind: str
    valid_from: date
    valid_to: date | None
    case_id: UUID | None


class MemberHistory(Contract):
    memberships: list[MembershipPeriod]
    transits: list[TransitPeriod]
    participations: list[Participation]


class HostedMember(MemberRow):
    """GET /v1/participations — somebody who takes part here and belongs elsewhere."""

    host_org_id: UUID
    host_org_name: str
    kind: str
    since: date


class ParticipationStart(Contract):
    """POST /v1/members/{id}/participations"""

    org_id: UUID
    kind: str = Field(default="organisation_life", max_length=40)
    on: date
    case_id: UUID | None = None


class ParticipationEnd(Contract):
    """POST /v1/members/{id}/participation-ends"""

    org_id: UUID
    on: date
    case_id: UUID | None = None


class MemberCopy(Contract):
    """Payload of member.changed: places and states, no personal value."""

    id: UUID
    person_id: UUID
    org_id: UUID
    org_path: str
    state: MemberState
    standing: Standing
