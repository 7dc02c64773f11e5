"""What the issuer keeps: sessions, codes and refresh tokens, all as digests."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, DateTime
from sqlmodel import Field

from services.orgs.metadata import OrgsTable


class SessionRow(OrgsTable, table=True):
    __tablename__ = "login_sessions"  # pyright: ignore[reportAssignmentType]

    digest: str = Field(primary_key=True)
    account_id: UUID
    stage: str
    failures: int = 0
    authenticated_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    expires_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))


class FamilyRow(OrgsTable, table=True):
    """Everything that came out of one code: it is revoked as one."""

    __tablename__ = "token_families"  # pyright: ignore[reportAssignmentType]

    id: UUID = Field(primary_key=True)
    account_id: UUID
    client_id: str
    session_digest: str
    scope: str
    authenticated_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    expires_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    revoked_at: datetime | None = Field(
        default=None, sa_column=Column(DateTime(timezone=True), nullable=True)
    )


class CodeRow(OrgsTable, table=True):
    __tablename__ = "authorization_codes"  # pyright: ignore[reportAssignmentType]

    digest: str = Field(primary_key=True)
    family_id: UUID
    client_id: str
    redirect_uri: str
    challenge: str
    nonce: str | None = None
    expires_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    used_at: datetime | None = Field(
        default=None, sa_column=Column(DateTime(timezone=True), nullable=True)
    )


class RefreshRow(OrgsTable, table=True):
    __tablename__ = "refresh_tokens"  # pyright: ignore[reportAssignmentType]

    digest: str = Field(primary_key=True)
    family_id: UUID
    expires_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    used_at: datetime | None = Field(
        default=None, sa_column=Column(DateTime(timezone=True), nullable=True)
    )
