"""Organisations as the register shows and takes them."""

from datetime import date
from uuid import UUID

from pydantic import Field

from shared.contracts.base import Contract
from shared.contracts.register import OrganisationKind, OrganisationState
from shared.contracts.words import Line, Reason


class Organisation(Contract):
    id: UUID
    code: str
    name: str
    kind: OrganisationKind
    path: str
    parent_id: UUID | None
    parent_name: str | None = None
    state: OrganisationState
    approves_members: bool
    external: bool
    """An entry of the directory only: a committee outside this register."""
    phone: str | None
    division_code: str | None
    enterprise_id: UUID | None
    carrier_kind: str | None
    """What carries a joint or area organisation: 园区, 商会, 楼宇 …"""
    founded_on: date | None
    dissolved_on: date | None
    version: int


class DirectoryEntry(Contract):
    """A committee that may send and receive members."""

    id: UUID
    code: str
    name: str
    phone: str | None
    division_code: str | None
    external: bool


class OrganisationDraft(Contract):
    """POST /v1/organisations — first load or correction; a case founds the others."""

    code: Line
    name: Line
    kind: OrganisationKind
    parent_id: UUID | None = None
    """Absent only for an entry of the directory."""
    external: bool = False
    approves_members: bool = False
    """Conferred by an organiser at or above the superior; of an entry of the directory, told."""
    phone: str | None = Field(default=None, max_length=30)
    division_code: str | None = Field(default=None, max_length=12)
    enterprise_id: UUID | None = None
    carrier_kind: Line | None = None
    founded_on: date | None = None
    since: date | None = None
    """First day under the superior; else the founding day, else today."""
    reason: Reason


class OrganisationCorrection(Contract):
    """PATCH /v1/organisations/{id} — only what is given changes; If-Match names the version."""

    code: Line | None = None
    name: Line | None = None
    approves_members: bool | None = None
    """A change takes an organiser at or above the organisation."""
    phone: str | None = Field(default=None, max_length=30)
    division_code: str | None = Field(default=None, max_length=12)
    carrier_kind: Line | None = None
    founded_on: date | None = None
    reason: Reason


class OrganisationStateChange(Contract):
    """POST /v1/organisations/{id}/states — the effect of a case."""

    case_id: UUID
    state: OrganisationState
    on: date


class AffiliationChange(Contract):
    """POST /v1/organisations/{id}/affiliations — under another superior from a day on."""

    case_id: UUID
    parent_id: UUID
    on: date


class DirectContactChange(Contract):
    """POST /v1/organisations/{id}/direct-contacts — 直接联系 without a change of 隶属."""

    case_id: UUID
    superior_id: UUID
    on: date


class Affiliation(Contract):
    parent_id: UUID
    parent_name: str
    valid_from: date
    valid_to: date | None
    """First day on which it no longer holds."""
    case_id: UUID | None


class DirectContact(Contract):
    superior_id: UUID
    superior_name: str
    valid_from: date
    valid_to: date | None
    case_id: UUID | None


class OrganisationHistory(Contract):
    affiliations: list[Affiliation]
    direct_contacts: list[DirectContact]
