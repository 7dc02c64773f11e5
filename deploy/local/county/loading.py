"""Writes a county into an empty register in one transaction: all of it, or nothing."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from sqlalchemy import select, text
from sqlmodel.ext.asyncio.session import AsyncSession

from deploy.local.county.plan import County
from services.orgs.access import bulk as access
from services.orgs.access.accounts.passwords import hash_password
from services.orgs.register import bulk as register
from services.orgs.register.divisions import load as divisions
from services.orgs.register.organisations.tables import ORGANISATIONS
from services.orgs.register.people.keystore import Keystore
from services.orgs.register.people.vault import Vault
from services.orgs.rulebook.calendar import load as calendar
from services.orgs.rulebook.editions import load as editions
from services.orgs.settings import OrgsSettings
from shared.database import engine, system_transaction

PEOPLE_AT_ONCE = 6000
_OWN_TABLES = """
select string_agg(quote_ident(tablename), ', ') from pg_tables
where schemaname = 'orgs' and tableowner = current_user"""
Say = Callable[[str], None]


@asynccontextmanager
async def keystore(settings: OrgsSettings) -> AsyncGenerator[Keystore]:
    on = engine(settings.keys_url, pool_size=1)
    try:
        vault = Vault(settings.master_keys, settings.index_key.get_secret_value())
        yield Keystore(vault, on)
    finally:
        await on.dispose()


async def load(county: County, settings: OrgsSettings, password: str, say: Say) -> bool:
    """False when the register has a root already: nothing is touched then."""
    on = engine(settings.database_url, pool_size=1)
    try:
        async with system_transaction(on) as session:
            if await _taken(session):
                return False
            await _rules(session, say)
            async with keystore(settings) as keys:
                await _register(session, county, keys, say)
            await _accounts(session, county, password, say)
    finally:
        await on.dispose()
    return True


async def analyse(owner_url: str) -> None:
    """Plans made for empty tables are very slow; the server's own round comes a minute later."""
    on = engine(owner_url, pool_size=1)
    try:
        async with on.connect() as connection:
            alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
            own = await alone.execute(text(_OWN_TABLES))
            await alone.execute(text(f"analyze {own.scalar_one()}"))
    finally:
        await on.dispose()


async def _taken(session: AsyncSession) -> bool:
    root = select(ORGANISATIONS.c.id).where(ORGANISATIONS.c.parent_id.is_(None)).limit(1)
    return (await session.execute(root)).one_or_none() is not None


async def _rules(session: AsyncSession, say: Say) -> None:
    say(f"行政区划 {await divisions.load(session)} 个")
    say(f"规则库 {await editions.load_all(session)} 版")
    say(f"工作日历 {await calendar.load_all(session)} 年")


async def _register(session: AsyncSession, county: County, keys: Keystore, say: Say) -> None:
    organisations = [*county.tree.organisations, *county.directory]
    await register.load_organisations(session, organisations)
    say(f"党组织 {len(county.tree.organisations)} 个，外地党委名录 {len(county.directory)} 个")
    people, members = county.roster.people, county.roster.members
    for start in range(0, len(people), PEOPLE_AT_ONCE):
        await register.load_people(session, keys, people[start : start + PEOPLE_AT_ONCE])
        say(f"人员 {min(start + PEOPLE_AT_ONCE, len(people))}/{len(people)}")
    await register.load_enterprises(session, county.enterprises)
    say(f"非公企业 {len(county.enterprises)} 家")
    await register.load_members(session, members)
    say(f"党员 {len(members)} 名")
    await register.load_terms(session, county.roster.terms)
    await register.load_posts(session, county.roster.posts)
    say(f"班子任期 {len(county.roster.terms)} 个，党内职务 {len(county.roster.posts)} 个")


async def _accounts(session: AsyncSession, county: County, password: str, say: Say) -> None:
    accounts = county.staff.accounts
    await access.load_accounts(session, accounts, password_hash=hash_password(password))
    say(f"账号 {len(accounts)} 个")
