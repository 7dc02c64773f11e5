"""Non-public enterprises as the register shows and takes them."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from shared.contracts.base import Contract
from shared.contracts.words import Line, Reason

MOST_STAFF = 5_000_000


class OperatingStatus(StrEnum):
    OPERATING = "operating"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class Enterprise(Contract):
    id: UUID
    credit_code: str
    """统一社会信用代码"""
    name: str
    staff_count: int
    above_scale: bool
    """规模以上"""
    operating_status: OperatingStatus
    status_on: date
    """Since when; the denominator of coverage is counted by it."""
    division_code: str | None
    park: str | None
    market: str | None
    building: str | None
    union_since: date | None
    league_since: date | None
    org_id: UUID
    """The organisation responsible for the enterprise."""
    org_name: str
    org_path: str
    covering_org_id: UUID | None
    """Its own organisation, or the joint one that covers it."""
    version: int


class EnterpriseDraft(Contract):
    """POST /v1/enterprises"""

    credit_code: Line
    name: Line
    staff_count: int = Field(default=0, ge=0, le=MOST_STAFF)
    above_scale: bool = False
    operating_status: OperatingStatus = OperatingStatus.OPERATING
    status_on: date | None = None
    division_code: str | None = Field(default=None, max_length=12)
    park: Line | None = None
    market: Line | None = None
    building: Line | None = None
    union_since: date | None = None
    league_since: date | None = None
    org_id: UUID


class EnterpriseChange(Contract):
    """PATCH /v1/enterprises/{id} — only what is given changes; If-Match names the version."""

    credit_code: Line | None = None
    name: Line | None = None
    staff_count: int | None = Field(default=None, ge=0, le=MOST_STAFF)
    above_scale: bool | None = None
    operating_status: OperatingStatus | None = None
    status_on: date | None = None
    division_code: str | None = Field(default=None, max_length=12)
    park: Line | None = None
    market: Line | None = None
    building: Line | None = None
    union_since: date | None = None
    league_since: date | None = None
    org_id: UUID | None = None
    reason: Reason


class CoveringChange(Contract):
    """PUT /v1/enterprises/{id}/covering — the effect of a case: which organisation covers it."""

    case_id: UUID
    covering_org_id: UUID | None
    on: date


class EnterpriseCopy(Contract):
    """Payload of enterprise.changed."""

    id: UUID
    org_id: UUID
    operating_status: OperatingStatus
    staff_count: int
    covering_org_id: UUID | None
