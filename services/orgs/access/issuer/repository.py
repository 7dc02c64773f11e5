"""Every query on sessions, codes and refresh tokens; secrets come in as digests."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from services.orgs.access.issuer import rules
from services.orgs.access.issuer.tables import CodeRow, FamilyRow, RefreshRow, SessionRow
from services.orgs.access.shown_once import digest, new_secret
from shared.ids import new_id


@dataclass(frozen=True)
class Redeemed:
    """What a code or a refresh token was good for, once."""

    family: FamilyRow
    code: CodeRow | None = None


class Sessions:
    """The browser's sessions with the issuer."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def begin(self, account_id: UUID, stage: str, now: datetime) -> tuple[str, SessionRow]:
        token = new_secret()
        lasts = rules.SESSION_LASTS if stage == "open" else rules.STEP_LASTS
        row = SessionRow(
            digest=digest(token),
            account_id=account_id,
            stage=stage,
            authenticated_at=now,
            expires_at=now + lasts,
        )
        self._session.add(row)
        await self._session.flush()
        return token, row

    async def find(self, token: str | None, now: datetime) -> SessionRow | None:
        if not token:
            return None
        query = (
            select(SessionRow)
            .where(col(SessionRow.digest) == digest(token), col(SessionRow.expires_at) > now)
            .with_for_update()
        )
        return (await self._session.execute(query)).scalar_one_or_none()

    async def count_failure(self, row: SessionRow) -> bool:
        """Whether another try is left; the session ends with the last one."""
        row.failures += 1
        if row.failures >= rules.STEP_FAILURES:
            await self.end(row)
            return False
        self._session.add(row)
        await self._session.flush()
        return True

    async def end(self, row: SessionRow) -> None:
        await self._session.execute(delete(SessionRow).where(col(SessionRow.digest) == row.digest))


class Issued:
    """Codes, refresh tokens and the families they belong to."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def code(self, asked: rules.AuthRequest, login: SessionRow, now: datetime) -> str:
        family = FamilyRow(
            id=new_id(),
            account_id=login.account_id,
            client_id=asked.client.id,
            session_digest=login.digest,
            scope=rules.OPENID,
            authenticated_at=login.authenticated_at,
            expires_at=login.expires_at,
        )
        self._session.add(family)
        await self._session.flush()
        token = new_secret()
        row = CodeRow(
            digest=digest(token),
            family_id=family.id,
            client_id=asked.client.id,
            redirect_uri=asked.redirect_uri,
            challenge=asked.challenge,
            nonce=asked.nonce,
            expires_at=now + rules.CODE_LASTS,
        )
        self._session.add(row)
        await self._session.flush()
        return token

    async def redeem_code(self, token: str, now: datetime) -> Redeemed | None:
        """Once only: a code that comes back revokes all that came out of it."""
        statement = (
            update(CodeRow)
            .where(
                col(CodeRow.digest) == digest(token),
                col(CodeRow.used_at).is_(None),
                col(CodeRow.expires_at) > now,
            )
            .values(used_at=now)
            .returning(CodeRow)
        )
        row = (await self._session.execute(statement)).scalar_one_or_none()
        if row is None:
            query = select(col(CodeRow.family_id)).where(
                col(CodeRow.digest) == digest(token), col(CodeRow.used_at).is_not(None)
            )
            await self._revoke_found((await self._session.execute(query)).scalar_one_or_none(), now)
            return None
        family = await self._live(row.family_id, now)
        return Redeemed(family, row) if family else None

    async def refresh(self, family: FamilyRow, now: datetime) -> str:
        token = new_secret()
        row = RefreshRow(
            digest=digest(token),
            family_id=family.id,
            expires_at=min(now + rules.REFRESH_LASTS, family.expires_at),
        )
        self._session.add(row)
        await self._session.flush()
        return token

    async def redeem_refresh(self, token: str, client_id: str, now: datetime) -> Redeemed | None:
        """Once only: one that comes back was stolen from one side or the other."""
        statement = (
            update(RefreshRow)
            .where(
                col(RefreshRow.digest) == digest(token),
                col(RefreshRow.used_at).is_(None),
                col(RefreshRow.expires_at) > now,
                col(RefreshRow.family_id) == col(FamilyRow.id),
                col(FamilyRow.client_id) == client_id,
            )
            .values(used_at=now)
            .returning(col(RefreshRow.family_id))
            .execution_options(synchronize_session=False)
        )
        family_id = (await self._session.execute(statement)).scalar_one_or_none()
        if family_id is None:
            query = select(col(RefreshRow.family_id)).where(
                col(RefreshRow.digest) == digest(token), col(RefreshRow.used_at).is_not(None)
            )
            await self._revoke_found((await self._session.execute(query)).scalar_one_or_none(), now)
            return None
        family = await self._live(family_id, now)
        return Redeemed(family) if family else None

    async def revoke(self, token: str, client_id: str, now: datetime) -> None:
        """RFC 7009: the whole family of a refresh token, when it is the client's own."""
        query = (
            select(col(FamilyRow.id))
            .join(RefreshRow, col(RefreshRow.family_id) == col(FamilyRow.id))
            .where(col(RefreshRow.digest) == digest(token), col(FamilyRow.client_id) == client_id)
        )
        await self._revoke_found((await self._session.execute(query)).scalar_one_or_none(), now)

    async def end_session(self, login: SessionRow, now: datetime) -> None:
        """Logging out ends what every application got from this session."""
        await self._session.execute(
            update(FamilyRow)
            .where(
                col(FamilyRow.session_digest) == login.digest, col(FamilyRow.revoked_at).is_(None)
            )
            .values(revoked_at=now)
        )
        await Sessions(self._session).end(login)

    async def end_all(self, account_id: UUID, now: datetime) -> None:
        """A new password, or a disabled account: nothing issued before counts any longer."""
        await self._session.execute(
            delete(SessionRow).where(col(SessionRow.account_id) == account_id)
        )
        await self._session.execute(
            update(FamilyRow)
            .where(col(FamilyRow.account_id) == account_id, col(FamilyRow.revoked_at).is_(None))
            .values(revoked_at=now)
        )

    async def _live(self, family_id: UUID, now: datetime) -> FamilyRow | None:
        query = (
            select(FamilyRow)
            .where(
                col(FamilyRow.id) == family_id,
                col(FamilyRow.revoked_at).is_(None),
                col(FamilyRow.expires_at) > now,
            )
            .with_for_update()
        )
        return (await self._session.execute(query)).scalar_one_or_none()

    async def _revoke_found(self, family_id: UUID | None, now: datetime) -> None:
        if family_id is not None:
            await self._session.execute(
                update(FamilyRow)
                .where(col(FamilyRow.id) == family_id, col(FamilyRow.revoked_at).is_(None))
                .values(revoked_at=now)
            )
