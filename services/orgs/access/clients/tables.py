"""The table of machine and public clients; nothing outside this package sees it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Column, DateTime, String
from sqlmodel import Field

from services.orgs.metadata import OrgsTable


class ClientRow(OrgsTable, table=True):
    __tablename__ = "clients"  # pyright: ignore[reportAssignmentType]

    id: UUID = Field(primary_key=True)
    org_id: UUID
    name: str
    kind: str
    secret_hash: str | None = None
    scopes: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    redirect_uris: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    disabled: bool = False
    version: int = 1
    created_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
