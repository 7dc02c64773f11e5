"""What leaves the suite: one text for every message, with a link that needs a login."""

import re
from uuid import UUID

from services.notifications.senders.base import Outgoing
from services.notifications.templates.catalogue import OUTSIDE

_NEUTRAL = re.compile(
    r"/(cases|tasks)/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
)


def outgoing(delivery_id: UUID, address: str, console_url: str, path: str | None) -> Outgoing:
    """Any page but a case or a task, named by its id, could tell what it is about: the inbox."""
    page = path if path and _NEUTRAL.fullmatch(path) else "/inbox"
    words = OUTSIDE.render({"link": console_url.rstrip("/") + page})
    return Outgoing(delivery_id, address, subject=words.title, body=words.body)
