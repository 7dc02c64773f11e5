"""Tables of accounts; nothing outside this package sees them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, DateTime
from sqlmodel import Field

from services.orgs.metadata import OrgsTable


class AccountRow(OrgsTable, table=True):
    __tablename__ = "accounts"  # pyright: ignore[reportAssignmentType]

    id: UUID = Field(primary_key=True)
    org_id: UUID
    """The organisation that looks after the account; its security administrators manage it."""
    person_id: UUID | None = None
    login: str = Field(unique=True)
    name: str
    password_hash: str
    must_change: bool
    initial_until: datetime | None = Field(
        default=None, sa_column=Column(DateTime(timezone=True), nullable=True)
    )
    """A one-time password is worth nothing after this instant."""
    disabled: bool = False
    failed_attempts: int = 0
    totp_secret: str | None = None
    """Sealed; counts only once confirmed."""
    totp_confirmed: bool = False
    totp_step: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    """The last time step whose code was accepted: no code works twice."""
    version: int = 1
    created_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))


class LoginSourceRow(OrgsTable, table=True):
    __tablename__ = "login_sources"  # pyright: ignore[reportAssignmentType]

    login_digest: str = Field(primary_key=True)
    source: str = Field(primary_key=True)
    failures: int = 0
    blocked_until: datetime | None = Field(
        default=None, sa_column=Column(DateTime(timezone=True), nullable=True)
    )
    trusted_until: datetime | None = Field(
        default=None, sa_column=Column(DateTime(timezone=True), nullable=True)
    )
    last_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
