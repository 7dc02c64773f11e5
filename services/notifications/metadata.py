"""The one MetaData of notifications; table classes inherit NotificationsTable."""

from sqlmodel import SQLModel

from shared.audit import audit_tables
from shared.copies.tables import attach
from shared.database import metadata
from shared.idempotency import idempotency_table

METADATA = metadata("notifications")
IDEMPOTENCY = idempotency_table(METADATA)
AUDIT_EVENTS, AUDIT_SEALS = audit_tables(METADATA)
attach(METADATA)


class NotificationsTable(SQLModel):
    metadata = METADATA
