"""Loads the committed editions and the published calendar when the register starts."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from services.orgs.rulebook.calendar import load as calendar
from services.orgs.rulebook.editions import load as editions
from shared import logging
from shared.database import system_transaction

LOCK = 7_351_004
PAUSE = 2.0
log = logging.logger()


@asynccontextmanager
async def loaded(app: FastAPI) -> AsyncGenerator[None]:
    """An edition file that changed under its number stops the start; a database that is away
    does not, it is asked again until it answers."""
    if await _load(app.state.engine):
        yield
        return
    retrying = asyncio.ensure_future(_retry(app.state.engine))
    try:
        yield
    finally:
        retrying.cancel()
        await asyncio.gather(retrying, return_exceptions=True)


async def _retry(on: AsyncEngine) -> None:
    done = False
    while not done:
        await asyncio.sleep(PAUSE)
        done = await _load(on)


async def _load(on: AsyncEngine) -> bool:
    """One replica at a time; repeating changes nothing."""
    try:
        async with system_transaction(on) as session:
            await session.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            await editions.load_all(session)
            await calendar.load_all(session)
    except (DBAPIError, OSError, TimeoutError) as error:
        log.warning("rulebook not loaded yet", kind=type(error).__name__)
        return False
    return True
