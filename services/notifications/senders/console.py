"""A sender for installations without a mail server: logs a count, and nothing else."""

from services.notifications.senders.base import Outgoing
from shared import logging

log = logging.logger()


class ConsoleSender:
    def __init__(self) -> None:
        self._count = 0

    async def send(self, outgoing: Outgoing) -> None:  # noqa: ARG002 - none of it may be logged
        self._count += 1
        log.info("outside-message", count=self._count)

    async def close(self) -> None:
        """Nothing is open."""
