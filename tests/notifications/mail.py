"""A real SMTP server on a free port, and a register that knows addresses."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import Message
from uuid import UUID

import httpx
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy.ext.asyncio import AsyncEngine

from services.notifications.deliveries.contacts import ContactsClient
from services.notifications.deliveries.loop import Post
from services.notifications.senders.base import Sender
from services.notifications.senders.smtp import SmtpSender
from tests.notifications import world


class Mailbox:
    """What the server took; `replies` are given before it takes any."""

    def __init__(self) -> None:
        self.taken: list[Message] = []
        self.replies: list[str] = []
        self.connections = 0

    def ids(self) -> list[str]:
        return [str(one["Message-ID"]) for one in self.taken]

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.replies:
            return self.replies.pop()
        assert isinstance(envelope.content, bytes)
        self.taken.append(message_from_bytes(envelope.content))
        return "250 OK"

    def protocol(self) -> SMTP:
        self.connections += 1
        return SMTP(self)


@asynccontextmanager
async def mail_server(box: Mailbox, port: int = 0) -> AsyncGenerator[int]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(box.protocol, "127.0.0.1", port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


class Register:
    """Answers GET /v1/accounts/contacts; everyone has an address unless told otherwise."""

    def __init__(self) -> None:
        self.without: set[UUID] = set()
        self.away = False

    def client(self) -> ContactsClient:
        transport = httpx.MockTransport(self._answer)
        return ContactsClient(httpx.AsyncClient(transport=transport, base_url="http://orgs"))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if self.away:
            return httpx.Response(503, json={"code": "database-away", "detail": ""})
        ids = request.url.params.get_list("ids")
        items = [
            {"account_id": i, "email": None if UUID(i) in self.without else f"{i}@example.org"}
            for i in ids
        ]
        return httpx.Response(200, json={"items": items})


def smtp(port: int, *, tls: bool = False) -> SmtpSender:
    given = world.settings(
        "postgresql+asyncpg://x", smtp_host="127.0.0.1", smtp_port=port, smtp_tls=tls,
        smtp_from="dangjian@example.org",
    )  # fmt: skip
    return SmtpSender(given)


def post(
    on: AsyncEngine,
    sender: Sender,
    register: Register | None = None,
    *,
    per_day: int = 100,
    max_attempts: int = 5,
) -> Post:
    return Post(
        engine=on,
        contacts=(register or Register()).client(),
        sender=sender,
        console_url="http://console.example",
        per_day=per_day,
        max_attempts=max_attempts,
    )
