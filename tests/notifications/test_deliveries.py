"""Deliveries: claimed once, tried again, capped, expired; at least once and never lost."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.local.ports import unused_port
from services.notifications.deliveries import repository as deliveries
from services.notifications.deliveries.backoff import FIRST_SECONDS, LONGEST_SECONDS, pause
from services.notifications.deliveries.loop import Post, deliver_once
from services.notifications.messages import repository as messages
from services.notifications.messages.repository import NewMessage
from services.notifications.senders.base import Outgoing
from shared import clock
from shared.access import Role
from shared.database import system_transaction
from shared.ids import new_id
from tests.notifications import world
from tests.notifications.mail import Mailbox, Register, mail_server, post, smtp
from tests.principals import keyed

TELLTALE = "张三丰"


async def waiting(on: AsyncEngine, *accounts: UUID, **changes: Any) -> None:
    """One message for each account, to go out by e-mail."""
    given: dict[str, Any] = {
        "template": "task-opened", "title": TELLTALE, "body": TELLTALE, "case_id": None,
        "task_id": None, "link": f"/tasks/{new_id()}", "expires_at": None,
    }  # fmt: skip
    async with system_transaction(on) as session:
        new = [
            (NewMessage(account_id=a, dedupe_key=str(new_id()), **(given | changes)), ["email"])
            for a in accounts
        ]
        await messages.store(session, new)


async def states(on: AsyncEngine) -> dict[str, int]:
    async with system_transaction(on) as session:
        return {k.value: v for k, v in (await deliveries.counts(session)).items()}


async def due_now(on: AsyncEngine) -> None:
    """As if every pause and every lease had passed."""
    async with system_transaction(on) as session:
        sql = "update deliveries set next_attempt_at = :now where state in ('pending', 'sending')"
        await session.execute(world.text(sql), {"now": clock.now() - timedelta(seconds=1)})


async def drain(on: AsyncEngine, *posts: Post) -> None:
    """Every sender works until none finds anything."""

    async def work(one: Post) -> None:
        while await deliver_once(one):
            pass

    await asyncio.gather(*map(work, posts))


async def test_an_e_mail_says_only_that_something_waits(on: AsyncEngine) -> None:
    box, who = Mailbox(), new_id()
    async with mail_server(box) as port:
        sender = smtp(port)
        await waiting(on, who)
        await drain(on, post(on, sender))
        await sender.close()
    (mail,) = box.taken
    payload = mail.get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert TELLTALE not in payload.decode() + str(mail["Subject"])
    assert "http://console.example/tasks/" in payload.decode()
    assert mail["To"] == f"{who}@example.org"
    assert await states(on) == {"sent": 1}


async def test_two_senders_never_take_the_same_delivery(on: AsyncEngine) -> None:
    box = Mailbox()
    await waiting(on, *(new_id() for _ in range(150)))
    async with mail_server(box) as port:
        senders = [smtp(port), smtp(port)]
        await drain(on, *(post(on, one) for one in senders))
        for one in senders:
            await one.close()
    assert len(box.taken) == len(set(box.ids())) == 150
    assert await states(on) == {"sent": 150}


async def test_while_the_mail_server_is_away_it_waits_and_then_goes_out_once(
    on: AsyncEngine,
) -> None:
    box, port = Mailbox(), unused_port()
    sender = smtp(port)
    one = post(on, sender)
    await waiting(on, *(new_id() for _ in range(5)))
    for _ in range(3):
        await drain(on, one)
        assert await states(on) == {"pending": 5}
        await due_now(on)
    async with mail_server(box, port):
        await drain(on, one)
        await sender.close()
    assert await states(on) == {"sent": 5}
    assert len(box.taken) == len(set(box.ids())) == 5


async def test_a_refusal_for_now_is_tried_again_and_one_for_good_is_not(on: AsyncEngine) -> None:
    box = Mailbox()
    await waiting(on, new_id(), new_id())
    box.replies = ["451 later", "550 never"]
    async with mail_server(box) as port:
        sender = smtp(port)
        await drain(on, post(on, sender))
        assert await states(on) == {"pending": 1, "failed": 1}
        await due_now(on)
        await drain(on, post(on, sender))
        await sender.close()
    assert await states(on) == {"sent": 1, "failed": 1}
    assert await world.scalar(
        on, "select last_error_code from deliveries where state = 'failed'"
    ) == ("smtp-refused-550")


async def test_it_gives_up_after_the_last_attempt(on: AsyncEngine) -> None:
    sender = smtp(unused_port())
    await waiting(on, new_id())
    for _ in range(2):
        await drain(on, post(on, sender, max_attempts=2))
        await due_now(on)
    assert await states(on) == {"failed": 1}


async def test_without_encryption_nothing_is_sent_where_it_is_required(on: AsyncEngine) -> None:
    box = Mailbox()
    await waiting(on, new_id())
    async with mail_server(box) as port:
        await drain(on, post(on, smtp(port, tls=True)))
    assert box.taken == []
    assert await states(on) == {"pending": 1}


class CrashAfterSend:
    """The process dies when the mail is out and before it is marked."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    async def send(self, outgoing: Outgoing) -> None:
        await self.inner.send(outgoing)
        raise asyncio.CancelledError

    async def close(self) -> None:
        await self.inner.close()


async def test_a_crash_between_send_and_mark_repeats_that_one_message_recognisably(
    on: AsyncEngine,
) -> None:
    box = Mailbox()
    await waiting(on, new_id())
    async with mail_server(box) as port:
        sender = smtp(port)
        await deliver_once(post(on, CrashAfterSend(sender)))
        assert await states(on) == {"sending": 1}
        await drain(on, post(on, sender))
        assert len(box.taken) == 1
        await due_now(on)
        await drain(on, post(on, sender))
        await drain(on, post(on, sender))
        await sender.close()
    assert len(box.taken) == 2
    assert len(set(box.ids())) == 1
    assert await states(on) == {"sent": 1}


async def test_a_sender_that_lost_its_lease_overwrites_nothing(on: AsyncEngine) -> None:
    await waiting(on, new_id())
    now, lease = clock.now(), timedelta(seconds=-1)
    async with system_transaction(on) as session:
        (old,) = await deliveries.claim(
            session, deliveries.Channel.EMAIL, now, lease=lease, limit=9
        )
    async with system_transaction(on) as session:
        (new,) = await deliveries.claim(
            session, deliveries.Channel.EMAIL, now, lease=lease, limit=9
        )
    async with system_transaction(on) as session:
        assert not await deliveries.mark(session, old, deliveries.DeliveryState.FAILED)
        assert await deliveries.mark(session, new, deliveries.DeliveryState.SENT)


async def test_what_expired_or_was_read_inside_is_not_sent(on: AsyncEngine) -> None:
    box, reader = Mailbox(), new_id()
    await waiting(on, new_id(), expires_at=clock.now() - timedelta(seconds=1))
    await waiting(on, reader)
    async with system_transaction(on) as session:
        sql = "update messages set read_at = now() where account_id = :a"
        await session.execute(world.text(sql), {"a": reader})
    async with mail_server(box) as port:
        await drain(on, post(on, smtp(port)))
    assert box.taken == []
    assert await states(on) == {"expired": 1, "suppressed": 1}


async def test_nobody_gets_more_than_the_days_share_even_from_two_senders(
    on: AsyncEngine,
) -> None:
    box, busy, other = Mailbox(), new_id(), new_id()
    await waiting(on, *([busy] * 60), other)
    async with mail_server(box) as port:
        senders = [smtp(port), smtp(port)]
        await drain(on, *(post(on, one, per_day=3) for one in senders))
        for one in senders:
            await one.close()
    assert sorted(str(one["To"]) for one in box.taken) == sorted(
        [f"{busy}@example.org"] * 3 + [f"{other}@example.org"]
    )
    assert await states(on) == {"sent": 4, "suppressed": 57}


async def test_without_an_address_nothing_is_tried(on: AsyncEngine) -> None:
    register, who = Register(), new_id()
    register.without = {who}
    await waiting(on, who)
    await drain(on, post(on, smtp(unused_port()), register))
    assert await states(on) == {"suppressed": 1}
    assert await world.scalar(on, "select last_error_code from deliveries") == "no-address"


async def test_while_the_register_is_away_nothing_is_lost(on: AsyncEngine) -> None:
    register, box = Register(), Mailbox()
    register.away = True
    await waiting(on, new_id())
    async with mail_server(box) as port:
        sender = smtp(port)
        await drain(on, post(on, sender, register))
        assert await world.scalar(on, "select last_error_code from deliveries") == "contacts-away"
        register.away = False
        await due_now(on)
        await drain(on, post(on, sender, register))
        await sender.close()
    assert len(box.taken) == 1


@pytest.mark.parametrize("attempt", [1, 2, 5, 30])
def test_pauses_double_with_jitter_up_to_an_hour(attempt: int) -> None:
    full = min(FIRST_SECONDS * 2 ** (attempt - 1), LONGEST_SECONDS)
    found = {pause(attempt).total_seconds() for _ in range(50)}
    assert full / 2 <= min(found) < max(found) <= full


async def test_an_operator_sees_codes_and_no_one_else_sees_anything(
    url: str, on: AsyncEngine
) -> None:
    root, who = await world.organisation(on), new_id()
    await waiting(on, who)
    await drain(on, post(on, smtp(unused_port()), max_attempts=1))
    app, verifier = world.application(url)
    operator = world.person(verifier, await world.account(on, (Role.OPERATOR, root)))
    organiser = world.person(verifier, await world.account(on, (Role.ORGANISER, root)))
    async with world.served(app) as http:
        seen = await http.get("/v1/deliveries", headers=operator)
        refused = await http.get("/v1/deliveries", headers=organiser)
        (item,) = seen.json()["items"]
        path = f"/v1/deliveries/{item['id']}/retry"
        retried = await http.post(path, headers=keyed(operator))
        again = await http.post(path, headers=keyed(operator))
    assert refused.status_code == 403
    assert (item["state"], item["last_error_code"]) == ("failed", "smtp-away")
    assert str(who) not in seen.text
    assert retried.json()["state"] == "pending"
    assert again.status_code == 409
    action = "select actor_kind from audit_events where action = 'delivery.retried'"
    assert await world.scalar(on, action) == "person"
