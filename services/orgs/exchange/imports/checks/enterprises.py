"""Rows of enterprises: found by their credit code, kept by an organisation within reach."""

from collections.abc import Mapping
from typing import Any

from services.orgs.exchange.imports.checks.directory import Directory, Founded, must_work
from services.orgs.exchange.imports.checks.plans import (
    OUTSIDE,
    Planned,
    blaming,
    concluded,
    refuse_twice,
)
from services.orgs.exchange.imports.rows import Row
from services.orgs.register.enterprises.rules import check_credit_code, check_dates
from shared.contracts.enterprises import OperatingStatus

PLAIN = (
    "name",
    "staff_count",
    "above_scale",
    "operating_status",
    "status_on",
    "park",
    "market",
    "building",
    "union_since",
    "league_since",
)
Known = Mapping[str, Mapping[str, Any]]
"""Credit code → the enterprise as the register has it."""


def normalise(rows: list[Row], *, demo: bool) -> None:
    """Before the register is asked: codes in the form that it keeps them in."""
    seen: dict[str, int] = {}
    for row in rows:
        with blaming(row, "credit_code"):
            if "credit_code" in row.values:
                code = check_credit_code(row.values["credit_code"], demo=demo)
                row.values["credit_code"] = code
                refuse_twice(row, "credit_code", code, seen)


def check(rows: list[Row], directory: Directory, known: Known) -> list[Planned]:
    return [_checked(row, directory, known) for row in rows]


def _checked(row: Row, directory: Directory, known: Known) -> Planned:
    values, today = row.values, directory.office.today
    existing = known.get(values.get("credit_code", ""))
    if existing is not None and not directory.office.reaches(existing["org_path"]):
        row.refuse("credit_code", *OUTSIDE)
    with blaming(row, "status_on"):
        check_dates(values.get("status_on", today), today)
    for name in ("union_since", "league_since"):
        with blaming(row, name):
            check_dates(values.get(name, today), today)
    wanted = {name: values[name] for name in PLAIN if name in values}
    with blaming(row, "organisation"):
        if "organisation" in values:
            keeper = directory.named(values["organisation"])
            must_work(keeper)
            wanted |= keeping(keeper)
    return concluded(row, existing, wanted, lambda: _new(values, today))


def keeping(keeper: Mapping[str, Any] | Founded) -> dict[str, Any]:
    """Its organisation; one that the workbook founds is known by its code until then."""
    if isinstance(keeper, Founded):
        return {"org_id": None, "org_code": keeper.code}
    return {"org_id": keeper["id"]}


def _new(values: Mapping[str, Any], today: Any) -> dict[str, Any]:
    return {
        "credit_code": values["credit_code"],
        "staff_count": values.get("staff_count", 0),
        "above_scale": values.get("above_scale", False),
        "operating_status": values.get("operating_status", OperatingStatus.OPERATING.value),
        "status_on": values.get("status_on", today),
    }
