"""The table of messages: one row for each recipient."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, DateTime, Identity, UniqueConstraint, text
from sqlmodel import Field

from services.notifications.metadata import NotificationsTable


class MessageRow(NotificationsTable, table=True):
    """`(xid, seq)` is the message's place in the stream, in commit-safe order."""

    __tablename__ = "messages"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (UniqueConstraint("account_id", "dedupe_key"),)

    id: UUID = Field(primary_key=True)
    account_id: UUID
    dedupe_key: str
    template: str
    title: str
    body: str
    case_id: UUID | None = None
    task_id: UUID | None = None
    link: str | None = None
    created_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    read_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    expires_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    xid: int = Field(
        sa_column=Column(
            BigInteger,
            nullable=False,
            server_default=text("pg_current_xact_id()::text::bigint"),
        )
    )
    seq: int = Field(sa_column=Column(BigInteger, Identity(always=True), nullable=False))
