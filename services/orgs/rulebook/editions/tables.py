"""Rows of editions and their entries; written once, never changed."""

from datetime import date, datetime

from sqlalchemy import DateTime
from sqlmodel import Field

from services.orgs.metadata import OrgsTable


class RuleEdition(OrgsTable, table=True):
    __tablename__ = "rule_editions"  # pyright: ignore[reportAssignmentType]

    number: int = Field(primary_key=True)
    since: date
    note: str
    digest: str
    loaded_at: datetime = Field(sa_type=DateTime(timezone=True))  # pyright: ignore[reportArgumentType]


class RuleEntry(OrgsTable, table=True):
    __tablename__ = "rule_entries"  # pyright: ignore[reportAssignmentType]

    edition: int = Field(primary_key=True, foreign_key="rule_editions.number")
    key: str = Field(primary_key=True)
    value: str
    unit: str
    basis: str
    verified: str
    note: str
    at_least: str | None = None
    at_most: str | None = None
