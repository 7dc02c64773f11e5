"""A new working-day table was loaded: open cases count their periods again and re-arm timers."""

import asyncio

from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from services.workflows.kernel.inlet import Inlet
from shared import logging
from shared.copies.tables import STATE
from shared.database import system_transaction

INTERVAL_SECONDS = 5.0
PAGE = 200
log = logging.logger()
_STALE = text(
    "select c.id, c.process from cases c where c.state in ('open', 'attention')"
    " and c.calendar_cursor <> :cursor and exists (select 1 from tasks t where t.case_id = c.id"
    " and t.state = 'open' and t.due #>> '{period,unit}' = 'working_day')"
    " order by c.id limit :page"
)
_COUNTED = text("update cases set calendar_cursor = :cursor where id = any(:ids)")


async def loop(app: FastAPI) -> None:
    while True:
        await asyncio.sleep(INTERVAL_SECONDS)
        try:
            while app.state.temporal and await recount(app.state.engine, app.state.temporal):
                pass
        except Exception as error:
            log.warning("recount", exc_info=error)


async def recount(engine: AsyncEngine, client: Client) -> int:
    """Tell one page of cases; repeated for those that were not told before a crash."""
    async with system_transaction(engine) as session:
        cursor = (await session.execute(STATE.select())).one().calendar_cursor
        rows = (await session.execute(_STALE, {"cursor": cursor, "page": PAGE})).all()
    for row in rows:
        handle = client.get_workflow_handle(f"{row.process}/{row.id}")
        try:
            await handle.signal(Inlet.recount)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
    async with system_transaction(engine) as session:
        await session.execute(_COUNTED, {"cursor": cursor, "ids": [row.id for row in rows]})
    return len(rows)
