"""Grants as the API shows them."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.access import Role
from shared.contracts.base import Contract


class NewGrant(Contract):
    account_id: UUID
    role: Role
    org_id: UUID
    valid_from: date | None = None
    """Today when absent."""
    valid_to: date | None = None
    """The last day; open when absent."""
    note: Annotated[str, Field(max_length=200)] = ""
    """Why, or by which document."""


class GrantView(Contract):
    id: UUID
    account_id: UUID
    role: Role
    org_id: UUID
    org_name: str
    org_path: str
    valid_from: date
    valid_to: date | None
    revoked_on: date | None
    note: str
    granted_by: str


class OwnGrant(Contract):
    id: UUID
    role: Role
    org_id: UUID
    org_name: str
    org_path: str
    valid_from: date
    valid_to: date | None
