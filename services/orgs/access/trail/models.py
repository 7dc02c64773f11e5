"""The audit trail as the API shows it: codes and ids, no personal values."""

from datetime import datetime
from typing import Any
from uuid import UUID

from shared.contracts.base import Contract


class AuditEvent(Contract):
    id: int
    at: datetime
    actor: str
    actor_kind: str
    on_behalf_of: str | None
    action: str
    object_kind: str
    object_id: UUID | None
    org_path: str | None
    detail: dict[str, Any]
