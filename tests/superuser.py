"""A test's own look into a database as the superuser, past roles and row security."""

from typing import Any

import asyncpg

from deploy.local.postgres import Server


async def fetched(server: Server, database: str, sql: str, *values: Any) -> list[Any]:
    """The rows of one statement, on a connection of its own."""
    connection: Any = await asyncpg.connect(
        host=server.host, port=server.port, user=server.user, password=server.password,
        database=database,
    )  # fmt: skip
    try:
        return await connection.fetch(sql, *values)
    finally:
        await connection.close()


async def executed(server: Server, database: str, script: str) -> None:
    connection: Any = await asyncpg.connect(
        host=server.host, port=server.port, user=server.user, password=server.password,
        database=database,
    )  # fmt: skip
    try:
        await connection.execute(script)
    finally:
        await connection.close()
