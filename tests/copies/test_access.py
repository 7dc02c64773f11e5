"""Authorisation from the copy: today's grants only, and nothing once the copy is too old."""

from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import clock
from shared.access import Grant, Role
from shared.auth import Principal
from shared.copies.access import load_grants, people_with
from shared.database import transaction
from shared.problems import Unauthenticated, Unavailable
from tests.notifications import world

YESTERDAY = clock.today() - timedelta(days=1)


async def grants(on: AsyncEngine, principal: Principal) -> tuple[Grant, ...]:
    async with transaction(on) as session:
        return await load_grants(session, principal)


async def test_grants_in_force_come_with_the_path_of_today(on: AsyncEngine) -> None:
    org = await world.organisation(on, "000010002")
    who = await world.account(on, (Role.SECRETARY, org), until=clock.today())
    found = await grants(on, world.principal(who))
    assert found == (Grant(Role.SECRETARY, org.id, org.path),)


async def test_a_grant_that_ended_yesterday_gives_nothing(on: AsyncEngine) -> None:
    org = await world.organisation(on)
    who = await world.account(on, (Role.COMMITTEE, org), until=YESTERDAY)
    assert await grants(on, world.principal(who)) == ()
    async with transaction(on) as session:
        assert await people_with(session, Role.COMMITTEE, org.id) == []


@pytest.mark.parametrize("kind", ["person", "machine"])
async def test_a_disabled_account_is_logged_out(on: AsyncEngine, kind: str) -> None:
    who = await world.account(on, disabled=True)
    with pytest.raises(Unauthenticated):
        await grants(on, world.principal(who, kind))


@pytest.mark.parametrize("account_id", ["00000000-0000-7000-8000-000000000000", "root", "*"])
async def test_an_unknown_account_is_logged_out(on: AsyncEngine, account_id: str) -> None:
    with pytest.raises(Unauthenticated):
        await grants(on, Principal(account_id=account_id, kind="person"))


async def test_a_machine_has_machine_grants_only_and_a_person_none_of_them(
    on: AsyncEngine,
) -> None:
    org = await world.organisation(on)
    who = await world.account(on, (Role.MACHINE, org), (Role.COMMITTEE, org))
    assert [g.role for g in await grants(on, world.principal(who, "machine"))] == [Role.MACHINE]
    assert [g.role for g in await grants(on, world.principal(who))] == [Role.COMMITTEE]


async def test_a_stale_copy_refuses(on: AsyncEngine) -> None:
    who = await world.account(on)
    await world.seen(on, seconds_ago=61)
    with pytest.raises(Unavailable) as refused:
        await grants(on, world.principal(who))
    assert (refused.value.code, refused.value.retry_after) == ("copy-stale", 5)


async def test_the_suite_itself_needs_no_grant(on: AsyncEngine) -> None:
    assert await grants(on, Principal(account_id="workflows", kind="service")) == ()


async def test_who_holds_a_role(on: AsyncEngine) -> None:
    org = await world.organisation(on)
    who = await world.account(on, (Role.COMMITTEE, org))
    await world.account(on, (Role.COMMITTEE, org), disabled=True)
    async with transaction(on) as session:
        assert await people_with(session, Role.COMMITTEE, org.id) == [who]
