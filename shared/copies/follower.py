"""Follows the register's feed: polls, applies, and lets the service react to every change."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel.ext.asyncio.session import AsyncSession

from shared import logging
from shared.contracts.changes import Change, ChangeKind
from shared.copies import store
from shared.database import system_transaction
from shared.service import Background

OnChange = Callable[[AsyncSession, Change], Awaitable[None]]
POLL_SECONDS = 1.0
PAGE = 500
_LOCK = 7351002
_KINDS = frozenset(kind.value for kind in ChangeKind)
log = logging.logger()


def follower(
    orgs: httpx.AsyncClient | None = None, on_change: OnChange | None = None
) -> Background:
    """A loop for `Service.background`.

    Without a client of its own it uses `app.state.orgs_http`, which the service's `prepare`
    sets: base_url of orgs, auth as the service. `on_change` runs in the transaction that
    applies the page, after the copy is written; if it raises, the page comes again.
    """

    async def loop(app: FastAPI) -> None:
        away = False
        while True:
            try:
                client: httpx.AsyncClient = orgs or app.state.orgs_http
                more = await follow_once(app.state.engine, client, on_change)
                away = False
            except Exception as error:
                if not away:
                    log.warning("feed-away", exc_info=error)
                away, more = True, False
            if not more:
                await asyncio.sleep(POLL_SECONDS)

    return loop


async def follow_once(
    engine: AsyncEngine, orgs: httpx.AsyncClient, on_change: OnChange | None = None
) -> bool:
    """Read and apply one page; True when there may be more.

    Orgs is asked outside any transaction. The page and the cursor are one transaction, which
    gives way when another replica holds the lock or has moved the cursor.
    """
    async with system_transaction(engine) as session:
        read = await store.position(session)
    response = await orgs.get("/v1/changes", params={"after": read.cursor, "limit": PAGE})
    response.raise_for_status()
    page: dict[str, Any] = response.json()
    changes = [Change.model_validate(item) for item in page["items"] if item["kind"] in _KINDS]
    async with system_transaction(engine) as session:
        if not await _alone(session) or not await store.advance(session, read, page["next"]):
            return False
        await store.apply(session, changes)
        for change in changes:
            if on_change:
                await on_change(session, change)
    return len(page["items"]) == PAGE


async def _alone(session: AsyncSession) -> bool:
    """Among the replicas of one service; the services share one database."""
    got = await session.execute(
        text("select pg_try_advisory_xact_lock(:n, hashtext(current_schema()))"), {"n": _LOCK}
    )
    return bool(got.scalar_one())
