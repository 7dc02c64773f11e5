"""The events of one stream: what was missed, then what arrives, until the token expires."""

import asyncio
import time
from collections.abc import AsyncGenerator
from uuid import UUID

import jwt
from sqlalchemy.ext.asyncio import AsyncEngine
from sse_starlette.event import ServerSentEvent

from services.notifications.inbox import repository
from services.notifications.inbox.hub import Hub
from services.notifications.inbox.repository import Arrival, Place
from shared.database import set_scope, transaction
from shared.horizon import horizon
from shared.problems import Invalid

MAX_SECONDS = 300.0
"""An access token lives no longer."""
MAX_MISSED = 200


def seconds_left(token: str) -> float:
    """Of a token that was already verified; its expiry is on the real clock."""
    try:
        claims = jwt.decode(token, options={"verify_signature": False, "verify_exp": False})
        left = float(claims["exp"]) - time.time()  # noqa: TID251 - a rehearsal moves no token
    except (jwt.PyJWTError, KeyError, ValueError):
        return MAX_SECONDS
    return min(max(left, 0.0), MAX_SECONDS)


def place_of(last_event_id: str | None) -> Place | None:
    """Error: 422 for an id that we did not give."""
    if not last_event_id:
        return None
    xid, _, seq = last_event_id.partition(".")
    if not (xid.isdecimal() and seq.isdecimal() and len(last_event_id) <= 40):
        raise Invalid("bad-cursor", "续传位置无效，请重新打开收件箱。", field="Last-Event-ID")
    return Place(int(xid), int(seq))


async def events(
    engine: AsyncEngine, hub: Hub, account: UUID, resume: Place | None, seconds: float
) -> AsyncGenerator[ServerSentEvent]:
    """`ready`, then `message`s; `reset` when too much was missed; `expired` at the end."""
    ends = asyncio.get_running_loop().time() + seconds
    missed, now = await _missed(engine, account, resume)
    subscriber = hub.join(account, now)
    try:
        if len(missed) > MAX_MISSED:
            yield ServerSentEvent(event="reset", id=str(now), data="{}")
        else:
            for arrival in missed:
                yield _event(arrival)
            yield ServerSentEvent(event="ready", id=str(now), data="{}", retry=2000)
        while True:
            left = ends - asyncio.get_running_loop().time()
            arrival = await asyncio.wait_for(subscriber.queue.get(), max(left, 0))
            if arrival is None:
                return
            yield _event(arrival)
    except TimeoutError:
        yield ServerSentEvent(event="expired", data="{}")
    finally:
        hub.leave(subscriber)


async def _missed(
    engine: AsyncEngine, account: UUID, resume: Place | None
) -> tuple[list[Arrival], Place]:
    async with transaction(engine) as session:
        await set_scope(session, prefixes=(), person=None, account=str(account))
        until = await horizon(session)
        if resume is None:
            return [], Place(until)
        found = await repository.arrivals(session, [account], resume, until, limit=MAX_MISSED + 1)
        return found, max(resume, Place(until))


def _event(arrival: Arrival) -> ServerSentEvent:
    return ServerSentEvent(
        event="message", id=str(arrival.place), data=arrival.item.model_dump_json()
    )
