"""The life of one import: uploaded → checking → checked → applying → applied, or its end."""

from enum import StrEnum

from shared.problems import Conflict


class State(StrEnum):
    UPLOADED = "uploaded"
    CHECKING = "checking"
    CHECKED = "checked"
    CONFIRMED = "confirmed"
    APPLYING = "applying"
    APPLIED = "applied"
    DISCARDED = "discarded"
    FAILED = "failed"


class Mode(StrEnum):
    """What the office wants done: everything, or nothing when one row is bad; or the good rows."""

    ALL = "all"
    GOOD = "good"


OPEN = frozenset({State.UPLOADED, State.CHECKING, State.CHECKED, State.CONFIRMED, State.APPLYING})
WORK = {State.UPLOADED: State.CHECKING, State.CONFIRMED: State.APPLYING}
"""What the background takes up, and what it is in meanwhile."""
MAPPABLE = frozenset({State.CHECKED, State.FAILED})


def must_be(state: str, *allowed: State) -> None:
    """Error: 409 import-state."""
    if State(state) not in allowed:
        raise Conflict("import-state", "该导入目前不能做这一步，请刷新后查看进度。")


def may_confirm(state: str, mode: Mode, counts: dict[str, int]) -> None:
    """Errors: 409 rows-refused, nothing-to-apply, import-state."""
    must_be(state, State.CHECKED)
    if mode is Mode.ALL and counts.get("refused"):
        raise Conflict(
            "rows-refused",
            "还有不合格的行，请改正后重新上传，或者选择只导入合格的行。",
            field="mode",
        )
    if not counts.get("create", 0) + counts.get("correct", 0):
        raise Conflict("nothing-to-apply", "没有需要新增或更正的行，无需导入。")
