"""The county's non-public enterprises: covered ones as the tree needs them, then the rest."""

from datetime import date, timedelta
from uuid import UUID

from deploy.local.county import naming
from deploy.local.county.chance import Chance
from deploy.local.county.places import Places
from deploy.local.county.size import Size
from services.orgs.register.bulk import LoadedEnterprise, LoadedOrganisation
from services.orgs.register.enterprises.rules import check_credit_code, demonstration_credit_code
from shared.contracts.enterprises import OperatingStatus

ABOVE_SCALE_STAFF = 150
"""The statistical line is turnover; a demonstration takes the staff for it."""
SUSPENDED_SHARE = 0.35


class Firms:
    def __init__(self, chance: Chance, places: Places, size: Size, today: date) -> None:
        self.chance = chance
        self.places = places
        self.size = size
        self.today = today
        self.made: list[LoadedEnterprise] = []
        self._names = naming.firms(chance, places.name, size.enterprises)

    def make(
        self, keeper: LoadedOrganisation, *, covering: UUID | None, staff: tuple[int, int],
        status: OperatingStatus = OperatingStatus.OPERATING,
    ) -> LoadedEnterprise:  # fmt: skip
        """`keeper` is the organisation responsible for it."""
        chance, number = self.chance, len(self.made)
        count = chance.number(*staff) if status is OperatingStatus.OPERATING else 0
        town = chance.pick(self.places.townships)
        division = keeper.division_code or town.code
        code = demonstration_credit_code(number, self.places.code)
        since = self.today - timedelta(days=chance.number(200, 4000))
        firm = LoadedEnterprise(
            credit_code=check_credit_code(code, demo=True), name=f"{self._names[number]}有限公司",
            org_id=keeper.id, status_on=since, staff_count=count,
            above_scale=count >= ABOVE_SCALE_STAFF, operating_status=status,
            division_code=division, covering_org_id=covering,
            park=f"{self.places.name}示例产业园" if chance.happens(0.3) else None,
            market=f"{town.name}示例市场" if chance.happens(0.06) else None,
            building=f"示例大厦{chance.number(1, 9)}号楼" if chance.happens(0.15) else None,
            union_since=since if chance.happens(0.4) else None,
            league_since=since if chance.happens(0.15) else None, id=chance.id(),
        )  # fmt: skip
        self.made.append(firm)
        return firm

    def fill(self, keepers: list[LoadedOrganisation]) -> list[LoadedEnterprise]:
        """Up to the county's numbers: operating ones that nothing covers, then the others."""
        while len(self.made) < self.size.operating:
            self.make(self.chance.pick(keepers), covering=None, staff=(1, 70))
        while len(self.made) < self.size.enterprises:
            suspended = self.chance.happens(SUSPENDED_SHARE)
            status = OperatingStatus.SUSPENDED if suspended else OperatingStatus.CLOSED
            self.make(self.chance.pick(keepers), covering=None, staff=(0, 0), status=status)
        return self.made
