"""Engine, metadata and the row-security scope of a transaction."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from sqlalchemy import MetaData, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.access import EVERYWHERE, Access

EVERY_ACCOUNT = "*"
"""The suite itself. Scope "0" can't say so: it is also the scope of an organiser at the root."""
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def metadata(schema: str) -> MetaData:
    """One MetaData per service; the search_path finds the schema, so names stay bare."""
    return MetaData(naming_convention=NAMING, info={"schema": schema})


def engine(url: str, *, pool_size: int = 8) -> AsyncEngine:
    """A small pool (4 beat 10 and 30) and no overflow: each overflow is a connection made and
    thrown away. Errors come without parameter values."""
    return create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        pool_recycle=1800,
        hide_parameters=True,
        connect_args={"timeout": 5, "command_timeout": 30},
    )


@asynccontextmanager
async def transaction(on: AsyncEngine) -> AsyncGenerator[AsyncSession]:
    """One transaction without a scope: row security shows it nothing."""
    async with AsyncSession(on, expire_on_commit=False) as session, session.begin():
        yield session


@asynccontextmanager
async def system_transaction(on: AsyncEngine) -> AsyncGenerator[AsyncSession]:
    """One transaction of the suite itself (rounds, dispatcher, worker): sees every row."""
    async with transaction(on) as session:
        await set_scope(session, prefixes=(EVERYWHERE,), person=None, account=EVERY_ACCOUNT)
        yield session


async def set_scope(
    session: AsyncSession,
    *,
    prefixes: tuple[str, ...],
    person: str | None,
    account: str | None = None,
) -> None:
    """Row security reads these; they end with the transaction and fail closed when empty."""
    await session.execute(
        text(
            "select set_config('dangjian.scope', :scope, true),"
            " set_config('dangjian.person', :person, true),"
            " set_config('dangjian.account', :account, true)"
        ),
        {"scope": ",".join(prefixes), "person": person or "", "account": account or ""},
    )


async def scope_of(session: AsyncSession, access: Access) -> None:
    principal = access.principal
    await set_scope(
        session,
        prefixes=access.prefixes,
        person=principal.person_id,
        account=EVERY_ACCOUNT if principal.is_service else principal.account_id,
    )


ROW_SECURITY_FUNCTIONS = (
    """
create or replace function in_scope(row_path text) returns boolean language sql stable as $$
  select coalesce(row_path ^@ any (array_remove(
    string_to_array(current_setting('dangjian.scope', true), ','), '')), false)
$$""",
    """
create or replace function own_person() returns uuid language sql stable as $$
  select nullif(current_setting('dangjian.person', true), '')::uuid
$$""",
    """
create or replace function own_account() returns text language sql stable as $$
  select nullif(current_setting('dangjian.account', true), '')
$$""",
)
"""Created by each service's first migration; policies call them."""


def row_security(table: str, condition: str) -> list[str]:
    """Statements that put one policy on a table, for its owner too."""
    return [
        f"alter table {table} enable row level security",
        f"alter table {table} force row level security",
        f"create policy scope on {table} using ({condition}) with check ({condition})",
    ]
