"""The table of grants; nothing outside this package sees it."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Computed
from sqlalchemy.dialects.postgresql import DATERANGE
from sqlmodel import Field

from services.orgs.metadata import OrgsTable

IN_FORCE = (
    "case when valid_to is null and revoked_on is null then daterange(valid_from, null, '[)')"
    " else daterange(valid_from, greatest(valid_from, least(valid_to + 1, revoked_on)), '[)') end"
)


class GrantRow(OrgsTable, table=True):
    __tablename__ = "grants"  # pyright: ignore[reportAssignmentType]

    id: UUID = Field(primary_key=True)
    account_id: UUID
    role: str
    org_id: UUID
    valid_from: date
    valid_to: date | None = None
    """The last day."""
    revoked_on: date | None = None
    """The first day on which it no longer holds."""
    note: str = ""
    granted_by: str
    in_force: Any = Field(
        default=None, sa_column=Column(DATERANGE, Computed(IN_FORCE, persisted=True))
    )
