"""Messages: stored once for each recipient, resolved from the copy, refused when it is stale."""

import time
from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.notifications.messages import repository
from services.notifications.messages.repository import NewMessage
from shared.access import Role
from shared.clients.notifications import NotificationsClient
from shared.contracts.messages import Channel, Recipient
from shared.database import system_transaction
from shared.ids import new_id
from shared.problems import Forbidden, Unavailable
from tests.notifications import world

SOME = "00000000-0000-7000-8000-000000000000"


async def test_the_same_message_twice_is_kept_once(url: str, on: AsyncEngine) -> None:
    app, verifier = world.application(url)
    one = world.message(await world.account(on), channels=[Channel.EMAIL])
    async with world.served(app) as http:
        http.headers.update(verifier.service())
        client = NotificationsClient(http)
        first, second = await client.send([one, one]), await client.send([one])
    assert (first.stored, first.duplicates) == (1, 1)
    assert (second.stored, second.duplicates) == (0, 1)
    assert await world.scalar(on, "select count(*) from messages") == 1
    assert await world.scalar(on, "select count(*) from deliveries") == 1


async def test_a_role_reaches_every_enabled_holder_at_exactly_that_organisation(
    url: str, on: AsyncEngine
) -> None:
    root, branch = await world.organisation(on, "0"), await world.organisation(on, "00001")
    held = {await world.account(on, (Role.SECRETARY, branch)) for _ in range(2)}
    await world.account(on, (Role.SECRETARY, root))
    await world.account(on, (Role.COMMITTEE, branch))
    await world.account(on, (Role.SECRETARY, branch), disabled=True)
    await world.account(on, (Role.SECRETARY, branch), until=date(2021, 1, 1))
    to = Recipient(role=Role.SECRETARY, org_id=branch.id)
    app, verifier = world.application(url)
    async with world.served(app) as http:
        http.headers.update(verifier.service())
        assert (await NotificationsClient(http).send([world.message(to)])).stored == 2
    async with system_transaction(on) as session:
        rows = await session.execute(world.text("select account_id from messages"))
        assert set(rows.scalars()) == held


async def test_a_person_is_reached_on_every_account_and_a_vacant_role_is_told(
    url: str, on: AsyncEngine
) -> None:
    person = new_id()
    await world.account(on, person=person)
    await world.account(on, person=person)
    vacant = world.message(Recipient(role=Role.COMMITTEE, org_id=new_id()), "vacant")
    app, verifier = world.application(url)
    async with world.served(app) as http:
        http.headers.update(verifier.service())
        sent = [vacant, world.message(Recipient(person_id=person))]
        answer = await NotificationsClient(http).send(sent)
    assert (answer.stored, answer.without_recipient) == (2, ["vacant"])


async def test_only_services_may_send(url: str, on: AsyncEngine) -> None:
    operator = await world.account(on, (Role.OPERATOR, await world.organisation(on)))
    app, verifier = world.application(url)
    async with world.served(app) as http:
        http.headers.update(world.person(verifier, operator))
        with pytest.raises(Forbidden):
            await NotificationsClient(http).send([world.message(operator)])


async def test_a_wrong_variable_refuses_that_message_and_holds_up_no_other(
    url: str, on: AsyncEngine
) -> None:
    to = await world.account(on)
    app, verifier = world.application(url)
    async with world.served(app) as http:
        http.headers.update(verifier.service())
        bad = world.message(to, "bad", variables={"process": "a", "task": "b", "name": "c"})
        answer = await NotificationsClient(http).send([bad, world.message(to)])
    (refusal,) = answer.refused
    assert (refusal.dedupe_key, refusal.code) == ("bad", "variable-unknown")
    assert refusal.field == "variables.name"
    assert await world.scalar(on, "select count(*) from messages") == 1


@pytest.mark.parametrize(
    "to",
    [
        {},
        {"role": "secretary"},
        {"org_id": SOME},
        {"account_id": SOME, "person_id": SOME},
    ],
)
async def test_a_recipient_is_named_in_one_way(
    url: str, on: AsyncEngine, to: dict[str, str]
) -> None:
    app, verifier = world.application(url)
    sent = world.body([world.message(new_id())])
    sent["messages"][0]["to"] = to
    async with world.served(app) as http:
        answer = await http.post("/v1/messages", json=sent, headers=verifier.service())
    assert answer.status_code == 422


async def test_a_stale_copy_refuses_rather_than_guesses_who_holds_a_role(
    url: str, on: AsyncEngine
) -> None:
    to = await world.account(on)
    await world.seen(on, seconds_ago=61)
    app, verifier = world.application(url)
    async with world.served(app) as http:
        http.headers.update(verifier.service())
        with pytest.raises(Unavailable) as refused:
            await NotificationsClient(http).send([world.message(to)])
        inbox = await http.get("/v1/inbox", headers=world.person(verifier, to))
        ready = await http.get("/readyz")
    assert refused.value.code == "copy-stale"
    assert (inbox.status_code, inbox.json()["code"]) == (503, "copy-stale")
    assert inbox.headers["Retry-After"] == "5"
    assert (ready.status_code, ready.json()["reason"]) == (503, "copy-stale")


async def test_thousands_a_second_are_stored(
    on: AsyncEngine, record_property: Callable[[str, object], None]
) -> None:
    batches = [
        [
            (
                NewMessage(new_id(), f"{b}-{i}", "task-opened", "待办", "内容" * 40,
                           None, None, None, None),
                ["email"],
            )
            for i in range(1000)
        ]
        for b in range(6)
    ]  # fmt: skip
    begun = time.perf_counter()
    for batch in batches:
        async with system_transaction(on) as session:
            assert await repository.store(session, batch) == 1000
    rate = 6000 / (time.perf_counter() - begun)
    record_property("messages a second", round(rate))
    assert rate > 500  # 8,600 alone on two cores; a query a message would give 300
