"""Rows of local settings: what one organisation chose for itself and everything below it."""

from datetime import date
from uuid import UUID

from sqlmodel import Field

from services.orgs.metadata import OrgsTable


class RuleOverride(OrgsTable, table=True):
    __tablename__ = "rule_overrides"  # pyright: ignore[reportAssignmentType]

    id: UUID = Field(primary_key=True)
    org_id: UUID
    key: str
    value: str
    basis: str
    valid_from: date
    valid_to: date | None = None
    """Last day; a setting that ended stays as the answer to "why this date?"."""
    version: int = 1
