"""Notices cases whose workflow task keeps failing (a bug, a payload that can't be read)."""

import asyncio

from fastapi import FastAPI
from sqlalchemy import text
from temporalio.client import Client
from temporalio.service import RPCError

from shared import logging
from shared.database import system_transaction

TRIES = 3
INTERVAL_SECONDS = 5.0
log = logging.logger()
_SUSPECTS = text(
    "select distinct c.case_id, k.process from commands c join cases k on k.id = c.case_id"
    " where c.state = 'recorded' and c.attempts >= :tries and k.unreachable_since is null limit 50"
)
_MARK = text(
    "update cases set unreachable_since = clock_timestamp() where id=:id"
    " and unreachable_since is null"
)


async def loop(app: FastAPI) -> None:
    while True:
        await asyncio.sleep(INTERVAL_SECONDS)
        try:
            if app.state.temporal:
                await look(app)
        except Exception as error:
            log.warning("watch", exc_info=error)


async def look(app: FastAPI) -> None:
    """A case is marked only when its own task fails, not when all workers are away."""
    async with system_transaction(app.state.engine) as session:
        suspects = (await session.execute(_SUSPECTS, {"tries": TRIES})).all()
    for suspect in suspects:
        if await _failing(app.state.temporal, f"{suspect.process}/{suspect.case_id}"):
            async with system_transaction(app.state.engine) as session:
                await session.execute(_MARK, {"id": suspect.case_id})


async def _failing(client: Client, workflow_id: str) -> bool:
    try:
        description = await client.get_workflow_handle(workflow_id).describe()
    except RPCError:
        return False
    pending = description.raw_description.pending_workflow_task
    return pending.attempt >= TRIES
