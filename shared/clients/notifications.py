"""Typed client of notifications."""

from collections.abc import Sequence

from shared.clients.http import Client
from shared.contracts.messages import Message, MessageBatch, MessagesStored

BATCH = 1000


class NotificationsClient(Client):
    async def send(self, messages: Sequence[Message]) -> MessagesStored:
        """Store messages; safe to repeat, because each carries its own dedupe_key.

        Errors: Unavailable when notifications is away or its copy of the register is stale,
        Invalid when a variable is missing or not declared by the template.
        """
        stored, duplicates, vacant = 0, 0, list[str]()
        for first in range(0, len(messages), BATCH):
            batch = MessageBatch(messages=list(messages[first : first + BATCH]))
            answer = await self._model(MessagesStored, "POST", "/v1/messages", body=batch)
            stored += answer.stored
            duplicates += answer.duplicates
            vacant += answer.without_recipient
        return MessagesStored(stored=stored, duplicates=duplicates, without_recipient=vacant)
