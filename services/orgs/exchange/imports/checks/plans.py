"""What will be done with a row, and what all checks share."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from services.orgs.exchange.imports.columns import Kind
from services.orgs.exchange.imports.rows import Row
from shared.problems import Problem
from shared.validation import RuleBroken


class Verdict(StrEnum):
    CREATE = "create"
    CORRECT = "correct"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True)
class Planned:
    """One row with its verdict; `values` are the columns to write, `object_id` the record."""

    row: Row
    verdict: Verdict
    object_id: UUID | None = None
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    existing: Mapping[str, Any] | None = None
    """The record as it was when checked."""

    @property
    def kind(self) -> Kind:
        return self.row.kind


@dataclass(frozen=True)
class Office:
    """Who imports: an organisation, and everything below it is within reach."""

    org_id: UUID
    path: str
    today: date
    demo: bool

    def reaches(self, path: str) -> bool:
        return path.startswith(self.path)


OUTSIDE = ("outside-reach", "该记录由其他党组织管理，不能导入，请与上级党组织联系。")


@contextmanager
def blaming(row: Row, field: str) -> Iterator[None]:
    """A rule broken inside is an error of that cell."""
    try:
        yield
    except RuleBroken as broken:
        row.refuse(field, broken.code, broken.detail)
    except Problem as problem:
        known = problem.field if problem.field in row.values else field
        row.refuse(known or field, problem.code, problem.detail)


def refuse_twice(row: Row, field: str, key: str, seen: dict[str, int]) -> None:
    """Two rows about the same record contradict each other or say nothing new."""
    first = seen.setdefault(key, row.number)
    if first != row.number:
        row.refuse(field, "row-twice", f"与第 {first} 行重复，请只保留一行。")


def concluded(
    row: Row,
    existing: Mapping[str, Any] | None,
    wanted: Mapping[str, Any],
    new: Callable[[], Mapping[str, Any]],
) -> Planned:
    """Refused, unchanged, a correction of the columns that differ, or a new record."""
    if row.is_bad:
        return Planned(row, Verdict.REFUSED)
    if existing is None:
        return Planned(row, Verdict.CREATE, None, {**wanted, **new()})
    differing = {name: value for name, value in wanted.items() if existing.get(name) != value}
    verdict = Verdict.CORRECT if differing else Verdict.UNCHANGED
    return Planned(row, verdict, existing["id"], differing, existing)
