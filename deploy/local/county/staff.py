"""The demonstration's accounts: who logs in, as what, and where."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from pypinyin import lazy_pinyin

from deploy.local.county.members import Roster
from deploy.local.county.tree import Branch, Tree
from services.orgs.access.bulk import LoadedAccount
from services.orgs.register.bulk import LoadedOrganisation
from shared.access import Role

WORKER_BRANCHES = 10
"""A Party worker writes for that many branches of one committee."""
ORGANISER, ORGANISER_2 = "organiser", "organiser2"
OPERATOR, SECURITY, AUDITOR, MEMBER = "operator", "security", "auditor", "member"
PORTAL = "示例门户"
_TITLES = {
    Role.ORGANISER: "县级组织员",
    Role.COMMITTEE: "党委经办人",
    Role.SECRETARY: "支部书记、党务工作者",
    Role.MEMBER: "党员本人",
    Role.OPERATOR: "系统管理员",
    Role.SECURITY_ADMIN: "安全管理员",
    Role.AUDITOR: "审计员",
}


@dataclass(frozen=True)
class Office:
    """A committee that sends and receives, with those who work for it."""

    committee: LoadedOrganisation
    slug: str
    branches: tuple[Branch, ...]
    """Those that the Party worker writes for."""

    @property
    def clerk(self) -> str:
        return f"clerk.{self.slug}"

    @property
    def worker(self) -> str:
        return f"worker.{self.slug}"

    @property
    def secretary(self) -> str:
        """Of the first branch only."""
        return f"secretary.{self.slug}"


@dataclass(frozen=True)
class Staff:
    accounts: tuple[LoadedAccount, ...]
    """The operator's comes last: when a service knows it, it knows all."""
    offices: tuple[Office, ...]


def offices(tree: Tree) -> list[Office]:
    """Committees with branches of their own, in the order of the tree."""
    found: list[Office] = []
    for short, committee in tree.approving.items():
        own = [branch for branch in tree.branches if branch.committee is committee]
        if own:
            step = max(1, len(own) // WORKER_BRANCHES)
            found.append(Office(committee, _slug(short), tuple(own[::step][:WORKER_BRANCHES])))
    return found


def appoint(tree: Tree, roster: Roster) -> Staff:
    """Persons are members of the office's branches: secretaries hold the post, clerks are others.

    The three administrators are no members: they see no personal data.
    """
    root, places = tree.root, offices(tree)
    found = [
        account
        for office in places
        for account in (
            _secretary(office, roster),
            _of(roster, office, office.worker, 3, [
                (Role.SECRETARY, branch.org.id) for branch in office.branches
            ]),
            _of(roster, office, office.clerk, 4, [(Role.COMMITTEE, office.committee.id)]),
        )
    ]  # fmt: skip
    home = places[-1]
    first = places[0].branches[0].org.id
    found.append(_of(roster, home, ORGANISER, 5, [(Role.ORGANISER, root.id)], root))
    found.append(_of(roster, home, ORGANISER_2, 6, [(Role.ORGANISER, root.id)], root))
    found.append(_of(roster, places[0], MEMBER, 7, [(Role.MEMBER, first)]))
    for login, role in (
        (SECURITY, Role.SECURITY_ADMIN), (AUDITOR, Role.AUDITOR), (OPERATOR, Role.OPERATOR),
    ):  # fmt: skip
        found.append(LoadedAccount(login, f"示例{_TITLES[role]}", root.id, [(role, root.id)]))
    return Staff(tuple(found), tuple(places))


def _secretary(office: Office, roster: Roster) -> LoadedAccount:
    branch = office.branches[0].org
    return _of(roster, office, office.secretary, 0, [(Role.SECRETARY, branch.id)], branch)


def _of(
    roster: Roster, office: Office, login: str, place: int,
    grants: Sequence[tuple[Role, UUID]], home: LoadedOrganisation | None = None,
) -> LoadedAccount:  # fmt: skip
    """The account of a member: the place in the first branches' lists, where there are so many."""
    among = [m for branch in office.branches for m in roster.of_branch[branch.org.id]]
    person = among[place % len(among)].person_id
    keeper = home or office.committee
    return LoadedAccount(login, roster.names[person], keeper.id, grants, person_id=person)


def _slug(short: str) -> str:
    bare = re.sub(r"(?<=..)(街道|镇|乡)$", "", short)
    return re.sub(r"[^a-z0-9]", "", "".join(lazy_pinyin(bare)).lower())


def listing(staff: Staff, tree: Tree, password: str, mail: str) -> str:
    """What var/demo-accounts.txt says; a committee's three accounts share a line."""
    names = {organisation.id: organisation.name for organisation in tree.organisations}
    lines = ["示例数据：除行政区划名称外均为虚构。所有示例账号的密码相同：", f"  {password}"]
    lines.append(f"有党员身份的账号，电子邮箱为 登录名@{mail}。")
    for account in staff.accounts:
        if "." not in account.login:
            role, org_id = account.grants[0]
            lines.append(f"{account.login:<18}{_TITLES[role]}  {names[org_id]}")
    lines.append("clerk.* 党委经办人，worker.* 党务工作者（若干支部），secretary.* 支部书记：")
    for office in staff.offices:
        logins = f"{office.clerk}  {office.worker}  {office.secretary}"
        lines.append(f"{logins:<62}{office.committee.name}")
    return "\n".join([*lines, ""])
