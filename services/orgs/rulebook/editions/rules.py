"""What an edition of the rulebook must look like, and what a local setting may change."""

import hashlib
import re
import tomllib
from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from fractions import Fraction

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from shared.calendar import Unit
from shared.contracts.register import RuleValue
from shared.problems import Conflict, Invalid
from shared.validation import as_problem

KEY = r"^[a-z][a-z_]*(\.[a-z][a-z_]*)+$"
NUMBERS = frozenset({*Unit, "count", "hour", "percent"})
UNITS = frozenset({*NUMBERS, "fraction", "flag"})


class Mark(StrEnum):
    """How sure we are of a value; only `verified` binds everywhere."""

    VERIFIED = "verified"
    UNVERIFIED = "unverified"
    LOCAL = "local"
    DISPUTED = "disputed"


class Entry(BaseModel):
    """One number of a regulation with its source."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str = Field(pattern=KEY, max_length=80)
    value: str = Field(max_length=20)
    unit: str
    basis: str = Field(min_length=1, max_length=200)
    verified: Mark
    note: str = Field(default="", max_length=200)
    at_least: str | None = None
    at_most: str | None = None

    @model_validator(mode="after")
    def _is_readable(self) -> "Entry":
        number = amount(self.value, self.unit)
        if not _within(number, self.unit, self.at_least, self.at_most):
            raise ValueError(f"{self.key} lies outside its own bounds")
        return self


class Edition(BaseModel):
    """An immutable numbered set of entries; `digest` is that of the file it came from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int = Field(ge=1)
    since: date
    note: str
    digest: str
    entries: tuple[Entry, ...]


def parse(content: bytes) -> Edition:
    """Read an edition file. Errors: 422 when it is no TOML or an entry is malformed."""
    try:
        tables = tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Invalid("edition-unreadable", "规则库文件不是有效的 TOML，请检查格式。") from error
    head = tables.pop("edition", {})
    try:
        return Edition(
            number=head.get("number"),
            since=head.get("from"),
            note=head.get("note", ""),
            digest=hashlib.sha256(content).hexdigest(),
            entries=tuple(Entry(key=key, **fields) for key, fields in sorted(tables.items())),
        )
    except ValidationError as error:
        raise as_problem(error.errors()) from error


def amount(value: str, unit: str) -> Fraction:
    """The value as a number (flags are 0 or 1). Error: 422 rule-value."""
    patterns = {"flag": r"true|false", "fraction": r"[1-9][0-9]{0,3}/[1-9][0-9]{0,3}"}
    if unit not in UNITS or not re.fullmatch(patterns.get(unit, r"[0-9]{1,6}"), value):
        raise Invalid(
            "rule-value",
            "规则的值与单位不符：天数、月数填整数，比例填 4/5，是否填 true 或 false。",
            field="value",
        )  # fmt: skip
    number = Fraction(int(value == "true")) if unit == "flag" else Fraction(value)
    if unit == "fraction" and number > 1:
        raise Invalid("rule-value", "比例不能大于 1，请核对。", field="value")
    return number


def must_be_same(edition: Edition, loaded_digest: str) -> None:
    """An edition never changes: cases that started under it finish on it."""
    if edition.digest != loaded_digest:
        raise Conflict("edition-changed", "该版规则库已经生效，不能修改；请另编新的一版。")


def may_override(entry: Entry, value: str) -> None:
    """National verified rules bind everywhere; others may be set within their bounds."""
    if entry.verified is Mark.VERIFIED:
        raise Conflict(
            "rule-national", "这是全国统一的规定，不能在本地修改。", field="key", basis=entry.basis
        )
    if not _within(amount(value, entry.unit), entry.unit, entry.at_least, entry.at_most):
        raise Invalid(
            "rule-bounds", f"超出允许的范围（{_range(entry)}），请重新填写。",
            field="value", basis=entry.basis,
        )  # fmt: skip


def resolve(
    entries: Sequence[Entry], overrides: Sequence[tuple[str, RuleValue]]
) -> list[RuleValue]:
    """Each entry as it applies: the override on the longest path (nearest ancestor) wins."""
    nearest = {value.key: value for _, value in sorted(overrides, key=lambda pair: len(pair[0]))}
    return [nearest.get(entry.key) or national(entry) for entry in entries]


def national(entry: Entry) -> RuleValue:
    return RuleValue(
        key=entry.key,
        value=entry.value,
        unit=entry.unit,
        basis=entry.basis,
        verified=entry.verified.value,
    )


def _within(number: Fraction, unit: str, at_least: str | None, at_most: str | None) -> bool:
    low = amount(at_least, unit) if at_least else number
    high = amount(at_most, unit) if at_most else number
    return low <= number <= high


def _range(entry: Entry) -> str:
    low = f"不少于 {entry.at_least}" if entry.at_least else ""
    high = f"不多于 {entry.at_most}" if entry.at_most else ""
    return "，".join(part for part in (low, high) if part)
