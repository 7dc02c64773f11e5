"""/v1/accounts: who has a login, looked after by security administrators."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response, status

from services.orgs.access.accounts import models, rules
from services.orgs.access.accounts.passwords import Passwords, one_time_password
from services.orgs.access.accounts.repository import AccountFilter, Accounts, Attempts
from services.orgs.access.accounts.tables import AccountRow
from services.orgs.access.grants.repository import Grants
from services.orgs.access.issuer.repository import Issued
from services.orgs.access.places import must_look_after_person, must_work_here, reach
from services.orgs.access.shown_once import show_once
from shared import audit, clock
from shared.access import Role
from shared.ids import new_id
from shared.pages import Page, decode_cursor, encode_cursor
from shared.web import AccessDep, Route, SessionDep

router = APIRouter(prefix="/v1/accounts", tags=["accounts"], route_class=Route)


@router.get("")
async def list_accounts(
    session: SessionDep,
    access: AccessDep,
    login: Annotated[str | None, Query(max_length=40)] = None,
    disabled: bool | None = None,
    after: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Page[models.Account]:
    """Accounts looked after at or below the caller's security administration, by login."""
    wanted = AccountFilter(
        prefixes=reach(access, Role.SECURITY_ADMIN),
        login=login,
        disabled=disabled,
        after=str(decode_cursor(after, 1)[0]) if after else "",
    )
    rows = await Accounts(session).page(wanted, limit + 1)
    more = encode_cursor(rows[limit - 1].login) if len(rows) > limit else None
    return Page(items=[models.account(row) for row in rows[:limit]], next=more)


@router.post("", status_code=status.HTTP_201_CREATED)
async def create_account(
    new: models.NewAccount, request: Request, session: SessionDep, access: AccessDep
) -> models.CreatedAccount:
    """The one-time password is in the first reply only; it must be changed at the first login."""
    home = await must_work_here(session, new.org_id)
    rules.must_look_after(access, home.path)
    if new.person_id is not None:
        await must_look_after_person(session, access, new.person_id)
    password = one_time_password()
    row = AccountRow(
        id=new_id(),
        org_id=new.org_id,
        person_id=new.person_id,
        login=new.login,
        name=new.name,
        password_hash=await _passwords(request).hash(password),
        must_change=True,
        initial_until=clock.now() + rules.INITIAL_LASTS,
        created_at=clock.now(),
    )
    await Accounts(session).save(row)
    await audit.record(
        session, access, "account.created", object_kind="account", object_id=row.id,
        org_path=home.path,
    )  # fmt: skip
    show_once(request, initial_password=password)
    return models.CreatedAccount(**models.account(row).model_dump())


@router.get("/{account_id}")
async def read_account(
    account_id: UUID, response: Response, session: SessionDep, access: AccessDep
) -> models.Account:
    accounts = Accounts(session)
    row = await accounts.get(account_id)
    rules.must_look_after(access, await accounts.home(row))
    response.headers["ETag"] = f'"{row.version}"'
    return models.account(row)


@router.post("/{account_id}/disable")
async def disable_account(
    account_id: UUID, session: SessionDep, access: AccessDep
) -> models.Account:
    """Takes effect at the account's next request; its sessions and refresh tokens end."""
    accounts = Accounts(session)
    row, home = await _looked_after(accounts, access, account_id)
    rules.must_not_be_own(access, row.id)
    row.disabled = True
    await Issued(session).end_all(row.id, clock.now())
    return await _saved(accounts, access, session, row, "account.disabled", home)


@router.post("/{account_id}/enable")
async def enable_account(
    account_id: UUID, session: SessionDep, access: AccessDep
) -> models.Account:
    accounts = Accounts(session)
    row, home = await _looked_after(accounts, access, account_id)
    rules.must_not_be_own(access, row.id)
    row.disabled = False
    return await _saved(accounts, access, session, row, "account.enabled", home)


@router.post("/{account_id}/unlock")
async def unlock_account(
    account_id: UUID, session: SessionDep, access: AccessDep
) -> models.Account:
    """Every source may try again at once."""
    accounts = Accounts(session)
    row, home = await _looked_after(accounts, access, account_id)
    row.failed_attempts = 0
    await Attempts(session, row.login, host="", device=None).forgive()
    return await _saved(accounts, access, session, row, "account.unlocked", home)


@router.post("/{account_id}/reset")
async def reset_account(
    account_id: UUID,
    what: models.Reset,
    request: Request,
    session: SessionDep,
    access: AccessDep,
) -> models.CreatedAccount:
    """A new one-time password, shown once; with `second_factor` the second factor goes too."""
    accounts = Accounts(session)
    row, home = await _looked_after(accounts, access, account_id)
    rules.must_not_be_own(access, row.id)
    rules.must_outrank(access, await Grants(session).live_paths(row.id, clock.today()))
    password = one_time_password()
    row.password_hash = await _passwords(request).hash(password)
    row.must_change, row.initial_until = True, clock.now() + rules.INITIAL_LASTS
    if what.second_factor:
        row.totp_secret, row.totp_confirmed, row.totp_step = None, False, 0
    await Issued(session).end_all(row.id, clock.now())
    shown = await _saved(accounts, access, session, row, "account.reset", home)
    show_once(request, initial_password=password)
    return models.CreatedAccount(**shown.model_dump())


async def _looked_after(
    accounts: Accounts, access: AccessDep, account_id: UUID
) -> tuple[AccountRow, str]:
    row = await accounts.get(account_id, lock=True)
    home = await accounts.home(row)
    rules.must_look_after(access, home)
    return row, home


async def _saved(
    accounts: Accounts,
    access: AccessDep,
    session: SessionDep,
    row: AccountRow,
    action: str,
    home: str,
) -> models.Account:
    row.version += 1
    await accounts.save(row)
    await audit.record(
        session, access, action, object_kind="account", object_id=row.id, org_path=home
    )
    return models.account(row)


def _passwords(request: Request) -> Passwords:
    return request.app.state.passwords
