"""The register's feed of changes: what happened to which record, without personal values."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from shared.contracts.base import Contract


class ChangeKind(StrEnum):
    ORGANISATION = "organisation.changed"
    GRANT = "grant.changed"
    ACCOUNT = "account.changed"
    CALENDAR = "calendar.changed"
    MEMBER = "member.changed"
    ENTERPRISE = "enterprise.changed"
    POST = "post.changed"


class Change(Contract):
    """One entry; `cursor` is given back as `after=`."""

    cursor: str
    kind: ChangeKind
    object_id: UUID
    at: datetime
    data: dict[str, Any]


class ChangePage(Contract):
    items: list[Change]
    next: str
    """Cursor after the last entry; the same as `after` when nothing is new."""


class OrganisationCopy(Contract):
    """Payload of organisation.changed."""

    id: UUID
    path: str
    name: str
    kind: str
    code: str
    parent_id: UUID | None
    status: str
    approves_members: bool
    phone: str | None
    external: bool


class GrantCopy(Contract):
    """Payload of grant.changed."""

    id: UUID
    account_id: UUID
    role: str
    org_id: UUID
    valid_from: date
    valid_to: date | None


class AccountCopy(Contract):
    """Payload of account.changed: staff and office holders with a login."""

    id: UUID
    person_id: UUID | None
    name: str
    disabled: bool


class CalendarYear(Contract):
    """Payload of calendar.changed: the days of one year that differ from Monday-to-Friday."""

    year: int
    off: list[date]
    worked: list[date]
