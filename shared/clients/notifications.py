"""Typed client of notifications."""

from collections.abc import Sequence

from shared.clients.http import Client
from shared.contracts.messages import Message, MessageBatch, MessagesStored, Refusal

BATCH = 1000


class NotificationsClient(Client):
    async def send(self, messages: Sequence[Message]) -> MessagesStored:
        """Store messages; safe to repeat, because each carries its own dedupe_key.

        A message with a wrong variable comes back in `refused`, and sending it again is no use.
        Errors: Unavailable when notifications is away or its copy of the register is stale.
        """
        stored, duplicates, vacant, refused = 0, 0, list[str](), list[Refusal]()
        for first in range(0, len(messages), BATCH):
            batch = MessageBatch(messages=list(messages[first : first + BATCH]))
            answer = await self._model(MessagesStored, "POST", "/v1/messages", body=batch)
            stored += answer.stored
            duplicates += answer.duplicates
            vacant += answer.without_recipient
            refused += answer.refused
        return MessagesStored(
            stored=stored, duplicates=duplicates, without_recipient=vacant, refused=refused
        )
