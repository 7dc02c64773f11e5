"""A test's own look into a database as the superuser, past roles and row security."""

from typing import Any

import asyncpg

from deploy.local.postgres import Server

_connect: Any = getattr(asyncpg, "connect")  # noqa: B009
"""The package has no types of its own."""


async def fetched(server: Server, database: str, sql: str, *values: Any) -> list[Any]:
    """The rows of one statement, on a connection of its own."""
    connection = await _connect(
        host=server.host, port=server.port, user=server.user, password=server.password,
        database=database,
    )  # fmt: skip
    try:
        return await connection.fetch(sql, *values)
    finally:
        await connection.close()


async def executed(server: Server, database: str, script: str) -> None:
    connection = await _connect(
        host=server.host, port=server.port, user=server.user, password=server.password,
        database=database,
    )  # fmt: skip
    try:
        await connection.execute(script)
    finally:
        await connection.close()
