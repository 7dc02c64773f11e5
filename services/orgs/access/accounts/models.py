"""Accounts as the API shows them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from services.orgs.access.accounts.rules import check_login
from services.orgs.access.accounts.tables import AccountRow
from services.orgs.access.grants.models import OwnGrant
from shared.contracts.base import Contract

Name = Annotated[str, Field(min_length=1, max_length=40)]
Password = Annotated[str, Field(min_length=1, max_length=200)]


class NewAccount(Contract):
    org_id: UUID
    """The organisation that looks after it."""
    login: Annotated[str, Field(max_length=60), AfterValidator(check_login)]
    name: Name
    person_id: UUID | None = None


class Account(Contract):
    id: UUID
    org_id: UUID
    person_id: UUID | None
    login: str
    name: str
    disabled: bool
    must_change: bool
    second_factor: bool
    failed_attempts: int
    """Since the last successful login."""
    version: int
    created_at: datetime


class CreatedAccount(Account):
    initial_password: str | None = None
    """Only in the first reply; a repeated request answers without it."""


class Reset(Contract):
    second_factor: bool = False
    """Take the second factor away too: the device is lost."""


class NewPassword(Contract):
    present: Password
    new: Password


class SecondFactor(Contract):
    """What an authenticator app needs; shown once, and counts only when confirmed."""

    uri: str
    secret: str


class Code(Contract):
    code: Annotated[str, Field(min_length=6, max_length=10)]


class Me(Contract):
    """The caller: a person's account, a machine client or one of the suite's own services."""

    id: str
    kind: str
    login: str | None = None
    name: str
    person_id: UUID | None = None
    second_factor: bool = False
    demo: bool
    grants: list[OwnGrant]


def account(row: AccountRow) -> Account:
    return Account(
        id=row.id,
        org_id=row.org_id,
        person_id=row.person_id,
        login=row.login,
        name=row.name,
        disabled=row.disabled,
        must_change=row.must_change,
        second_factor=row.totp_confirmed,
        failed_attempts=row.failed_attempts,
        version=row.version,
        created_at=row.created_at,
    )
