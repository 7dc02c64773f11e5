"""Who may be granted what, and by whom."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from shared.access import WITHOUT_PERSONAL_DATA, Access, Role
from shared.problems import Conflict, Forbidden, Invalid

GRANTABLE = frozenset(Role) - {Role.MACHINE}
DECIDING = GRANTABLE - WITHOUT_PERSONAL_DATA - {Role.MEMBER}
"""A member only reads the own record, so an administrator may be one."""


def must_not_be_own(access: Access, account_id: UUID, person_id: UUID | None) -> None:
    own_person = person_id is not None and person_id == access.person_id
    if str(account_id) == access.principal.account_id or own_person:
        raise Forbidden("own-grant", "不能为自己授权或撤销自己的授权，请由另一位安全管理员办理。")


def must_be_grantable(role: Role, valid_from: date, valid_to: date | None, today: date) -> None:
    if role not in GRANTABLE:
        raise Invalid("role-not-for-people", "该角色只用于系统接口，不能授予个人。", field="role")
    if valid_to is not None and valid_to < valid_from:
        raise Invalid("period-reversed", "止期不能早于起期，请核对日期。", field="valid_to")
    if valid_to is not None and valid_to < today:
        raise Invalid("period-past", "授权期限已过，请填写今后的日期。", field="valid_to")


def must_be_separate(role: Role, held: Collection[Role]) -> None:
    """The three administrators are three people, and none of them decides."""
    for other in held:
        alone = WITHOUT_PERSONAL_DATA & {role, other}
        if role != other and alone and (len(alone) == 2 or DECIDING & {role, other}):
            raise Conflict(
                "duties-not-separate",
                "系统管理员、安全管理员、审计员须由不同的人担任，且不得兼任业务角色；"
                "请先撤销其现有授权，或授予他人。",
                field="role",
            )
