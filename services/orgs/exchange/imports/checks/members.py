"""Rows of members: found by their identity number; an import never moves anybody."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from services.orgs.exchange.imports.checks.directory import Directory, Founded, Named, place
from services.orgs.exchange.imports.checks.enterprises import keeping
from services.orgs.exchange.imports.checks.plans import (
    OUTSIDE,
    Planned,
    blaming,
    concluded,
    refuse_twice,
)
from services.orgs.exchange.imports.rows import Row
from services.orgs.register.members.rules import (
    Dates,
    check_open,
    check_takes_members,
    settled,
)
from services.orgs.register.people.rules import check_id_number, check_phone, clean_name
from shared.contracts.register import MemberState, OrganisationKind, Standing
from shared.validation import RuleBroken

DATES = ("joined_on", "full_on", "dues_paid_to")
Known = Mapping[str, Mapping[str, Any]]
"""Identity number → person, with the member's columns and whether a transfer is open."""


def normalise(rows: list[Row], *, today: date, demo: bool) -> None:
    """Before the register is asked: numbers and names in the form that it keeps them in."""
    seen: dict[str, int] = {}
    for row in rows:
        values = row.values
        with blaming(row, "id_number"):
            if "id_number" in values:
                number = check_id_number(values["id_number"], today=today, demo=demo)
                values["id_number"] = number
                refuse_twice(row, "id_number", number, seen)
        with blaming(row, "name"):
            if "name" in values:
                values["name"] = clean_name(values["name"])
        with blaming(row, "phone"):
            if "phone" in values:
                values["phone"] = check_phone(values["phone"], demo=demo)


def check(rows: list[Row], directory: Directory, known: Known) -> list[Planned]:
    return [_checked(row, directory, known) for row in rows]


def _checked(row: Row, directory: Directory, known: Known) -> Planned:
    branch = _branch(row, directory)
    person = known.get(row.values.get("id_number", ""))
    member = person if person and person["member_id"] else None
    if person is not None:
        _check_person(row, person, directory)
    if member is not None:
        _check_member(row, member, branch)
    dates = _settled(row, member, directory.office.today)
    wanted = {name: dates[name] for name in DATES if name in row.values and dates}
    wanted |= {"phone": row.values["phone"]} if "phone" in row.values else {}
    existing = {**member, "id": member["member_id"]} if member is not None else None
    return concluded(row, existing, wanted, lambda: _new(row, branch, person, dates))


def _branch(row: Row, directory: Directory) -> Named | None:
    """The organisation of the row, if a membership can be kept there."""
    if "organisation" not in row.values:
        return None
    with blaming(row, "organisation"):
        branch = directory.named(row.values["organisation"])
        if not isinstance(branch, Founded):
            check_open(place(branch), "organisation")
            check_takes_members(place(branch), "organisation")
        elif branch.kind is OrganisationKind.TEMPORARY_BRANCH:
            raise RuleBroken("temporary-branch", "临时党支部不转接组织关系，请填正式党支部。")
        return branch
    return None


def _settled(row: Row, member: Mapping[str, Any] | None, today: date) -> dict[str, Any]:
    """The dates as the register would keep them; what the row leaves blank stays as it was."""
    given: dict[str, Any] = {
        name: row.values.get(name, member[name] if member else None)
        for name in (*DATES, "probation_ends_on", "standing")
    }
    if given["joined_on"] is None or given["standing"] is None:
        return {}
    given["standing"] = Standing(given["standing"])
    with blaming(row, "joined_on"):
        return vars(settled(Dates(**given), today))
    return {}


def _check_person(row: Row, person: Mapping[str, Any], directory: Directory) -> None:
    if not directory.office.reaches(person["path"]):
        row.refuse("id_number", *OUTSIDE)
    elif person["name"] != row.values.get("name", person["name"]):
        row.refuse(
            "id_number",
            "name-differs",
            "该身份证号登记的是另一个姓名，请核对号码；确已更名的，请在党员信息中更正。",
        )


def _check_member(row: Row, member: Mapping[str, Any], branch: Named | None) -> None:
    if member["transit_open"]:
        row.refuse("id_number", "in-transit", "该党员正在转接组织关系，请在办结后再导入。")
    elif member["state"] != MemberState.ACTIVE.value:
        row.refuse("id_number", "member-not-active", "该人员已不是在册党员，请核对。")
    if isinstance(branch, Founded) or (branch is not None and branch["id"] != member["org_id"]):
        row.refuse("organisation", "import-never-moves", "导入不转移党员，请办理组织关系转接。")
    if row.values.get("standing") not in (None, member["standing"]):
        row.refuse("standing", "standing-by-case", "导入不改变人员类别，请办理转正。")


def _new(
    row: Row, branch: Named | None, person: Mapping[str, Any] | None, dates: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        **(keeping(branch) if branch is not None else {}),
        "name": row.values["name"],
        "id_number": row.values["id_number"],
        "standing": row.values["standing"],
        "probation_ends_on": dates["probation_ends_on"],
        "person_id": person["id"] if person else None,
    }
