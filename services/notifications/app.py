"""Notifications as a web service."""

import base64
from contextlib import AsyncExitStack

import httpx
from fastapi import FastAPI

from services.notifications.deliveries.contacts import ContactsClient
from services.notifications.deliveries.loop import Post, deliverer
from services.notifications.inbox.hub import Hub, poller
from services.notifications.metadata import IDEMPOTENCY
from services.notifications.routes import PERMISSIONS, ROUTERS
from services.notifications.senders.base import Sender
from services.notifications.senders.console import ConsoleSender
from services.notifications.senders.smtp import SmtpSender
from services.notifications.settings import NotificationsSettings
from shared.audit import sealer
from shared.clients.tokens import ClientCredentials
from shared.copies.access import load_grants, ready_check
from shared.copies.follower import follower
from shared.service import Service, build


def create_app(settings: NotificationsSettings) -> FastAPI:
    audit_key = base64.b64decode(settings.audit_key.get_secret_value())

    async def prepare(app: FastAPI, stack: AsyncExitStack) -> None:
        app.state.orgs_http = await stack.enter_async_context(_orgs(settings, stack))
        sender = _sender(settings)
        stack.push_async_callback(sender.close)
        app.state.hub = Hub()
        app.state.ready_checks = (ready_check(app),)
        app.state.post = Post(
            engine=app.state.engine,
            contacts=ContactsClient(app.state.orgs_http),
            sender=sender,
            console_url=settings.console_url,
            per_day=settings.email_per_day,
            max_attempts=settings.max_attempts,
        )

    return build(
        Service(
            name="notifications",
            settings=settings,
            routers=ROUTERS,
            permissions=PERMISSIONS,
            load_grants=load_grants,
            idempotency_table=IDEMPOTENCY,
            background=(
                follower(),
                poller,
                deliverer,
                sealer(audit_key, settings.audit_anchor),
            ),
            prepare=prepare,
        )
    )


def _orgs(settings: NotificationsSettings, stack: AsyncExitStack) -> httpx.AsyncClient:
    """The register, asked with the service's own identity."""
    credentials = ClientCredentials(
        issuer=settings.issuer,
        client_id=settings.client_id,
        secret=settings.client_secret.get_secret_value(),
    )
    stack.push_async_callback(credentials.close)
    return httpx.AsyncClient(base_url=settings.orgs_url, auth=credentials, timeout=10)


def _sender(settings: NotificationsSettings) -> Sender:
    return SmtpSender(settings) if settings.smtp_host else ConsoleSender()
