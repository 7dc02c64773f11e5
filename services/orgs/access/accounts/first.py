"""`python -m services.orgs.access.accounts.first`: the first security administrator, once."""

import argparse
import asyncio
import sys

from sqlmodel.ext.asyncio.session import AsyncSession

from services.orgs.access.accounts import rules
from services.orgs.access.accounts.passwords import hash_password, one_time_password
from services.orgs.access.accounts.repository import Accounts
from services.orgs.access.accounts.tables import AccountRow
from services.orgs.access.grants.repository import Grants
from services.orgs.access.grants.tables import GrantRow
from services.orgs.access.places import topmost
from services.orgs.settings import OrgsSettings
from shared import audit, clock
from shared.access import Access, Role
from shared.auth import Principal
from shared.database import engine, transaction
from shared.ids import new_id
from shared.problems import Conflict, Problem

INSTALLER = Access(Principal(account_id="installer", kind="service"), ())


async def create_first(session: AsyncSession, login: str, name: str) -> str:
    """A security administrator at the root, with the one-time password to hand over.

    Errors: 409 when any account exists, 404 when there is no organisation yet.
    """
    if await Accounts(session).any_for_good():
        raise Conflict("accounts-exist", "已有账号，请由现有安全管理员建立新账号。")
    root = await topmost(session)
    password = one_time_password()
    account = AccountRow(
        id=new_id(),
        org_id=root.id,
        login=rules.check_login(login),
        name=name,
        password_hash=hash_password(password),
        must_change=True,
        initial_until=clock.now() + rules.INITIAL_LASTS,
        created_at=clock.now(),
    )
    await Accounts(session).save(account)
    await _installed(session, account, root.path)
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


async def run(login: str, name: str) -> str:
    settings = OrgsSettings()  # pyright: ignore[reportCallIssue]
    on = engine(settings.database_url, pool_size=1)
    try:
        async with transaction(on) as session:
            return await create_first(session, login, name)
    finally:
        await on.dispose()


def main() -> None:
    parser = argparse.ArgumentParser(description="Create the first security administrator.")
    parser.add_argument("--login", default="security.admin")
    parser.add_argument("--name", default="安全管理员")
    asked = parser.parse_args()
    try:
        password = asyncio.run(run(asked.login, asked.name))
    except Problem as problem:
        sys.exit(problem.detail)
    sys.stdout.write(
        f"登录名：{asked.login}\n一次性密码：{password}\n请于 7 天内登录并修改密码。\n"
    )


if __name__ == "__main__":
    main()
