"""The follower: a page and its cursor together or not at all, whatever happens to orgs."""

import asyncio
from datetime import date
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.contracts.changes import (
    AccountCopy,
    CalendarYear,
    Change,
    ChangeKind,
    GrantCopy,
    OrganisationCopy,
)
from shared.copies.follower import PAGE, follow_once, follower
from shared.copies.working_days import working_days
from shared.database import system_transaction
from shared.ids import new_id
from tests.copies.feed import Feed
from tests.notifications.world import eventually, scalar


def account(**changes: Any) -> AccountCopy:
    given: dict[str, Any] = {"id": new_id(), "person_id": None, "name": "示例", "disabled": False}
    return AccountCopy(**(given | changes))


async def test_every_kind_is_copied_and_the_last_entry_wins(on: AsyncEngine) -> None:
    feed, org, grant, who = Feed(), new_id(), new_id(), account()
    for path in ("00001", "00002"):
        feed.publish(
            ChangeKind.ORGANISATION,
            org,
            OrganisationCopy(
                id=org, path=path, name="示例支部", kind="branch", code="1", parent_id=None,
                status="active", approves_members=False, phone=None, external=False,
            ),
        )  # fmt: skip
    feed.publish(ChangeKind.ACCOUNT, who.id, who)
    held = GrantCopy(
        id=grant, account_id=who.id, role="secretary", org_id=org,
        valid_from=date(2026, 1, 1), valid_to=None,
    )  # fmt: skip
    feed.publish(ChangeKind.GRANT, grant, held)
    async with feed.client() as orgs:
        assert not await follow_once(on, orgs)
    assert await scalar(on, "select path from copy_organisations") == "00002"
    assert await scalar(on, "select role from copy_grants") == "secretary"
    assert await scalar(on, "select cursor from copy_state") == "4"
    feed.publish(ChangeKind.GRANT, grant, None)
    async with feed.client() as orgs:
        await follow_once(on, orgs)
    assert await scalar(on, "select count(*) from copy_grants") == 0


async def test_pages_are_drained_and_each_change_reaches_the_hook_once(on: AsyncEngine) -> None:
    feed, woken = Feed(), list[str]()
    for _ in range(PAGE + 3):
        one = account()
        feed.publish(ChangeKind.ACCOUNT, one.id, one)

    async def hook(_: AsyncSession, change: Change) -> None:
        woken.append(change.cursor)

    async with feed.client() as orgs:
        assert await follow_once(on, orgs, hook)
        assert not await follow_once(on, orgs, hook)
    assert len(woken) == len(set(woken)) == PAGE + 3
    assert await scalar(on, "select count(*) from copy_accounts") == PAGE + 3


async def test_a_hook_that_fails_leaves_neither_page_nor_cursor(on: AsyncEngine) -> None:
    feed, one = Feed(), account()
    feed.publish(ChangeKind.ACCOUNT, one.id, one)

    async def hook(_: AsyncSession, __: Change) -> None:
        raise RuntimeError

    async with feed.client() as orgs:
        with pytest.raises(RuntimeError):
            await follow_once(on, orgs, hook)
        assert await scalar(on, "select count(*) from copy_accounts") == 0
        assert await scalar(on, "select cursor from copy_state") == "0"
        await follow_once(on, orgs)
    assert await scalar(on, "select count(*) from copy_accounts") == 1


async def test_two_replicas_apply_a_page_once(on: AsyncEngine) -> None:
    feed, one, woken = Feed(), account(), list[str]()
    feed.publish(ChangeKind.ACCOUNT, one.id, one)
    feed.late = asyncio.Event()

    async def hook(_: AsyncSession, change: Change) -> None:
        woken.append(change.cursor)

    async with feed.client() as orgs:
        both = [asyncio.ensure_future(follow_once(on, orgs, hook)) for _ in range(2)]
        await eventually(feed.asked_by(2))
        feed.late.set()
        await asyncio.gather(*both)
    assert woken == ["1"]


async def test_what_a_newer_register_adds_is_passed_over(on: AsyncEngine) -> None:
    feed, one = Feed(), account()
    feed.publish("weather.changed", new_id(), None)
    feed.publish(ChangeKind.ACCOUNT, one.id, one)
    feed.entries[-1]["data"]["nickname"] = "x"
    async with feed.client() as orgs:
        await follow_once(on, orgs)
    assert await scalar(on, "select count(*) from copy_accounts") == 1


async def test_the_loop_survives_orgs_being_away(on: AsyncEngine) -> None:
    feed, one, app = Feed(), account(), FastAPI()
    feed.away, app.state.engine = True, on
    feed.publish(ChangeKind.ACCOUNT, one.id, one)
    async with feed.client() as orgs:
        loop = asyncio.ensure_future(follower(orgs)(app))
        await eventually(feed.asked_by(1))
        feed.away = False
        await eventually(lambda: scalar(on, "select count(*) from copy_accounts"))
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)


async def test_a_new_yearly_table_replaces_the_calendar_in_memory(on: AsyncEngine) -> None:
    feed, holiday, sunday = Feed(), date(2026, 10, 1), date(2026, 10, 11)
    async with system_transaction(on) as session:
        assert (await working_days(session)).is_provisional(holiday)
    for worked in ([], [sunday]):
        year = CalendarYear(year=2026, off=[holiday], worked=worked)
        feed.publish(ChangeKind.CALENDAR, new_id(), year)
        async with feed.client() as orgs:
            await follow_once(on, orgs)
        async with system_transaction(on) as session:
            calendar = await working_days(session)
            assert await working_days(session) is calendar
        assert not calendar.is_working(holiday)
        assert calendar.is_working(sunday) is bool(worked)
