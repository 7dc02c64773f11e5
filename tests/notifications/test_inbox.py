"""The inbox: one's own messages, unread first, each page costing the same."""

from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import clock
from shared.access import Role
from shared.database import scope_of, transaction
from shared.ids import new_id
from tests.notifications import world
from tests.principals import FakeVerifier, keyed


async def stored(http: httpx.AsyncClient, verifier: FakeVerifier, *to: UUID) -> None:
    sent = world.body(world.message(one) for one in to)
    answer = await http.post("/v1/messages", json=sent, headers=verifier.service())
    assert answer.status_code == 201


async def test_unread_first_newest_first_over_pages(url: str, on: AsyncEngine) -> None:
    app, verifier = world.application(url)
    me = await world.account(on)
    mine = world.person(verifier, me)
    async with world.served(app) as http:
        await stored(http, verifier, *[me] * 5)
        first = (await http.get("/v1/inbox", headers=mine)).json()["items"]
        for item in first[:2]:
            read = await http.post(f"/v1/inbox/{item['id']}/read", headers=keyed(mine))
            assert read.json()["read_at"]
        found, after = list[str](), None
        while True:
            params = {"limit": 2} | ({"after": after} if after else {})
            page = (await http.get("/v1/inbox", params=params, headers=mine)).json()
            found += [item["id"] for item in page["items"]]
            after = page["next"]
            if not after:
                break
        ids = [item["id"] for item in first]
        assert ids == sorted(ids, reverse=True)
        assert found == ids[2:] + ids[:2]
        unread = await http.get("/v1/inbox", params={"unread": True}, headers=mine)
        assert [item["id"] for item in unread.json()["items"]] == ids[2:]
        assert (await http.get("/v1/inbox/counts", headers=mine)).json() == {"unread": 3}


async def test_read_all_spares_what_was_not_seen_yet(url: str, on: AsyncEngine) -> None:
    app, verifier = world.application(url)
    me = await world.account(on)
    mine = world.person(verifier, me)
    async with world.served(app) as http:
        await stored(http, verifier, me, me)
        newest = (await http.get("/v1/inbox", headers=mine)).json()["items"][0]["id"]
        await stored(http, verifier, me)
        body = {"up_to": newest}
        answer = await http.post("/v1/inbox/read-all", json=body, headers=keyed(mine))
        assert answer.json() == {"unread": 1}
        answer = await http.post("/v1/inbox/read-all", json={}, headers=keyed(mine))
        assert answer.json() == {"unread": 0}


async def test_nobody_reads_or_marks_what_is_anothers(url: str, on: AsyncEngine) -> None:
    app, verifier = world.application(url)
    root = await world.organisation(on)
    me, organiser = await world.account(on), await world.account(on, (Role.ORGANISER, root))
    other = world.person(verifier, organiser)
    async with world.served(app) as http:
        await stored(http, verifier, me)
        mine = world.person(verifier, me)
        (item,) = (await http.get("/v1/inbox", headers=mine)).json()["items"]
        assert (await http.get("/v1/inbox", headers=other)).json()["items"] == []
        read = await http.post(f"/v1/inbox/{item['id']}/read", headers=keyed(other))
        assert (read.status_code, read.json()["code"]) == (404, "message-unknown")
        assert (await http.get("/v1/inbox", headers=verifier.service())).status_code == 403
        assert (await http.get("/v1/inbox", headers=verifier.machine())).status_code == 403


@pytest.mark.parametrize("table", ["messages", "deliveries", "daily_counts"])
async def test_row_security_shows_an_account_its_own_rows_only(
    url: str, on: AsyncEngine, table: str
) -> None:
    root, me = await world.organisation(on), await world.account(on)
    app, verifier = world.application(url)
    async with world.served(app) as http:
        sent = world.body([world.message(me, channels=["email"])])
        await http.post("/v1/messages", json=sent, headers=verifier.service())
    count = "insert into daily_counts values (:me, 'email', '2026-11-01', 1)"
    async with transaction(on) as session:
        await scope_of(session, world.access(me))
        await session.execute(text(count), {"me": me})
    for who, rows in ((me, 1), (new_id(), 0)):
        async with transaction(on) as session:
            await scope_of(session, world.access(who, (Role.ORGANISER, root)))
            found = await session.execute(text(f"select count(*) from {table}"))  # noqa: S608
            assert found.scalar_one() == rows
    async with transaction(on) as session:
        found = await session.execute(text(f"select count(*) from {table}"))  # noqa: S608
        assert found.scalar_one() == 0


async def test_what_expired_is_not_shown(url: str, on: AsyncEngine) -> None:
    app, verifier = world.application(url)
    me = await world.account(on)
    late = world.message(me, expires_at=clock.now() - timedelta(seconds=1))
    async with world.served(app) as http:
        await http.post("/v1/messages", json=world.body([late]), headers=verifier.service())
        mine = world.person(verifier, me)
        assert (await http.get("/v1/inbox", headers=mine)).json()["items"] == []
        assert (await http.get("/v1/inbox/counts", headers=mine)).json() == {"unread": 0}


@pytest.mark.parametrize("cursor", ["x", "WzFd", "W3RydWUsICJ4Il0"])
async def test_a_cursor_that_is_not_ours_is_refused(url: str, on: AsyncEngine, cursor: str) -> None:
    app, verifier = world.application(url)
    mine = world.person(verifier, await world.account(on))
    async with world.served(app) as http:
        answer = await http.get("/v1/inbox", params={"after": cursor}, headers=mine)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad-cursor")
