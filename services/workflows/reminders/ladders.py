"""Reminder ladders: data over a named source, never SQL in a table.

The days of the general ladder are settings of this suite (no regulation fixes them); those of a
letter come from the rulebook values that its case carries.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from shared.contracts.messages import Template


@dataclass(frozen=True)
class Rung:
    """One reminder: `name` makes it unique for its date, `on` is the day from which it is due."""

    name: str
    on: date
    template: Template
    escalates: bool = False


@dataclass(frozen=True)
class Ladder:
    """Days relative to the due date."""

    before: tuple[int, ...]
    after: tuple[int, ...]
    escalate_after: int
    soon: Template = Template.TASK_DUE_SOON
    overdue: Template = Template.TASK_OVERDUE


TASKS = Ladder(before=(7, 3, 1), after=(1, 7, 30), escalate_after=7)
RECEIPTS = Ladder(before=(7,), after=(1, 7, 30), escalate_after=7, overdue=Template.RECEIPT_OVERDUE)
TERM_BEFORE_DAYS = (183, 92, 31)
HORIZON_DAYS = 50
"""No rung stands earlier before its date than this."""


def rungs(ladder: Ladder, due_on: date) -> list[Rung]:
    found = [Rung(f"-{n}", due_on - timedelta(days=n), ladder.soon) for n in ladder.before]
    found += [Rung(f"+{n}", due_on + timedelta(days=n), ladder.overdue) for n in ladder.after]
    escalation = due_on + timedelta(days=ladder.escalate_after)
    found.append(Rung("up", escalation, Template.TASK_ESCALATED, escalates=True))
    return found


def letter_rungs(due_on: date, since: date, rules: Mapping[str, Any]) -> list[Rung]:
    """Half-way, then the days before expiry that the case's own rulebook edition names."""
    fraction = Fraction(_value(rules, "transfer.letter.reminder_fraction", "1/2"))
    days = (due_on - since).days
    half = since + timedelta(days=int(days * fraction))
    found = [Rung("half", half, Template.LETTER_EXPIRING)]
    for key, fallback in (
        ("transfer.letter.remind_before_first", "7"),
        ("transfer.letter.remind_before_last", "1"),
    ):
        n = int(_value(rules, key, fallback))
        found.append(Rung(f"-{n}", due_on - timedelta(days=n), Template.LETTER_EXPIRING))
    return found


def _value(rules: Mapping[str, Any], key: str, fallback: str) -> str:
    rule: Mapping[str, Any] = rules.get(key, {})
    return str(rule.get("value", fallback))


def reached(ladder: list[Rung], today: date) -> list[Rung]:
    """The latest reminder whose day has come, and the escalation if its day has come."""
    passed = [rung for rung in ladder if rung.on <= today]
    told = [rung for rung in passed if not rung.escalates]
    last = max(told, key=lambda rung: rung.on, default=None)
    return ([last] if last else []) + [rung for rung in passed if rung.escalates]
