"""Rows of letters, the members they name, and the serial books they are numbered from."""

from datetime import date
from uuid import UUID

from sqlmodel import Field

from services.orgs.metadata import OrgsTable
from shared.contracts.register import LetterState


class LetterBook(OrgsTable, table=True):
    """One run of numbers without gaps: an organisation's letters of one year."""

    __tablename__ = "letter_books"  # pyright: ignore[reportAssignmentType]

    org_id: UUID = Field(primary_key=True)
    year: int = Field(primary_key=True)
    prefix: str = Field(primary_key=True)
    next_number: int = 1


class LetterRow(OrgsTable, table=True):
    __tablename__ = "letters"  # pyright: ignore[reportAssignmentType]

    id: UUID = Field(primary_key=True)
    serial: str
    state: str = LetterState.ISSUED.value
    case_id: UUID
    from_org_id: UUID
    from_path: str
    to_org_id: UUID
    to_path: str
    issued_on: date
    valid_until: date
    dues_paid_to: date | None = None
    accepted_on: date | None = None
    receipt_on: date | None = None
    voided_on: date | None = None
    void_reason: str | None = None
    replaces_id: UUID | None = None
    replaced_by_id: UUID | None = None


class LetterMember(OrgsTable, table=True):
    __tablename__ = "letter_members"  # pyright: ignore[reportAssignmentType]

    letter_id: UUID = Field(primary_key=True, foreign_key="letters.id")
    member_id: UUID = Field(primary_key=True)
    live: bool = True
    """One letter at a time: false once it is accepted or void."""
