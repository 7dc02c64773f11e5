"""The stream over a real server: what arrives, what was missed, and how it ends."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import jwt
import pytest
import uvicorn
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncEngine
from sse_starlette.sse import AppStatus

from deploy.local.ports import unused_port
from services.notifications.inbox.hub import Hub
from services.notifications.inbox.repository import Arrival, Place
from services.notifications.inbox.stream import MAX_MISSED, MAX_SECONDS, seconds_left
from shared import clock
from shared.contracts.messages import InboxItem, Template
from shared.copies.tables import ACCOUNTS
from shared.database import system_transaction
from shared.ids import new_id
from tests.notifications import world
from tests.principals import FakeVerifier

SETTLED = (
    "select bool_and(xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint) from messages"
)


@dataclass(frozen=True)
class Event:
    kind: str
    id: str
    data: str


class Stream:
    """Reads events of one open response."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.aiter_lines()

    async def next(self) -> Event | None:
        """None when the server ended the stream."""
        found: dict[str, str] = {}
        async with asyncio.timeout(20):
            async for line in self._lines:
                name, _, value = line.partition(": ")
                if not line and found:
                    return Event(found.get("event", ""), found.get("id", ""), found["data"])
                if line and name:
                    found[name] = value
        return None


@dataclass
class Served:
    url: str
    verifier: FakeVerifier
    server: uvicorn.Server
    ended: "asyncio.Future[None]"

    @asynccontextmanager
    async def stream(
        self, headers: dict[str, str], last: str | None = None
    ) -> AsyncGenerator[Stream]:
        resumed = {"Last-Event-ID": last} if last else {}
        async with (
            httpx.AsyncClient(base_url=self.url, timeout=20) as http,
            http.stream("GET", "/v1/inbox/stream", headers=headers | resumed) as response,
        ):
            assert response.status_code == 200, await response.aread()
            yield Stream(response)

    async def tell(self, *messages: world.Message) -> None:
        async with httpx.AsyncClient(base_url=self.url, timeout=20) as http:
            sent = world.body(messages)
            answer = await http.post("/v1/messages", json=sent, headers=self.verifier.service())
            assert answer.status_code == 201


@asynccontextmanager
async def running(url: str) -> AsyncGenerator[Served]:
    app, verifier = world.application(url)
    port = unused_port()
    config = uvicorn.Config(
        app, port=port, log_config=None, access_log=False, timeout_graceful_shutdown=5
    )
    server = uvicorn.Server(config)
    # serve() would raise a captured signal again, and end the test run.
    ended = asyncio.ensure_future(server._serve())  # pyright: ignore[reportPrivateUsage]

    async def started() -> bool:
        return server.started

    await world.eventually(started)
    try:
        yield Served(f"http://127.0.0.1:{port}", verifier, server, ended)
    finally:
        server.should_exit = True
        await ended


async def test_what_arrives_is_streamed_to_its_recipient_only(url: str, on: AsyncEngine) -> None:
    me, other = await world.account(on), await world.account(on)
    async with running(url) as suite, suite.stream(world.person(suite.verifier, me)) as stream:
        ready = await stream.next()
        assert ready
        assert ready.kind == "ready"
        await suite.tell(world.message(other), world.message(me, "mine"))
        arrived = await stream.next()
        assert arrived
        item = InboxItem.model_validate_json(arrived.data)
    assert arrived.kind == "message"
    assert item.template == Template.TASK_OPENED
    mine = "select id from messages where dedupe_key = 'mine'"
    assert item.id == await world.scalar(on, mine)


async def test_last_event_id_brings_what_was_missed_once_and_in_order(
    url: str, on: AsyncEngine
) -> None:
    me = await world.account(on)
    async with running(url) as suite:
        headers = world.person(suite.verifier, me)
        async with suite.stream(headers) as stream:
            await stream.next()
            await suite.tell(world.message(me, "a"))
            first = await stream.next()
        assert first
        await suite.tell(world.message(me, "b"))
        await suite.tell(world.message(me, "c"))
        async with suite.stream(headers, first.id) as stream:
            await suite.tell(world.message(me, "d"))
            found = [await stream.next() for _ in range(4)]
    kinds = [one.kind for one in found if one]
    assert sorted(kinds) == ["message"] * 3 + ["ready"]
    ids = [InboxItem.model_validate_json(e.data).id for e in found if e and e.kind == "message"]
    async with system_transaction(on) as session:
        rows = await session.execute(
            text("select id from messages where dedupe_key <> 'a' order by seq")
        )
        assert ids == list(rows.scalars())


async def test_after_too_long_an_absence_the_client_is_told_to_reload(
    url: str, on: AsyncEngine
) -> None:
    me = await world.account(on)
    async with running(url) as suite:
        await suite.tell(*(world.message(me) for _ in range(MAX_MISSED + 1)))
        # Another test's open transaction may hold the horizon back for a moment.
        await world.eventually(lambda: world.scalar(on, SETTLED))
        async with suite.stream(world.person(suite.verifier, me), "3.0") as stream:
            told = await stream.next()
    assert told
    assert told.kind == "reset"


@pytest.mark.parametrize("last", ["x", "1", "1.-2", "1.2.3"])
async def test_a_place_that_is_not_ours_is_refused(url: str, on: AsyncEngine, last: str) -> None:
    me = await world.account(on)
    app, verifier = world.application(url)
    headers = world.person(verifier, me) | {"Last-Event-ID": last}
    async with world.served(app) as http:
        answer = await http.get("/v1/inbox/stream", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad-cursor")


async def test_it_ends_when_the_account_is_disabled(url: str, on: AsyncEngine) -> None:
    me = await world.account(on)
    async with running(url) as suite, suite.stream(world.person(suite.verifier, me)) as stream:
        await stream.next()
        async with system_transaction(on) as session:
            await session.execute(update(ACCOUNTS).where(ACCOUNTS.c.id == me).values(disabled=True))
        assert await stream.next() is None


async def test_it_ends_when_the_token_expires(
    url: str, on: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = await world.account(on)

    def one_second(_: str) -> float:
        return 1.0

    monkeypatch.setattr("services.notifications.inbox.router.seconds_left", one_second)
    async with running(url) as suite, suite.stream(world.person(suite.verifier, me)) as stream:
        kinds = [event.kind for event in (await stream.next(), await stream.next()) if event]
        assert kinds == ["ready", "expired"]
        assert await stream.next() is None


async def test_a_shutdown_ends_it_promptly(
    url: str, on: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AppStatus, "should_exit", False)  # and back, for the streams after it
    me = await world.account(on)
    loop = asyncio.get_running_loop()
    async with running(url) as suite:
        headers = world.person(suite.verifier, me)
        async with suite.stream(headers) as stream:
            await stream.next()
            begun = loop.time()
            suite.server.handle_exit(15, None)
            await stream.next()
            await suite.ended
    assert loop.time() - begun < 3


def test_a_token_lasts_as_long_as_it_says() -> None:
    real = clock.now().timestamp()
    key = "k" * 32
    token = jwt.encode({"exp": int(real) + 60}, key)
    assert 55 < seconds_left(token) <= 60
    assert seconds_left(jwt.encode({"exp": 1}, key)) == 0
    assert seconds_left("opaque") == MAX_SECONDS


async def test_a_client_that_reads_too_slowly_is_sent_away_to_come_back(on: AsyncEngine) -> None:
    hub, me = Hub(), await world.account(on)
    slow = hub.join(me, Place(0))
    item = InboxItem(
        id=new_id(), template=Template.TASK_OPENED, title="", body="", case_id=None, task_id=None,
        link=None, created_at=clock.now(), read_at=None, expires_at=None,
    )  # fmt: skip
    while slow.offer(Arrival(me, Place(1, slow.queue.qsize()), item)):
        pass
    slow.end()
    last = [slow.queue.get_nowait() for _ in range(slow.queue.qsize())][-1]
    assert last is None
