"""Removes what has expired: sessions, token families and forgotten login failures."""

import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import clock, logging
from shared.database import transaction

EVERY_SECONDS = 3600
KEPT = "interval '1 day'"
"""Long enough that a stolen token that comes back late is still recognised."""
STATEMENTS = (
    f"delete from login_sessions where expires_at < cast(:now as timestamptz) - {KEPT}",  # noqa: S608
    f"delete from token_families where expires_at < cast(:now as timestamptz) - {KEPT}",  # noqa: S608
    "delete from login_sources where last_at < cast(:now as timestamptz) - interval '2 days'"
    " and (trusted_until is null or trusted_until < :now)",
)
log = logging.logger()


async def purge(engine: AsyncEngine) -> None:
    async with transaction(engine) as session:
        for statement in STATEMENTS:
            await session.execute(text(statement), {"now": clock.now()})


async def purge_forever(engine: AsyncEngine) -> None:
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        try:
            await purge(engine)
        except Exception as error:
            log.warning("purge", exc_info=error)
