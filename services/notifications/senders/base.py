"""What a sender is: it takes one finished text to one address, or says why not."""

from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True)
class Outgoing:
    """A text on its way out of the suite; the address is never logged or stored."""

    delivery_id: UUID
    """The same at every attempt, so that a repeat can be recognised."""
    address: str = field(repr=False)
    subject: str
    body: str


class SendFailed(Exception):
    """`code` is stable and holds no address; `permanent` means that trying again is no use."""

    def __init__(self, code: str, *, permanent: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.permanent = permanent


class Sender(Protocol):
    async def send(self, outgoing: Outgoing) -> None:
        """Returns once the other side has taken it. Errors: SendFailed."""
        ...

    async def close(self) -> None: ...
