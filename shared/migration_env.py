"""What each service's migrations/env.py runs: one owner connection, short lock timeout."""

import asyncio

from alembic import context
from sqlalchemy import Connection, MetaData, pool, text
from sqlalchemy.ext.asyncio import create_async_engine


def run(metadata: MetaData) -> None:
    asyncio.run(_online(metadata))


async def _online(metadata: MetaData) -> None:
    config = context.config
    engine = create_async_engine(
        config.attributes["url"], poolclass=pool.NullPool, hide_parameters=True
    )
    async with engine.begin() as connection:
        await connection.execute(text("set lock_timeout = '5s'"))
        await connection.run_sync(_migrate, metadata, config.attributes["service"])
    await engine.dispose()


def _migrate(connection: Connection, metadata: MetaData, schema: str) -> None:
    connection.execute(text(f'set search_path to "{schema}"'))
    connection.dialect.default_schema_name = schema
    context.configure(connection=connection, target_metadata=metadata, compare_type=True)
    context.run_migrations()
