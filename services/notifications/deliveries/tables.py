"""The tables of deliveries and of the daily counts that cap them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Column, DateTime, UniqueConstraint
from sqlmodel import Field

from services.notifications.metadata import NotificationsTable


class DeliveryRow(NotificationsTable, table=True):
    """One message on one channel; while `sending`, `next_attempt_at` is the end of the lease."""

    __tablename__ = "deliveries"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (UniqueConstraint("message_id", "channel"),)

    id: UUID = Field(primary_key=True)
    message_id: UUID = Field(foreign_key="messages.id", ondelete="CASCADE")
    account_id: UUID
    channel: str
    state: str
    attempts: int = 0
    next_attempt_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    last_error_code: str | None = None
    created_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    expires_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    sent_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))


class DailyCountRow(NotificationsTable, table=True):
    """Deliveries that were begun for one account on one day in Asia/Shanghai."""

    __tablename__ = "daily_counts"  # pyright: ignore[reportAssignmentType]

    day: date = Field(primary_key=True)
    account_id: UUID = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    taken: int
