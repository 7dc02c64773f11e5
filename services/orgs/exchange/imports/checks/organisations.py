"""Rows of organisations: a new one below a superior within reach, or a correction."""

from collections.abc import Mapping
from typing import Any

from services.orgs.exchange.imports.checks.directory import Directory, Founded, Named, place
from services.orgs.exchange.imports.checks.plans import (
    OUTSIDE,
    Planned,
    Verdict,
    blaming,
    concluded,
    refuse_twice,
)
from services.orgs.exchange.imports.rows import Row
from services.orgs.register.organisations.rules import check_founding, check_superior
from services.orgs.register.people.rules import check_phone
from shared.contracts.register import OrganisationKind
from shared.validation import RuleBroken

CORRECTED = ("name", "phone", "founded_on")
_BRANCHES = frozenset(
    {
        OrganisationKind.BRANCH,
        OrganisationKind.JOINT_BRANCH,
        OrganisationKind.TEMPORARY_BRANCH,
        OrganisationKind.FLOATING_BRANCH,
    }
)


def check(rows: list[Row], directory: Directory) -> list[Planned]:
    """Superiors come before what hangs on them, whatever the order in the sheet."""
    seen: dict[str, int] = {}
    for row in rows:
        if "code" in row.values:
            refuse_twice(row, "code", row.values["code"], seen)
    for row in rows:
        if not row.is_bad and row.values["code"] not in directory.by_code:
            directory.found(row)
    return superiors_first([_checked(row, directory) for row in rows])


def _checked(row: Row, directory: Directory) -> Planned:
    values = row.values
    with blaming(row, "phone"):
        if "phone" in values:
            values["phone"] = check_phone(values["phone"], demo=directory.office.demo)
    with blaming(row, "founded_on"):
        check_founding(values.get("founded_on"), directory.office.today)
    existing = directory.by_code.get(values.get("code", ""))
    if existing is not None and not directory.office.reaches(existing["path"]):
        row.refuse("code", *OUTSIDE)
        return Planned(row, Verdict.REFUSED)
    superior = _superior(row, directory)
    if existing is not None and superior is not None:
        _refuse_move(row, existing, superior)
    wanted = {name: values[name] for name in CORRECTED if name in values}
    return concluded(row, existing, wanted, lambda: _new(values, superior))


def _superior(row: Row, directory: Directory) -> Named | None:
    if "parent" not in row.values:
        return None
    with blaming(row, "parent"):
        superior = directory.named(row.values["parent"])
        if isinstance(superior, Founded):
            if superior.kind in _BRANCHES or superior.code == row.values.get("code"):
                raise RuleBroken("superior-is-branch", "党支部下不能再设党组织，请填上级党委。")
        elif row.values.get("code") not in directory.by_code:
            check_superior(place(superior))
        return superior
    return None


def _refuse_move(row: Row, existing: Mapping[str, Any], superior: Named) -> None:
    """隶属关系 changes as the effect of a case only."""
    if isinstance(superior, Founded) or superior["id"] != existing["parent_id"]:
        row.refuse("parent", "import-never-moves", "导入不改变隶属关系，请办理隶属关系调整。")
    if row.values.get("kind") not in (None, existing["kind"]):
        row.refuse("kind", "kind-differs", "导入不改变党组织类别，请办理组织调整。")


def _new(values: Mapping[str, Any], superior: Named | None) -> dict[str, Any]:
    return {
        "code": values["code"],
        "kind": values["kind"],
        "parent_code": superior.code if isinstance(superior, Founded) else None,
        "parent_id": None if isinstance(superior, Founded | None) else superior["id"],
    }


def superiors_first(plans: list[Planned]) -> list[Planned]:
    """Refuse what hangs on a refused row or on itself; the rest in an order that can be applied."""
    waiting = {p.values["code"]: p for p in plans if p.values.get("parent_code")}
    settled = [p for p in plans if not p.values.get("parent_code")]
    created = {p.values["code"] for p in settled if p.verdict is Verdict.CREATE}
    while ready := [c for c, p in waiting.items() if p.values["parent_code"] in created]:
        settled += [waiting.pop(code) for code in ready]
        created |= set(ready)
    for plan in waiting.values():
        plan.row.refuse("parent", "superior-refused", "上级党组织所在行有误，请先改正。")
        settled.append(Planned(plan.row, Verdict.REFUSED))
    return settled
