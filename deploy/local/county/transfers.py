"""Which transfers are open in the county, how far each has come, and since when."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from deploy.local.county.chance import SEED, Chance
from deploy.local.county.plan import County
from deploy.local.county.staff import Office
from services.orgs.register.bulk import LoadedMember
from shared.contracts.transfers import Ground, Mode

POST_HOLDERS = 8
"""The first members of a branch hold posts and accounts: they stay."""


class Stage(StrEnum):
    """What a transfer waits for."""

    BRANCH = "branch"
    SENDING = "sending"
    TRAVEL = "travel"
    ASSIGNMENT = "assignment"
    RECEIPT = "receipt"


@dataclass(frozen=True)
class Kind:
    """Some transfers alike; `days_ago` is when they were applied for."""

    stage: Stage
    of_300: int
    days_ago: tuple[int, int]
    elsewhere: bool = False
    overdue: bool = False


# The periods (rulebook edition 1): branch check 5 working days, branch assignment 5 working
# days, receipt one month, a letter 30 days in the city and 90 elsewhere.
KINDS = (
    Kind(Stage.BRANCH, 104, (0, 4)),
    Kind(Stage.BRANCH, 18, (13, 28), overdue=True),
    Kind(Stage.SENDING, 60, (4, 12)),
    Kind(Stage.TRAVEL, 70, (8, 26)),
    Kind(Stage.TRAVEL, 14, (10, 60), elsewhere=True),
    Kind(Stage.ASSIGNMENT, 9, (5, 6)),
    Kind(Stage.ASSIGNMENT, 6, (24, 27), overdue=True),
    Kind(Stage.RECEIPT, 13, (10, 24)),
    Kind(Stage.RECEIPT, 6, (62, 75), elsewhere=True, overdue=True),
)


@dataclass(frozen=True)
class Transfer:
    """One planned case; each decision is dated a few days after the one before."""

    number: int
    kind: Kind
    member: LoadedMember
    sender: Office
    receiver: Office | None
    to_org_id: UUID
    applied_on: date
    ground: Ground

    @property
    def mode(self) -> Mode:
        return Mode.NATIONAL if self.kind.elsewhere else Mode.SUITE

    def after(self, days: int) -> date:
        return self.applied_on + timedelta(days=days)


def planned(county: County, count: int, today: date) -> list[Transfer]:
    """`count` transfers of members of whose branches the Party workers have the care."""
    chance = Chance(SEED + 1)
    movers = _movers(county, chance)
    kinds = [kind for kind in KINDS for _ in range(round(kind.of_300 * count / 300))]
    return [
        _transfer(chance, county, number, kind, next(movers), today)
        for number, kind in enumerate(kinds)
    ]


def _movers(county: County, chance: Chance) -> Iterator[tuple[Office, LoadedMember]]:
    """From each committee in turn, so that everybody has something in the inbox."""
    lists = [
        (office, chance.some(_candidates(county, office), 40)) for office in county.staff.offices
    ]
    for place in range(40):
        for office, members in lists:
            if place < len(members):
                yield office, members[place]


def _candidates(county: County, office: Office) -> list[LoadedMember]:
    return [
        member
        for branch in office.branches
        for member in county.roster.of_branch[branch.org.id][POST_HOLDERS:]
        if member.full_on is not None and not member.open_discipline
    ]


def _transfer(
    chance: Chance, county: County, number: int, kind: Kind, mover: tuple[Office, LoadedMember],
    today: date,
) -> Transfer:  # fmt: skip
    sender, member = mover
    others = [office for office in county.staff.offices if office is not sender]
    receiver = None if kind.elsewhere else chance.pick(others)
    if receiver is None:
        target = chance.pick(county.directory).id
    elif kind.stage is Stage.ASSIGNMENT or chance.happens(0.5):
        target = receiver.committee.id
    else:
        target = chance.pick(receiver.branches).org.id
    if kind.stage is Stage.RECEIPT and receiver is not None:
        target = receiver.branches[0].org.id
    applied = today - timedelta(days=chance.number(*kind.days_ago))
    grounds = (Ground.CHANGED_UNIT, Ground.CHANGED_RESIDENCE, Ground.AWAY_SIX_MONTHS)
    return Transfer(number, kind, member, sender, receiver, target, applied, chance.pick(grounds))
