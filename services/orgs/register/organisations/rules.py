"""What holds of an organisation; pure functions."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from shared.contracts.register import OrganisationKind, OrganisationState
from shared.problems import Conflict, Invalid

S12 = "中办发〔2012〕11号"
BR18 = "《中国共产党支部工作条例（试行）》"
ROOT = "0"
LABEL = 4
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
WITHOUT_CHILDREN = frozenset(
    {
        OrganisationKind.BRANCH,
        OrganisationKind.JOINT_BRANCH,
        OrganisationKind.TEMPORARY_BRANCH,
        OrganisationKind.FLOATING_BRANCH,
    }
)


@dataclass(frozen=True)
class Place:
    """One organisation: where it is in the tree and whether it still works."""

    id: UUID
    path: str
    name: str
    kind: OrganisationKind
    state: OrganisationState
    external: bool
    approves_members: bool


def label(number: int) -> str:
    """The part of a path that one organisation adds; fixed width, so that ranges are subtrees."""
    text = ""
    for _ in range(LABEL):
        number, digit = divmod(number, len(_DIGITS))
        text = _DIGITS[digit] + text
    if number:
        raise Conflict("too-many-children", "该组织的下级组织数量已达上限，请联系系统管理员。")
    return text


def external_path(org_id: UUID) -> str:
    """An entry of the directory is in nobody's subtree."""
    return f"X{org_id}"


def ancestors(path: str) -> list[str]:
    """Every path from the root to the organisation itself; an outside entry has only its own."""
    if not path.startswith(ROOT):
        return [path]
    return [path[:end] for end in range(len(ROOT), len(path) + 1, LABEL)]


def common_path(one: str, other: str) -> str | None:
    """The path of the nearest organisation at or above both."""
    shared = [a for a, b in zip(ancestors(one), ancestors(other), strict=False) if a == b]
    return shared[-1] if shared and shared[-1].startswith(ROOT) else None


def check_superior(superior: Place) -> None:
    """No organisation under a branch, a directory entry or one that ends."""
    if superior.external:
        raise Invalid(
            "superior-external", "上级组织不在本系统内，不能作为隶属上级。", field="parent_id"
        )
    if superior.kind in WITHOUT_CHILDREN:
        raise Invalid("superior-is-branch", "党支部下不能再设党组织，请选择上级党委或党总支。",
                      field="parent_id", basis=BR18)  # fmt: skip
    if superior.state is not OrganisationState.ACTIVE:
        raise Conflict(
            "superior-dissolving",
            "上级组织正在撤销或已撤销，请选择另一个上级组织。",
            field="parent_id",
        )


def check_move(moving: Place, superior: Place) -> None:
    """The tree stays a tree."""
    if moving.external or moving.path == ROOT:
        raise Conflict("cannot-move", "该组织没有隶属上级，不能调整隶属关系。")
    if superior.path.startswith(moving.path):
        raise Invalid("superior-below", "不能把组织调整到自己或自己的下级之下。", field="parent_id")
    check_superior(superior)


def check_state_change(before: OrganisationState, after: OrganisationState) -> None:
    if before is OrganisationState.DISSOLVED:
        raise Conflict("already-dissolved", "该组织已撤销，不能再改变状态。", field="state")
    if before is after:
        raise Conflict("same-state", "该组织已处于这一状态，无需重复办理。", field="state")


@dataclass(frozen=True)
class Remaining:
    """What an organisation still holds when somebody wants to close it."""

    children: int
    members: int
    arriving: int


def check_empty(remaining: Remaining) -> None:
    """No member without an organisation, no organisation without a superior (rules.md a.3, i)."""
    if remaining.children:
        raise Conflict("children-remain", "还有下级党组织，请先调整或撤销下级组织。", field="state")
    if remaining.members:
        raise Conflict("members-remain", "还有党员隶属该组织，请先为每名党员落实接收组织。",
                       field="state", basis=BR18)  # fmt: skip
    if remaining.arriving:
        raise Conflict("transfers-arriving", "还有党员正在转入该组织，请先办结或退回。",
                       field="state")  # fmt: skip


def check_founding(founded_on: date | None, today: date) -> None:
    if founded_on is not None and founded_on > today:
        raise Invalid("date-in-future", "成立日期不能晚于今天，请核对。", field="founded_on")
