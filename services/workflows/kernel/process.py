"""What a process file declares, so that the API, the worker and a portal know it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from pydantic import BaseModel

from services.workflows.kernel.case import Case
from services.workflows.kernel.words import STEP
from shared.access import Access, Role
from shared.contracts.cases import Party
from shared.contracts.register import MemberFacts, OrganisationFacts


class Register(Protocol):
    """What a preparation may ask of the register."""

    async def member_facts(self, member_id: UUID) -> MemberFacts: ...

    async def organisation_facts(self, org_id: UUID) -> OrganisationFacts: ...

    async def common_superior(self, one: UUID, other: UUID) -> OrganisationFacts | None: ...


@dataclass(frozen=True)
class Prepared:
    """What a process needs to begin, and what the case list shows of it."""

    label: str
    """Names the subject for people; stays out of workflow history."""
    subjects: tuple[UUID, ...]
    parties: tuple[Party, ...]
    org_id: UUID
    """The organisation that the case is filed at."""
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])
    person_ids: tuple[UUID, ...] = ()
    """Persons whom the case is about: they may follow it."""


@dataclass(frozen=True)
class Answer:
    """A decision as it is about to be recorded."""

    task_key: str
    choice: str
    form: dict[str, Any]
    request: Mapping[str, Any]
    facts: Mapping[str, Any]
    """Facts of the case's start."""
    known: Mapping[str, str]
    """Ids and serials that the case has noted since."""


Prepare = Callable[[Register, Any, Access], Awaitable[Prepared]]
Examine = Callable[[Register, Answer], Awaitable[None]]


async def nothing_to_examine(register: Register, answer: Answer) -> None:
    """Most decisions are examined by their form alone."""


@dataclass(frozen=True)
class Process:
    """One procedure of the office."""

    title: str
    articles: tuple[str, ...]
    workflow: type[Case]
    opens_with: type[BaseModel]
    prepare: Prepare
    starters: frozenset[Role]
    rules: str
    """Prefix of the rulebook entries that its cases carry."""
    examine: Examine = nothing_to_examine
    """Rules of a decision that need the register; raises a Problem."""
    outcomes: Mapping[str, str] = field(default_factory=dict[str, str])
    """Outcome → 中文."""

    @property
    def forms(self) -> dict[str, type[BaseModel]]:
        """Forms of its tasks, by name."""
        kinds = self.workflow.TASKS.values()
        return {kind.form.__name__: kind.form for kind in kinds if kind.form}

    def steps(self) -> list[tuple[str, str]]:
        """(article, title) of every step, in the order of the file."""
        marked = (getattr(member, STEP, None) for member in vars(self.workflow).values())
        return [found for found in marked if found]
