"""How a process ends its steps, and how it names them and the human tasks in them."""

import functools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Concatenate, ParamSpec, Protocol, TypeVar
from uuid import UUID

from pydantic import BaseModel

from shared.access import Role
from shared.contracts.cases import Verb

P = ParamSpec("P")
R = TypeVar("R")
STEP = "__step__"


class Stepping(Protocol):
    at_step: str


C = TypeVar("C", bound=Stepping)


class Ended(Exception):
    """The case ends here, with a named outcome."""

    def __init__(self, outcome: str) -> None:
        super().__init__(outcome)
        self.outcome = outcome


class Lapsed(Exception):
    """Nobody answered in time."""


class Refused(Exception):
    """The register refused an effect for a reason that the process has named."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Interrupted(Exception):
    """The case was withdrawn, or an event overtook it."""

    def __init__(self, kind: str, subject: UUID | None = None) -> None:
        super().__init__(kind)
        self.kind = kind
        self.subject = subject


@dataclass(frozen=True)
class TaskKind:
    """One human step of a process, as a row of its table."""

    title: str
    article: str
    side: str
    role: Role
    choices: tuple[str, ...]
    form: type[BaseModel] | None = None
    verb: Verb = Verb.APPROVE
    rule: str | None = None
    """Rulebook key of its period; it runs from the date given when it is asked."""
    lapses: bool = False
    optional: bool = False


def step(
    article: str, title: str
) -> Callable[
    [Callable[Concatenate[C, P], Awaitable[R]]], Callable[Concatenate[C, P], Awaitable[R]]
]:
    """Tie a method to the article it carries out."""

    def tie(
        method: Callable[Concatenate[C, P], Awaitable[R]],
    ) -> Callable[Concatenate[C, P], Awaitable[R]]:
        @functools.wraps(method)
        async def run(self: C, *args: P.args, **kwargs: P.kwargs) -> R:
            self.at_step = title
            return await method(self, *args, **kwargs)

        setattr(run, STEP, (article, title))
        return run

    return tie
