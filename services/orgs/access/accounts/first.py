"""`python -m services.orgs.access.accounts.first`: begin an empty register, once.

Enters the topmost organisation where the register has none, then the first security administrator.
"""

import argparse
import asyncio
import sys
from typing import Any

from pydantic import ValidationError
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from services.orgs.access.accounts import rules
from services.orgs.access.accounts.passwords import hash_password, one_time_password
from services.orgs.access.accounts.repository import Accounts
from services.orgs.access.accounts.tables import AccountRow
from services.orgs.access.grants.repository import Grants
from services.orgs.access.grants.tables import GrantRow
from services.orgs.access.places import topmost
from services.orgs.register.organisations.root import Root, establish
from services.orgs.settings import OrgsSettings
from shared import audit, clock
from shared.access import Access, Role
from shared.auth import Principal
from shared.contracts.register import OrganisationKind
from shared.database import engine, transaction
from shared.ids import new_id
from shared.problems import Conflict, FieldError, Problem
from shared.validation import RuleBroken, as_problem

INSTALLER = Access(Principal(account_id="installer", kind="service"), ())
_ALONE = text("select pg_advisory_xact_lock(7351005)")


async def create_first(
    session: AsyncSession, login: str, name: str, root: Root | None = None
) -> str:
    """A security administrator at the root, with the one-time password to hand over.

    Errors: 409 when any account exists, or `root` is given and there is one; 404 when there is
    no organisation and none is given.
    """
    await session.execute(_ALONE)
    if await Accounts(session).any_for_good():
        raise Conflict("accounts-exist", "已有账号，请由现有安全管理员建立新账号。")
    if root is not None:
        await establish(session, INSTALLER, root)
    place = await topmost(session)
    password = one_time_password()
    account = AccountRow(
        id=new_id(),
        org_id=place.id,
        login=rules.check_login(login),
        name=name,
        password_hash=hash_password(password),
        must_change=True,
        initial_until=clock.now() + rules.INITIAL_LASTS,
        created_at=clock.now(),
    )
    await Accounts(session).save(account)
    await _installed(session, account, place.path)
    return password


async def _installed(session: AsyncSession, account: AccountRow, path: str) -> None:
    grant = GrantRow(
        id=new_id(),
        account_id=account.id,
        role=Role.SECURITY_ADMIN.value,
        org_id=account.org_id,
        valid_from=clock.today(),
        granted_by=INSTALLER.principal.account_id,
    )
    await Grants(session).add(grant)
    await audit.record(
        session,
        INSTALLER,
        "account.first-created",
        object_kind="account",
        object_id=account.id,
        org_path=path,
    )


async def run(login: str, name: str, root: Root | None) -> str:
    settings = OrgsSettings()  # pyright: ignore[reportCallIssue]
    on = engine(settings.database_url, pool_size=1)
    try:
        async with transaction(on) as session:
            return await create_first(session, login, name, root)
    finally:
        await on.dispose()


def main() -> None:
    asked = _arguments().parse_args()
    if (asked.organisation is None) != (asked.code is None):
        sys.exit("--organisation 和 --code 必须同时填写。")
    try:
        password = asyncio.run(run(asked.login, asked.name, _root(asked)))
    except ValidationError as error:
        sys.exit("\n".join(_told(fault) for fault in as_problem(error.errors()).errors))
    except (Problem, RuleBroken) as refusal:
        sys.exit(refusal.detail)
    sys.stdout.write(
        f"登录名：{asked.login}\n一次性密码：{password}\n请于 7 天内登录并修改密码。\n"
    )


def _told(fault: FieldError) -> str:
    option = "organisation" if fault.field == "name" else fault.field
    return f"--{option}：{fault.detail}"


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description="Create the first security administrator, in an empty register with its root."
    )
    parser.add_argument("--login", default="security.admin")
    parser.add_argument("--name", default="安全管理员")
    parser.add_argument("--organisation", help="name of the topmost organisation")
    parser.add_argument("--code", help="its code")
    parser.add_argument("--kind", default="committee", choices=list(OrganisationKind))
    parser.add_argument(
        "--approves-members", action="store_true", help="it approves probationary members itself"
    )
    return parser


def _root(asked: Any) -> Root | None:
    if asked.organisation is None:
        return None
    return Root(
        name=asked.organisation,
        code=asked.code,
        kind=OrganisationKind(asked.kind),
        approves_members=asked.approves_members,
    )


if __name__ == "__main__":
    main()
