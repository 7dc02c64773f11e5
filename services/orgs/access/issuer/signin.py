"""The steps of a login: password, second factor, a new password where one is due."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.orgs.access.accounts import rules as account_rules
from services.orgs.access.accounts.own import TOTP
from services.orgs.access.accounts.passwords import Passwords
from services.orgs.access.accounts.repository import Accounts, Attempts
from services.orgs.access.accounts.tables import AccountRow
from services.orgs.access.issuer.repository import Issued, Sessions
from services.orgs.access.issuer.tables import SessionRow
from services.orgs.access.sealing import Sealer
from services.orgs.access.shown_once import digest, new_secret
from shared import audit
from shared.access import Access
from shared.auth import Principal

LOGIN, SECOND_FACTOR, NEW_PASSWORD, OPEN = "login", "second_factor", "new_password", "open"
WRONG = "登录名或密码不正确，请核对后重试；忘记密码请联系安全管理员重置。"


@dataclass(frozen=True)
class Step:
    """Where the login stands after one form was sent."""

    stage: str
    message: str = ""
    status: int = 200
    retry_after: int | None = None
    token: str | None = None
    """A new session token for the cookie."""
    device: str | None = None
    session: SessionRow | None = None


@dataclass(frozen=True)
class Visit:
    """The browser that sent the form, and when."""

    host: str
    device: str | None
    now: datetime


class SignIn:
    def __init__(
        self, session: AsyncSession, passwords: Passwords, sealer: Sealer, visit: Visit
    ) -> None:
        self._session = session
        self._passwords = passwords
        self._sealer = sealer
        self._visit = visit
        self._accounts = Accounts(session)
        self._sessions = Sessions(session)

    async def password(self, login: str, password: str) -> Step:
        """Failures are returned, not raised: they must be counted when the request commits."""
        attempts = self._attempts(login)
        seconds = await attempts.seconds_to_wait(self._visit.now)
        if seconds:
            return _wait(seconds)
        account = await self._accounts.by_login(login)
        stored = account.password_hash if account else None
        if not await self._passwords.matches(stored, password) or account is None:
            return await self._failed(attempts, account, WRONG, "login.failed")
        barred = _barred(account, self._visit.now)
        if barred is not None:
            return await self._failed(attempts, account, *barred)
        return await self._after_password(account)

    async def code(self, row: SessionRow, code: str) -> Step:
        """A wrong code counts as a wrong password does, so that codes can't be tried in bulk."""
        account = await self._account(row.account_id)
        if account is None:
            return await self._again(row)
        attempts = self._attempts(account.login)
        seconds = await attempts.seconds_to_wait(self._visit.now)
        if seconds:
            return _wait(seconds, SECOND_FACTOR)
        step = account_rules.accepted_step(
            self._sealer.open(account.totp_secret or "", purpose=TOTP, owner=str(account.id)),
            code,
            at=self._visit.now,
            used=account.totp_step,
        )
        if step is None:
            message = "验证码不正确或已用过，请输入最新的 6 位验证码。"
            failed = await self._failed(attempts, account, message, "login.code-failed")
            left = await self._sessions.count_failure(row)
            return Step(SECOND_FACTOR if left else LOGIN, failed.message, failed.status)
        account.totp_step = step
        await self._sessions.end(row)
        return await self._after_factors(account)

    async def new_password(self, row: SessionRow, first: str, second: str) -> Step:
        account = await self._account(row.account_id)
        if account is None:
            return await self._again(row)
        fault = account_rules.password_fault(first, login=account.login)
        if first != second:
            fault = "两次输入的新密码不一致，请重新输入。"
        elif fault is None and await self._passwords.matches(account.password_hash, first):
            fault = "新密码不能与原密码相同，请换一个。"
        if fault is not None:
            return Step(NEW_PASSWORD, fault, 422)
        account.password_hash = await self._passwords.hash(first)
        account.must_change, account.initial_until = False, None
        account.version += 1
        await Issued(self._session).end_all(account.id, self._visit.now)
        await self._record(account, "account.password-changed")
        return await self._open(account)

    async def _after_password(self, account: AccountRow) -> Step:
        if account.totp_confirmed:
            return await self._next(account, SECOND_FACTOR)
        return await self._after_factors(account)

    async def _after_factors(self, account: AccountRow) -> Step:
        if account.must_change:
            return await self._next(account, NEW_PASSWORD)
        return await self._open(account)

    async def _next(self, account: AccountRow, stage: str) -> Step:
        await self._accounts.touch(account)
        token, row = await self._sessions.begin(account.id, stage, self._visit.now)
        return Step(stage, token=token, session=row)

    async def _open(self, account: AccountRow) -> Step:
        """A token of its own for the open session: the one before the login is worth nothing."""
        device = self._visit.device or new_secret()
        await self._attempts(account.login).succeeded(self._visit.now, digest(device))
        account.failed_attempts = 0
        await self._accounts.touch(account)
        token, row = await self._sessions.begin(account.id, OPEN, self._visit.now)
        await self._record(account, "login.succeeded")
        return Step(OPEN, token=token, device=device, session=row)

    async def _failed(
        self, attempts: Attempts, account: AccountRow | None, message: str, action: str
    ) -> Step:
        await attempts.failed(self._visit.now)
        if account is not None:
            await self._accounts.count_failure(account.id)
            await self._record(account, action)
        return Step(LOGIN, message, 401)

    async def _account(self, account_id: UUID) -> AccountRow | None:
        account = await self._accounts.find(account_id, lock=True)
        return None if account is None or account.disabled else account

    async def _again(self, row: SessionRow) -> Step:
        await self._sessions.end(row)
        return Step(LOGIN, "请重新登录。", 401)

    async def _record(self, account: AccountRow, action: str) -> None:
        acting = Access(Principal(account_id=str(account.id), kind="person"), ())
        home = await self._accounts.home(account)
        await audit.record(
            self._session, acting, action, object_kind="account", object_id=account.id,
            org_path=home,
        )  # fmt: skip

    def _attempts(self, login: str) -> Attempts:
        device = digest(self._visit.device) if self._visit.device else None
        return Attempts(self._session, login, host=self._visit.host, device=device)


def _wait(seconds: int, stage: str = LOGIN) -> Step:
    return Step(stage, f"尝试次数过多，请 {seconds} 秒后再试。", 429, retry_after=seconds)


def _barred(account: AccountRow, now: datetime) -> tuple[str, str] | None:
    """Why the right password is not enough; told only to those who know it."""
    if account.disabled:
        return "账号已停用，请联系安全管理员。", "login.disabled"
    if account.must_change and account.initial_until and account.initial_until <= now:
        return "一次性密码已过期，请联系安全管理员重置。", "login.expired"
    return None
