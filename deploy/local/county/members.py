"""The county's members, who holds which post, and when each committee's term ends."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from deploy.local.county import naming
from deploy.local.county.chance import Chance
from deploy.local.county.size import Size
from deploy.local.county.tree import Branch, Tree
from services.orgs.register.bulk import (
    LoadedMember,
    LoadedOrganisation,
    LoadedPerson,
    LoadedPost,
    LoadedTerm,
)
from services.orgs.register.people import sealing
from services.orgs.register.people.rules import DEMONSTRATION_PHONE, demonstration_id_number
from services.orgs.register.people.sealing import Checks, Typed
from shared.contracts.posts import PostKind
from shared.contracts.register import OrganisationKind, Standing

FEWEST = 5
"""A branch needs three full members (BR18 Art. 4); two more may be probationary or away."""
COMMITTEE_FROM = 7
"""Full members from which a branch has a committee (BR18)."""
PROBATIONARY_SHARE, DISCIPLINE_SHARE = 0.02, 0.001
_COMMITTEE = (
    PostKind.SECRETARY, PostKind.ORGANISATION_COMMISSIONER, PostKind.PUBLICITY_COMMISSIONER,
)  # fmt: skip


@dataclass
class Roster:
    """Members by branch, and everything that hangs on them."""

    people: list[LoadedPerson] = field(default_factory=list[LoadedPerson])
    members: list[LoadedMember] = field(default_factory=list[LoadedMember])
    terms: list[LoadedTerm] = field(default_factory=list[LoadedTerm])
    posts: list[LoadedPost] = field(default_factory=list[LoadedPost])
    of_branch: dict[UUID, list[LoadedMember]] = field(
        default_factory=dict[UUID, list[LoadedMember]]
    )
    names: dict[UUID, str] = field(default_factory=dict[UUID, str])
    """By person."""


class Enrolment:
    def __init__(self, chance: Chance, size: Size, today: date) -> None:
        self.chance = chance
        self.size = size
        self.today = today
        self.checks = Checks(today=today, demo=True)
        self.roster = Roster()

    def enrol(self, tree: Tree) -> Roster:
        counts = spread([branch.weight for branch in tree.branches], self.size.members)
        for branch, count in zip(tree.branches, counts, strict=True):
            found = [self.member(branch, place) for place in range(count)]
            self.roster.of_branch[branch.org.id] = found
            self.posts(branch, found)
        for organisation in tree.organisations:
            if organisation.kind in (OrganisationKind.COMMITTEE, OrganisationKind.GENERAL_BRANCH):
                self.term(organisation, years=5 if organisation.approves_members else 3)
        return self.roster

    def member(self, branch: Branch, place: int) -> LoadedMember:
        """The first five of a branch are full members, so that it may exist."""
        chance, number = self.chance, len(self.roster.people)
        born = date(chance.number(1942, 2002), chance.number(1, 12), chance.number(1, 28))
        typed = Typed(
            name=naming.person(chance), id_number=demonstration_id_number(born, number),
            phone=f"{DEMONSTRATION_PHONE}{number:08d}",
            email=f"m{number:05d}@example.org" if place == 0 else None,
        )  # fmt: skip
        person = LoadedPerson(sealing.checked(typed, self.checks), branch.org.id, chance.id())
        self.roster.people.append(person)
        self.roster.names[person.id] = person.typed.name
        probationary = place >= FEWEST and chance.happens(PROBATIONARY_SHARE)
        made = self.probationer(person, branch) if probationary else self.full(person, branch, born)
        self.roster.members.append(made)
        return made

    def full(self, person: LoadedPerson, branch: Branch, born: date) -> LoadedMember:
        latest = self.today - timedelta(days=800)
        grown = date(born.year + 20, born.month, born.day)
        joined = min(grown + timedelta(days=self.chance.number(0, 9000)), latest)
        since = joined + timedelta(days=self.chance.number(0, (latest - joined).days))
        return LoadedMember(
            person_id=person.id, org_id=branch.org.id, standing=Standing.FULL, joined_on=joined,
            full_on=joined + timedelta(days=366), since=since, dues_paid_to=self.dues(),
            open_discipline=self.chance.happens(DISCIPLINE_SHARE), id=self.chance.id(),
        )  # fmt: skip

    def probationer(self, person: LoadedPerson, branch: Branch) -> LoadedMember:
        joined = self.today - timedelta(days=self.chance.number(60, 340))
        return LoadedMember(
            person_id=person.id, org_id=branch.org.id, standing=Standing.PROBATIONARY,
            joined_on=joined, since=joined, dues_paid_to=self.dues(),
            probation_ends_on=joined + timedelta(days=365), id=self.chance.id(),
        )  # fmt: skip

    def dues(self) -> date:
        first = self.today.replace(day=1)
        return first if self.chance.happens(0.9) else (first - timedelta(days=1)).replace(day=1)

    def posts(self, branch: Branch, members: list[LoadedMember]) -> None:
        """The first of a branch are its secretary and committee."""
        term = self.term(branch.org, years=5 if branch.village else 3)
        kinds = _COMMITTEE if len(members) >= COMMITTEE_FROM else _COMMITTEE[:1]
        for member, kind in zip(members, kinds, strict=False):
            self.roster.posts.append(
                LoadedPost(
                    org_id=branch.org.id, person_id=member.person_id, post=kind,
                    held_from=max(term.term_from, member.since), term_id=term.id,
                    id=self.chance.id(),
                )
            )  # fmt: skip

    def term(self, organisation: LoadedOrganisation, *, years: int) -> LoadedTerm:
        """Somewhere in its course, so that every month some end (TM18: 5 and 3 years)."""
        ends = self.today + timedelta(days=self.chance.number(5, 365 * years - 30))
        term = LoadedTerm(
            org_id=organisation.id, term_from=ends - timedelta(days=365 * years),
            term_to=ends, id=self.chance.id(),
        )  # fmt: skip
        self.roster.terms.append(term)
        return term


def spread(weights: list[int], total: int) -> list[int]:
    """`total` by weight, at least the fewest each; the largest remainders get what is left."""
    free = total - FEWEST * len(weights)
    exact = [free * weight / sum(weights) for weight in weights]
    counts = [FEWEST + int(share) for share in exact]
    by_remainder = sorted(range(len(exact)), key=lambda n: int(exact[n]) - exact[n])
    for n in by_remainder[: total - sum(counts)]:
        counts[n] += 1
    return counts
