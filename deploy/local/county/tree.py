"""The county's Party organisations: committees, general branches, branches, joint branches."""

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from deploy.local.county.chance import Chance
from deploy.local.county.firms import Firms
from deploy.local.county.places import Places, Township
from deploy.local.county.size import Size
from services.orgs.register.bulk import LoadedOrganisation
from shared.contracts.register import OrganisationKind as Kind

OFFICES = (
    ("县直机关", "县直机关工作委员会"), ("教育", "教育体育局委员会"),
    ("卫健", "卫生健康局委员会"), ("公安", "公安局委员会"), ("建设", "住房和城乡建设局委员会"),
    ("农业", "农业农村局委员会"), ("交通", "交通运输局委员会"), ("规划", "自然资源和规划局委员会"),
    ("市监", "市场监督管理局委员会"), ("国资", "国有资产经营示例公司委员会"),
    ("园区", "高新技术产业园区工作委员会"), ("医院", "人民医院委员会"),
)  # fmt: skip
VILLAGE, PART, OFFICE, FIRM, JOINT, SHOP = 40, 28, 22, 9, 8, 15
"""Weights: how many members branches of a kind have beside each other."""
FOUNDED = date(2004, 7, 1)


@dataclass(frozen=True)
class Branch:
    """An organisation that has members itself, and the committee that may send and receive."""

    org: LoadedOrganisation
    committee: LoadedOrganisation
    weight: int
    village: bool = False


@dataclass
class Tree:
    organisations: list[LoadedOrganisation] = field(default_factory=list[LoadedOrganisation])
    branches: list[Branch] = field(default_factory=list[Branch])
    approving: dict[str, LoadedOrganisation] = field(default_factory=dict[str, LoadedOrganisation])
    """Committees that may approve probationary members, by a short name."""

    @property
    def root(self) -> LoadedOrganisation:
        return self.organisations[0]


class Grower:
    """Plants one tree; every number is a full county's, scaled by the size."""

    def __init__(self, chance: Chance, places: Places, size: Size, firms: Firms) -> None:
        self.chance = chance
        self.places = places
        self.size = size
        self.firms = firms
        self.tree = Tree()
        self._made: dict[UUID | None, int] = {}

    def grow(self) -> Tree:
        root = self.add(self.places.code, f"中共{self.places.name}委员会", Kind.COMMITTEE, None)
        new = self.add(
            f"{root.code}900", f"中共{self.places.name}委两新组织工作委员会", Kind.WORK_COMMITTEE,
            root, approves=True,
        )  # fmt: skip
        self.tree.approving["两新"] = new
        townships = [self.township(root, town) for town in self.places.townships]
        offices = [self.office(root, n) for n in range(len(OFFICES))]
        self.villages(townships)
        self.enterprises(new, townships)
        self.office_branches(offices)
        return self.tree

    def township(self, root: LoadedOrganisation, town: Township) -> LoadedOrganisation:
        street = town.name.endswith("街道")
        made = self.add(
            town.code, f"中共{self.places.name}{town.name}{'工作' if street else ''}委员会",
            Kind.WORK_COMMITTEE if street else Kind.COMMITTEE, root, approves=True,
            division=town.code,
        )  # fmt: skip
        self.tree.approving[town.name] = made
        return made

    def office(self, root: LoadedOrganisation, number: int) -> LoadedOrganisation:
        short, name = OFFICES[number]
        kind = Kind.WORK_COMMITTEE if name.endswith("工作委员会") else Kind.COMMITTEE
        code = f"{root.code}{901 + number}"
        made = self.add(code, f"中共{self.places.name}{name}", kind, root, approves=True)
        self.tree.approving[short] = made
        return made

    def villages(self, committees: list[LoadedOrganisation]) -> None:
        """Large villages have a general branch with two branches below."""
        places = [
            (committee, village)
            for committee, town in zip(committees, self.places.townships, strict=True)
            for village in town.villages
        ]
        step = max(1, len(places) // self.size.share(292))
        general = self.size.share(60)
        for n, (committee, village) in enumerate(places[::step]):
            division = village.code or committee.division_code
            name = f"中共{committee.name.removeprefix('中共').removesuffix('委员会')}"
            name = f"{name.removesuffix('工作')}{village.name}"
            if n % 5 == 0 and n // 5 < general:
                above = self.below(committee, f"{name}总支部委员会", Kind.GENERAL_BRANCH, division)
                for part in ("第一", "第二"):
                    self.branch(above, committee, f"{name}{part}支部委员会", PART, village=True)
            else:
                self.branch(committee, committee, f"{name}支部委员会", VILLAGE, village=True)

    def enterprises(self, new: LoadedOrganisation, towns: list[LoadedOrganisation]) -> None:
        for n in range(self.size.share(74)):
            direct = n % 3 == 0
            above = new if direct else towns[n % len(towns)]
            self.enterprise_committee(above, approves=direct and n % 9 == 0, number=n)
        for n in range(self.size.share(40)):
            town = towns[n % len(towns)]
            org = self.of_firm(town, "总支部委员会", Kind.GENERAL_BRANCH, (80, 300))
            for part in ("第一", "第二"):
                name = org.name.replace("总支部委员会", f"{part}支部委员会")
                self.branch(org, town, name, SHOP)
        for n in range(self.size.share(330)):
            town = towns[n % len(towns)]
            org = self.of_firm(town, "支部委员会", Kind.BRANCH, (15, 120))
            self.tree.branches.append(Branch(org, town, FIRM))
        for n in range(self.size.share(120)):
            self.joint(towns[n % len(towns)], n)

    def enterprise_committee(
        self, above: LoadedOrganisation, *, approves: bool, number: int
    ) -> None:
        org = self.of_firm(above, "委员会", Kind.COMMITTEE, (300, 3000), approves=approves)
        if approves:
            self.tree.approving[f"企业{number // 9 + 1}"] = org
        for part in ("管理", "生产一", "生产二", "研发")[: self.chance.number(3, 4) + number % 2]:
            name = org.name.replace("有限公司委员会", f"有限公司{part}党支部")
            self.branch(org, org if approves else above, name, SHOP)

    def joint(self, town: LoadedOrganisation, number: int) -> None:
        """For units with fewer than three full members; at most five of them (BR18 Art. 5)."""
        where = self.places.townships[number % len(self.places.townships)].name
        order = self.chance.pick(("商圈", "楼宇", "园区", "市场", "行业"))
        name = f"中共{self.places.name}{where}示例{order}第{number + 1}联合支部委员会"
        org = self.below(town, name, Kind.JOINT_BRANCH, town.division_code)
        for _ in range(self.chance.number(3, 5)):
            self.firms.make(town, covering=org.id, staff=(5, 60))
        self.tree.branches.append(Branch(org, town, JOINT))

    def office_branches(self, offices: list[LoadedOrganisation]) -> None:
        """The rest of the county's number: branches of offices, schools, hospitals."""
        for n in range(self.size.share(20)):
            office = offices[n % len(offices)]
            name = office.name.removesuffix("委员会").removesuffix("工作")
            above = self.below(office, f"{name}第{n + 1}总支部委员会", Kind.GENERAL_BRANCH, None)
            for part in ("第一", "第二", "第三"):
                self.branch(above, office, above.name.replace("总支部", f"总支{part}支部"), OFFICE)
        n = 0
        while len(self.tree.organisations) < self.size.organisations:
            office = offices[n % len(offices)]
            name = office.name.removesuffix("委员会").removesuffix("工作")
            self.branch(office, office, f"{name}第{n // len(offices) + 1}支部委员会", OFFICE)
            n += 1

    def of_firm(
        self, above: LoadedOrganisation, ending: str, kind: Kind, staff: tuple[int, int],
        *, approves: bool = False,
    ) -> LoadedOrganisation:  # fmt: skip
        """An enterprise's own organisation: it carries the enterprise's name."""
        org_id = self.chance.id()
        firm = self.firms.make(above, covering=org_id, staff=staff)
        code = self._code(above)
        return self.add(
            code, f"中共{firm.name}{ending}", kind, above, approves=approves,
            division=firm.division_code, enterprise=firm.id, org_id=org_id,
        )  # fmt: skip

    def branch(
        self, above: LoadedOrganisation, committee: LoadedOrganisation, name: str, weight: int,
        *, village: bool = False,
    ) -> None:  # fmt: skip
        org = self.below(above, name, Kind.BRANCH, above.division_code)
        self.tree.branches.append(Branch(org, committee, weight, village))

    def below(
        self, above: LoadedOrganisation, name: str, kind: Kind, division: str | None
    ) -> LoadedOrganisation:
        return self.add(self._code(above), name, kind, above, division=division)

    def add(
        self, code: str, name: str, kind: Kind, above: LoadedOrganisation | None, *,
        approves: bool = False, division: str | None = None, enterprise: UUID | None = None,
        org_id: UUID | None = None,
    ) -> LoadedOrganisation:  # fmt: skip
        founded = FOUNDED.replace(year=self.chance.number(2004, 2019))
        number = len(self.tree.organisations)
        made = LoadedOrganisation(
            code=code, name=name, kind=kind, parent_id=above.id if above else None, since=founded,
            approves_members=approves, phone=f"1009{number:07d}" if approves else None,
            division_code=division, enterprise_id=enterprise, founded_on=founded,
            carrier_kind="enterprise" if enterprise else None,
            id=org_id or self.chance.id(),
        )  # fmt: skip
        self.tree.organisations.append(made)
        return made

    def _code(self, above: LoadedOrganisation) -> str:
        self._made[above.id] = self._made.get(above.id, 0) + 1
        return f"{above.code}{self._made[above.id]:03d}"
