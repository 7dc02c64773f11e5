"""People: one human, one row; identity and contact leave the register masked."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from shared.contracts.base import Contract
from shared.contracts.words import Line, Reason


class Person(Contract):
    id: UUID
    name: str
    masked_id_number: str | None
    masked_phone: str | None
    masked_email: str | None
    home_org_id: UUID
    """The organisation that keeps the record."""
    version: int


class PersonDraft(Contract):
    """POST /v1/people"""

    name: Line
    id_number: str | None = Field(default=None, max_length=30)
    phone: str | None = Field(default=None, max_length=30)
    email: str | None = Field(default=None, max_length=120)
    home_org_id: UUID


class PersonCorrection(Contract):
    """PATCH /v1/people/{id} — only what is given changes; If-Match names the version."""

    name: Line | None = None
    id_number: str | None = Field(default=None, max_length=30)
    phone: str | None = Field(default=None, max_length=30)
    email: str | None = Field(default=None, max_length=120)
    reason: Reason


class SealedField(StrEnum):
    ID_NUMBER = "id_number"
    PHONE = "phone"
    EMAIL = "email"


class RevealRequest(Contract):
    """POST /v1/people/{id}/reveals — why the plain value is needed is kept in the audit trail."""

    field: SealedField
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=4, max_length=400)]


class Reveal(Contract):
    field: SealedField
    value: str | None


class ContactAddress(Contract):
    """GET /v1/people/{id}/contact — for the notifications service, when it sends."""

    person_id: UUID
    phone: str | None
    email: str | None
