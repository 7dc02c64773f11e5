"""Finds the organisation that a cell names, among those within reach and those of the file."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from services.orgs.exchange.imports.checks.plans import OUTSIDE, Office
from services.orgs.exchange.imports.rows import Row
from services.orgs.register.organisations.rules import Place
from shared.contracts.register import OrganisationKind, OrganisationState
from shared.validation import RuleBroken


@dataclass(frozen=True)
class Founded:
    """An organisation that the same workbook creates; found by its code when applied."""

    code: str
    kind: OrganisationKind


Named = Mapping[str, Any] | Founded


class Directory:
    """Organisations by code and by full name."""

    def __init__(self, office: Office, known: Iterable[Mapping[str, Any]]) -> None:
        self.office = office
        self.by_code: dict[str, Mapping[str, Any]] = {}
        self._by_name: dict[str, list[Mapping[str, Any]]] = {}
        self._founded: dict[str, Founded] = {}
        self._founded_names: dict[str, list[Founded]] = {}
        for row in known:
            self.by_code[row["code"]] = row
            self._by_name.setdefault(row["name"], []).append(row)

    def found(self, row: Row) -> None:
        """A row of the workbook that creates an organisation and has no error so far."""
        founded = Founded(row.values["code"], OrganisationKind(row.values["kind"]))
        self._founded[founded.code] = founded
        self._founded_names.setdefault(row.values["name"], []).append(founded)

    def keep_founded(self, codes: Container[str]) -> None:
        """Forget what the workbook wanted to create but may not."""
        self._founded = {c: one for c, one in self._founded.items() if c in codes}
        for name, found in self._founded_names.items():
            self._founded_names[name] = [one for one in found if one.code in codes]

    def named(self, text: str) -> Named:
        """By code, else by full name. Error: RuleBroken organisation-unknown, -ambiguous,
        outside-reach."""
        exact = self.by_code.get(text) or self._founded.get(text)
        if exact is not None:
            return self._reached(exact)
        candidates: list[Named] = [*self._by_name.get(text, ()), *self._founded_names.get(text, ())]
        within = [one for one in candidates if self._within(one)]
        if len(within) > 1:
            raise RuleBroken("organisation-ambiguous", "有几个同名的党组织，请改填党组织编码。")
        if not candidates:
            raise RuleBroken("organisation-unknown", "没有这个党组织，请核对编码或全称。")
        return self._reached((within or candidates)[0])

    def _within(self, one: Named) -> bool:
        return isinstance(one, Founded) or self.office.reaches(one["path"])

    def _reached(self, one: Named) -> Named:
        if not self._within(one):
            raise RuleBroken(*OUTSIDE)
        return one


def place(row: Mapping[str, Any]) -> Place:
    return Place(
        id=row["id"],
        path=row["path"],
        name=row["name"],
        kind=OrganisationKind(row["kind"]),
        state=OrganisationState(row["state"]),
        external=row["external"],
        approves_members=row["approves_members"],
    )


def must_work(one: Named) -> None:
    """Nothing new belongs to an organisation that ends."""
    if not isinstance(one, Founded) and one["state"] != OrganisationState.ACTIVE.value:
        raise RuleBroken("organisation-dissolving", "该党组织正在撤销或已撤销，请填接续的党组织。")
