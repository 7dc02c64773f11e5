"""Every query on accounts and on attempts to log in."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, exists, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from services.orgs.access.accounts import rules
from services.orgs.access.accounts.tables import AccountRow, LoginSourceRow
from services.orgs.access.places import ORGANISATIONS, within
from services.orgs.exchange.changes.repository import publish
from shared.contracts.changes import AccountCopy, ChangeKind
from shared.problems import NotFound, PreconditionFailed


@dataclass(frozen=True)
class AccountFilter:
    prefixes: tuple[str, ...]
    login: str | None = None
    disabled: bool | None = None
    after: str = ""


class Accounts:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, account_id: UUID, *, lock: bool = False) -> AccountRow:
        row = await self.find(account_id, lock=lock)
        if row is None:
            raise NotFound("account-unknown", "没有找到该账号，请刷新列表后重试。")
        return row

    async def find(self, account_id: UUID, *, lock: bool = False) -> AccountRow | None:
        query = select(AccountRow).where(col(AccountRow.id) == account_id)
        if lock:
            query = query.with_for_update()
        return (await self._session.execute(query)).scalar_one_or_none()

    async def for_edit(self, account_id: UUID, version: int) -> AccountRow:
        """Error: 412 when somebody has changed it since."""
        row = await self.get(account_id, lock=True)
        if row.version != version:
            raise PreconditionFailed("stale", "账号已被他人修改，请刷新后再操作。")
        return row

    async def by_login(self, login: str) -> AccountRow | None:
        query = select(AccountRow).where(col(AccountRow.login) == rules.normal_login(login))
        return (await self._session.execute(query)).scalar_one_or_none()

    async def of_same_person(self, account: AccountRow) -> list[UUID]:
        """Duties are separate between people, however many accounts a person has."""
        if account.person_id is None:
            return [account.id]
        query = select(col(AccountRow.id)).where(col(AccountRow.person_id) == account.person_id)
        return list((await self._session.execute(query.with_for_update())).scalars())

    async def any_for_good(self) -> bool:
        """Whether there is any account; nobody adds one before this transaction ends."""
        await self._session.execute(text("lock table accounts in exclusive mode"))
        found = await self._session.execute(select(exists(select(col(AccountRow.id)))))
        return bool(found.scalar_one())

    async def home(self, account: AccountRow) -> str:
        """Path of the organisation that looks after the account."""
        query = select(ORGANISATIONS.c.path).where(ORGANISATIONS.c.id == account.org_id)
        return (await self._session.execute(query)).scalar_one()

    async def page(self, wanted: AccountFilter, limit: int) -> list[AccountRow]:
        """By login; only accounts looked after within the prefixes."""
        conditions: list[ColumnElement[bool]] = [
            within(ORGANISATIONS.c.path, wanted.prefixes),
            col(AccountRow.login) > wanted.after,
        ]
        if wanted.login:
            conditions.append(col(AccountRow.login).startswith(wanted.login, autoescape=True))
        if wanted.disabled is not None:
            conditions.append(col(AccountRow.disabled) == wanted.disabled)
        query = (
            select(AccountRow)
            .join(ORGANISATIONS, ORGANISATIONS.c.id == col(AccountRow.org_id))
            .where(*conditions)
            .order_by(col(AccountRow.login))
            .limit(limit)
        )
        return list((await self._session.execute(query)).scalars())

    async def save(self, account: AccountRow) -> None:
        """Write it and tell the other services, in one transaction."""
        self._session.add(account)
        await self._session.flush()
        copy = AccountCopy(
            id=account.id,
            person_id=account.person_id,
            name=account.name,
            disabled=account.disabled,
        )
        await publish(self._session, ChangeKind.ACCOUNT, account.id, copy)

    async def touch(self, account: AccountRow) -> None:
        """Write what only the login itself reads: counters and second factor."""
        self._session.add(account)
        await self._session.flush()

    async def count_failure(self, account_id: UUID) -> None:
        failed = col(AccountRow.failed_attempts)
        await self._session.execute(
            update(AccountRow)
            .where(col(AccountRow.id) == account_id)
            .values(failed_attempts=failed + 1)
        )


class Attempts:
    """Failures by login and source; an unknown login is counted like any other."""

    def __init__(self, session: AsyncSession, login: str, *, host: str, device: str | None) -> None:
        self._session = session
        self._login = rules.login_digest(login)
        self._address = rules.address_source(host)
        self._device = f"device:{device}" if device else None

    async def seconds_to_wait(self, now: datetime) -> int:
        """Locks the source's rows until the transaction ends, so that attempts queue."""
        rows = [await self._lock(login, source, now) for login, source in await self._keys(now)]
        until = max((row.blocked_until for row in rows if row.blocked_until), default=now)
        return max(0, -int(-(until - now).total_seconds() // 1))

    async def failed(self, now: datetime) -> None:
        for login, source in await self._keys(now):
            row = await self._lock(login, source, now)
            forgotten = rules.forgotten(row.login_digest, now - row.last_at)
            failures = 1 if forgotten else row.failures + 1
            await self._write(
                row,
                failures=failures,
                last_at=now,
                blocked_until=now + rules.wait_of(row.login_digest, failures),
            )

    async def succeeded(self, now: datetime, device: str) -> None:
        """Forget this source's failures and trust the device from now on."""
        row = await self._lock(self._login, f"device:{device}", now)
        await self._write(
            row, failures=0, blocked_until=None, trusted_until=now + rules.TRUST_LASTS, last_at=now
        )
        await self._write(await self._lock(self._login, self._address, now), failures=0)

    async def forgive(self) -> None:
        """A security administrator lets every source try again."""
        await self._session.execute(
            update(LoginSourceRow)
            .where(col(LoginSourceRow.login_digest) == self._login)
            .values(failures=0, blocked_until=None)
        )

    async def _keys(self, now: datetime) -> list[tuple[str, str]]:
        """A device that has logged in before has a counter of its own."""
        if self._device is not None:
            query = select(col(LoginSourceRow.trusted_until)).where(
                col(LoginSourceRow.login_digest) == self._login,
                col(LoginSourceRow.source) == self._device,
                col(LoginSourceRow.trusted_until) > now,
            )
            if (await self._session.execute(query)).one_or_none() is not None:
                return [(self._login, self._device)]
        return [(self._login, self._address), (rules.ANY_LOGIN, self._address)]

    async def _lock(self, login: str, source: str, now: datetime) -> LoginSourceRow:
        statement = (
            insert(LoginSourceRow)
            .values(login_digest=login, source=source, failures=0, last_at=now)
            .on_conflict_do_update(
                index_elements=["login_digest", "source"], set_={"source": source}
            )
            .returning(LoginSourceRow)
            .execution_options(populate_existing=True)
        )
        return (await self._session.execute(statement)).scalar_one()

    async def _write(self, row: LoginSourceRow, **values: object) -> None:
        await self._session.execute(
            update(LoginSourceRow)
            .where(
                col(LoginSourceRow.login_digest) == row.login_digest,
                col(LoginSourceRow.source) == row.source,
            )
            .values(**values)
        )
