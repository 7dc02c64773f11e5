"""Identifiers: UUID version 7, so that rows sort by the time they were made."""

from uuid import UUID

import uuid_utils


def new_id() -> UUID:
    return UUID(bytes=uuid_utils.uuid7().bytes)
