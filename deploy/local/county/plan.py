"""One whole county in memory, the same for the same seed, division, size and day."""

from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from deploy.local.county import places as geography
from deploy.local.county import staff as people_at_work
from deploy.local.county.chance import SEED, Chance
from deploy.local.county.firms import Firms
from deploy.local.county.members import Enrolment, Roster
from deploy.local.county.places import Places
from deploy.local.county.size import FULL, Size
from deploy.local.county.staff import Staff
from deploy.local.county.tree import FOUNDED, Grower, Tree
from services.orgs.register.bulk import LoadedEnterprise, LoadedOrganisation
from shared.contracts.register import OrganisationKind

MAIL = "example.org"


@dataclass(frozen=True)
class County:
    places: Places
    tree: Tree
    directory: tuple[LoadedOrganisation, ...]
    """Committees elsewhere that the register knows by name only."""
    enterprises: tuple[LoadedEnterprise, ...]
    roster: Roster
    staff: Staff
    emails: dict[UUID, str]
    """Of accounts; every message goes to the demonstration's own mail server."""


def make(code: str, today: date, *, size: Size = FULL, seed: int = SEED) -> County:
    chance, places = Chance(seed), geography.read(code)
    firms = Firms(chance, places, size, today)
    tree = Grower(chance, places, size, firms).grow()
    keepers = [org for org in tree.approving.values() if org.division_code]
    enterprises = firms.fill(keepers)
    roster = Enrolment(chance, size, today).enrol(tree)
    staff = people_at_work.appoint(tree, roster)
    emails = {a.id: f"{a.login}@{MAIL}" for a in staff.accounts if a.person_id}
    _reachable(roster, staff, emails)
    directory = _directory(chance, places, size.external)
    return County(places, tree, tuple(directory), tuple(enterprises), roster, staff, emails)


def _reachable(roster: Roster, staff: Staff, emails: dict[UUID, str]) -> None:
    """Whoever has an account has an address; it is kept with the person."""
    of = {a.person_id: emails[a.id] for a in staff.accounts if a.person_id}
    for n, person in enumerate(roster.people):
        if person.id in of:
            roster.people[n] = replace(person, typed=replace(person.typed, email=of[person.id]))


def _directory(chance: Chance, places: Places, count: int) -> list[LoadedOrganisation]:
    return [
        LoadedOrganisation(
            code=f"W{code}", name=f"中共{name}示例街道工作委员会",
            kind=OrganisationKind.WORK_COMMITTEE, parent_id=None, since=FOUNDED,
            approves_members=True, external=True, phone=f"1008{number:07d}", id=chance.id(),
        )
        for number, (code, name) in enumerate(chance.some(places.elsewhere, count))
    ]  # fmt: skip
