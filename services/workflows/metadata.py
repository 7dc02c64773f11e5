"""The one MetaData of the workflows service; table classes inherit WorkflowsTable."""

from sqlmodel import SQLModel

from shared.audit import audit_tables
from shared.copies.tables import attach
from shared.database import metadata
from shared.idempotency import idempotency_table

METADATA = metadata("workflows")
IDEMPOTENCY = idempotency_table(METADATA)
AUDIT_EVENTS, AUDIT_SEALS = audit_tables(METADATA)
attach(METADATA)


class WorkflowsTable(SQLModel):
    metadata = METADATA
