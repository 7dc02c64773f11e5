"""The one MetaData of the register; table classes inherit OrgsTable."""

from sqlmodel import SQLModel

from shared.audit import audit_tables
from shared.database import metadata
from shared.idempotency import idempotency_table

METADATA = metadata("orgs")
IDEMPOTENCY = idempotency_table(METADATA)
AUDIT_EVENTS, AUDIT_SEALS = audit_tables(METADATA)


class OrgsTable(SQLModel):
    metadata = METADATA
