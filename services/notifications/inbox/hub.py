"""One poller for every open stream: who subscribed gets what arrives for their account."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from uuid import UUID

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from services.notifications.inbox import repository
from services.notifications.inbox.repository import Arrival, Place
from shared import logging
from shared.database import system_transaction
from shared.horizon import horizon

POLL_SECONDS = 1.0
_BATCH = 2000
_QUEUE = 256
log = logging.logger()


@dataclass(eq=False)
class Subscriber:
    """One open stream. None in the queue ends it; the client comes back with Last-Event-ID."""

    account_id: UUID
    since: Place
    queue: asyncio.Queue[Arrival | None] = field(
        default_factory=lambda: asyncio.Queue[Arrival | None](_QUEUE)
    )

    def offer(self, arrival: Arrival) -> bool:
        """False when the client reads too slowly to keep its place."""
        if arrival.place <= self.since:
            return True
        if self.queue.full():
            return False
        self.queue.put_nowait(arrival)
        return True

    def end(self) -> None:
        while self.queue.full():
            self.queue.get_nowait()
        self.queue.put_nowait(None)


class Hub:
    """The open streams of this process."""

    def __init__(self) -> None:
        self._open: dict[UUID, set[Subscriber]] = defaultdict(set)

    def join(self, account_id: UUID, since: Place) -> Subscriber:
        subscriber = Subscriber(account_id, since)
        self._open[account_id].add(subscriber)
        return subscriber

    def leave(self, subscriber: Subscriber) -> None:
        mine = self._open.get(subscriber.account_id, set())
        mine.discard(subscriber)
        if not mine:
            self._open.pop(subscriber.account_id, None)

    async def poll(self, engine: AsyncEngine) -> None:
        """One query for all; a stream of an account that was disabled ends.

        Whoever joins meanwhile waits for the next round: this one may begin after their place.
        """
        asked = [one for mine in self._open.values() for one in mine]
        if not asked:
            return
        accounts = list(self._open)
        since = min(one.since for one in asked)
        async with system_transaction(engine) as session:
            until = await horizon(session)
            gone = await repository.disabled(session, accounts)
            found = await repository.arrivals(session, accounts, since, until, limit=_BATCH)
        arrived: dict[UUID, list[Arrival]] = defaultdict(list)
        for arrival in found:
            arrived[arrival.account_id].append(arrival)
        reached = found[-1].place if len(found) == _BATCH else Place(until)
        for one in asked:
            kept = all(one.offer(arrival) for arrival in arrived[one.account_id])
            one.since = max(one.since, reached)
            if one.account_id in gone or not kept:
                one.end()
                self.leave(one)


async def poller(app: FastAPI) -> None:
    """Background loop over `app.state.hub`."""
    hub: Hub = app.state.hub
    while True:
        await asyncio.sleep(POLL_SECONDS)
        try:
            await hub.poll(app.state.engine)
        except Exception as error:
            log.warning("stream-poll", exc_info=error)
