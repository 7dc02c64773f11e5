"""Sends what is due: claim with a lease, commit, send outside any transaction, mark.

A crash between sending and marking sends that message once more when the lease has run out:
at least once, never silently lost. The Message-ID is the same both times.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from services.notifications.deliveries import repository
from services.notifications.deliveries.backoff import pause
from services.notifications.deliveries.contacts import ContactsClient
from services.notifications.deliveries.outside import outgoing
from services.notifications.deliveries.repository import Claim
from services.notifications.senders.base import Sender, SendFailed
from shared import clock, logging
from shared.contracts.messages import Channel, Contact, DeliveryState
from shared.database import system_transaction
from shared.problems import Problem

BATCH = 40
AT_ONCE = 4
LEASE = timedelta(minutes=5)
IDLE_SECONDS = 1.0
_LATEST_START = LEASE.total_seconds() / 2
log = logging.logger()


@dataclass(frozen=True)
class Post:
    """Everything that one round needs."""

    engine: AsyncEngine
    contacts: ContactsClient
    sender: Sender
    console_url: str
    per_day: int
    max_attempts: int


@dataclass
class Round:
    """One batch on its way."""

    post: Post
    links: Mapping[UUID, str | None]
    contacts: Mapping[UUID, Contact]
    away: str | None = None
    """Code of the first refusal that concerns every message; spares the others the attempt."""
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    begun: float = field(default_factory=lambda: asyncio.get_running_loop().time())

    async def deliver(self, one: Claim) -> None:
        async with self.slots:
            if asyncio.get_running_loop().time() - self.begun > _LATEST_START:
                return
            contact = self.contacts.get(one.account_id)
            if self.away is None and (contact is None or not contact.email):
                await self._mark(one, DeliveryState.SUPPRESSED, "no-address")
                return
            try:
                await self._send(one, contact)
            except SendFailed as failed:
                await self._failed(one, failed)
            except Exception as error:
                log.error("send", exc_info=error)
                await self._failed(one, SendFailed("internal"))
            else:
                await self._mark(one, DeliveryState.SENT, None)

    async def _send(self, one: Claim, contact: Contact | None) -> None:
        if self.away or contact is None or not contact.email:
            raise SendFailed(self.away or "no-address")
        link = self.links.get(one.message_id)
        text = outgoing(one.id, contact.email, self.post.console_url, link)
        await self.post.sender.send(text)

    async def _failed(self, one: Claim, failed: SendFailed) -> None:
        if failed.code.endswith("-away"):
            self.away = failed.code
        final = failed.permanent or one.attempts >= self.post.max_attempts
        state = DeliveryState.FAILED if final else DeliveryState.PENDING
        await self._mark(one, state, failed.code)

    async def _mark(self, one: Claim, state: DeliveryState, code: str | None) -> None:
        again = clock.now() + pause(one.attempts) if state is DeliveryState.PENDING else None
        async with system_transaction(self.post.engine) as session:
            await repository.mark(session, one, state, code=code, again_at=again)


async def deliver_once(post: Post) -> int:
    """One round; the number of deliveries that it took on."""
    claims, links = await _claim(post)
    if not claims:
        return 0
    contacts, away = await _contacts(post, claims)
    turn = Round(post, links, contacts, away)
    done = await asyncio.gather(*map(turn.deliver, claims), return_exceptions=True)
    for result in done:
        if isinstance(result, BaseException):
            log.error("delivery", exc_info=result)
    return len(claims)


async def _claim(post: Post) -> tuple[list[Claim], dict[UUID, str | None]]:
    now, channel = clock.now(), Channel.EMAIL
    async with system_transaction(post.engine) as session:
        await repository.close_obsolete(session, now, limit=BATCH * 10)
        claims = await repository.claim(session, channel, now, lease=LEASE, limit=BATCH)
        if not claims:
            return [], {}
        allowed = await repository.within_cap(
            session, claims, clock.today(), channel=channel, cap=post.per_day
        )
        for one in claims:
            if one.id not in allowed:
                await repository.mark(session, one, DeliveryState.SUPPRESSED, code="daily-cap")
        claims = [one for one in claims if one.id in allowed]
        return claims, await repository.links(session, [one.message_id for one in claims])


async def _contacts(
    post: Post, claims: Sequence[Claim]
) -> tuple[Mapping[UUID, Contact], str | None]:
    try:
        return await post.contacts.of(sorted({one.account_id for one in claims})), None
    except Problem as error:
        log.warning("contacts", code=error.code)
        return {}, "contacts-away"


async def deliverer(app: FastAPI) -> None:
    """Background loop over `app.state.post`."""
    post: Post = app.state.post
    while True:
        try:
            taken = await deliver_once(post)
            if not taken:
                await _tidy(post)
        except Exception as error:
            log.warning("delivery-round", exc_info=error)
            taken = 0
        if taken < BATCH:
            await asyncio.sleep(IDLE_SECONDS)


async def _tidy(post: Post) -> None:
    async with system_transaction(post.engine) as session:
        await repository.forget_counts(session, clock.today() - timedelta(days=2))
