"""/v1/accounts/me: what everyone may see and change of their own account."""

from uuid import UUID

from fastapi import APIRouter, Request, Response, status
from pyotp import random_base32, totp

from services.orgs.access.accounts import models, rules
from services.orgs.access.accounts.passwords import Passwords
from services.orgs.access.accounts.repository import Accounts, Attempts
from services.orgs.access.accounts.tables import AccountRow
from services.orgs.access.grants.repository import Grants
from services.orgs.access.issuer.repository import Issued
from services.orgs.access.sealing import Sealer
from shared import audit, clock
from shared.access import Access
from shared.problems import Conflict, Forbidden, Invalid, TooMany
from shared.service import problem_response
from shared.web import AccessDep, Route, SessionDep

router = APIRouter(prefix="/v1/accounts/me", tags=["accounts"], route_class=Route)
TOTP = "second factor"
_WRONG_CODE = "验证码不正确或已用过，请等待下一个验证码再试。"


@router.get("")
async def me(request: Request, session: SessionDep, access: AccessDep) -> models.Me:
    """The caller's name and grants in force, with the names of the organisations."""
    demo: bool = request.app.state.settings.demo
    principal = access.principal
    if principal.kind != "person":
        name = principal.account_id
        return models.Me(id=name, kind=principal.kind, name=name, demo=demo, grants=[])
    row = await Accounts(session).get(UUID(principal.account_id))
    return models.Me(
        id=principal.account_id,
        kind=principal.kind,
        login=row.login,
        name=row.name,
        person_id=row.person_id,
        second_factor=row.totp_confirmed,
        demo=demo,
        grants=await Grants(session).own(row.id, clock.today()),
    )


@router.post("/password", status_code=status.HTTP_204_NO_CONTENT)
async def change_password(
    what: models.NewPassword, request: Request, session: SessionDep, access: AccessDep
) -> Response:
    """Ends every other session. Wrong present passwords are slowed down as at the login."""
    passwords: Passwords = request.app.state.passwords
    async with passwords.slot():
        row = await _own(session, access)
        fault = rules.password_fault(what.new, login=row.login)
        if fault or what.new == what.present:
            raise Invalid("password-weak", fault or "新密码不能与原密码相同。", field="new")
        host = request.client.host if request.client else ""
        attempts = Attempts(session, row.login, host=host, device=None)
        seconds = await attempts.seconds_to_wait(clock.now())
        if seconds:
            raise TooMany("wait", "密码错误次数过多，请稍后再试。", retry_after=seconds)
        if not await passwords.matches(row.password_hash, what.present):
            await attempts.failed(clock.now())
            return _wrong_password()
        row.password_hash = await passwords.hash(what.new)
    row.version += 1
    await Accounts(session).save(row)
    await Issued(session).end_all(row.id, clock.now())
    await _record(session, access, row, "account.password-changed")
    return Response(status_code=status.HTTP_204_NO_CONTENT)


@router.post("/second-factor")
async def begin_second_factor(
    request: Request, session: SessionDep, access: AccessDep
) -> models.SecondFactor:
    """A fresh secret for an authenticator app; it counts once a code confirms it."""
    row = await _own(session, access)
    if row.totp_confirmed:
        raise Conflict(
            "second-factor-exists", "已启用动态验证码；更换设备请联系安全管理员重置后再绑定。"
        )
    sealer: Sealer = request.app.state.sealer
    secret = random_base32()
    row.totp_secret = sealer.close(secret, purpose=TOTP, owner=str(row.id))
    await Accounts(session).touch(row)
    await _record(session, access, row, "account.second-factor-begun")
    uri = totp.TOTP(secret).provisioning_uri(name=row.login, issuer_name="党建")
    return models.SecondFactor(uri=uri, secret=secret)


@router.post("/second-factor/confirm", status_code=status.HTTP_204_NO_CONTENT)
async def confirm_second_factor(
    what: models.Code, request: Request, session: SessionDep, access: AccessDep
) -> Response:
    """From now on every login asks for a code."""
    row = await _own(session, access)
    if row.totp_secret is None or row.totp_confirmed:
        raise Conflict("second-factor-not-begun", "没有待确认的动态验证码，请重新开始绑定。")
    sealer: Sealer = request.app.state.sealer
    secret = sealer.open(row.totp_secret, purpose=TOTP, owner=str(row.id))
    step = rules.accepted_step(secret, what.code, at=clock.now(), used=row.totp_step)
    if step is None:
        raise Invalid("code-wrong", _WRONG_CODE, field="code")
    row.totp_confirmed, row.totp_step = True, step
    await Accounts(session).touch(row)
    await _record(session, access, row, "account.second-factor-confirmed")
    return Response(status_code=status.HTTP_204_NO_CONTENT)


async def _own(session: SessionDep, access: Access) -> AccountRow:
    if access.principal.kind != "person":
        raise Forbidden("persons-only", "此功能只供个人账号使用。")
    return await Accounts(session).get(UUID(access.principal.account_id), lock=True)


async def _record(session: SessionDep, access: Access, row: AccountRow, action: str) -> None:
    home = await Accounts(session).home(row)
    await audit.record(
        session, access, action, object_kind="account", object_id=row.id, org_path=home
    )


def _wrong_password() -> Response:
    """Returned, not raised: the failure must be counted, so the transaction must commit."""
    problem = Invalid("password-wrong", "原密码不正确，请重新输入。", field="present")
    return problem_response(problem)
