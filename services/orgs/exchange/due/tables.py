"""Rows of dated things that the reminder round looks at, written with their record."""

from datetime import date
from uuid import UUID

from sqlmodel import Field

from services.orgs.metadata import OrgsTable


class DueDateRow(OrgsTable, table=True):
    __tablename__ = "due_dates"  # pyright: ignore[reportAssignmentType]

    id: UUID = Field(primary_key=True)
    rule: str
    subject_id: UUID
    org_id: UUID
    """The organisation that has to act."""
    org_path: str
    due_on: date
    state: str = "open"
