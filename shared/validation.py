"""Invalid input as a problem: FastAPI's own 422 echoes the value, ours names field and rule."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from shared.problems import FieldError, Invalid

_SENTENCES = {
    "missing": "缺少必填项，请补充。",
    "extra_forbidden": "不认识的字段，请删除。",
    "uuid_parsing": "编号格式不正确，请核对。",
    "uuid_type": "编号格式不正确，请核对。",
    "date_from_datetime_parsing": "日期不存在或格式不正确，请按 2026-01-31 的格式填写。",
    "date_parsing": "日期不存在或格式不正确，请按 2026-01-31 的格式填写。",
    "date_type": "日期不存在或格式不正确，请按 2026-01-31 的格式填写。",
    "datetime_parsing": "时间格式不正确，请按带时区的 RFC 3339 格式填写。",
    "timezone_aware": "时间必须带时区。",
    "enum": "不在可选范围内，请从列表中选择。",
    "literal_error": "不在可选范围内，请从列表中选择。",
    "int_parsing": "应填写整数。",
    "int_type": "应填写整数。",
    "bool_parsing": "应填写是或否。",
    "string_type": "应填写文字。",
    "json_invalid": "请求内容不是有效的 JSON，请检查格式。",
}
_NAME = re.compile(r"([A-Za-z_][A-Za-z0-9_-]{0,60})?", re.ASCII)
_SOURCES = ("body", "query", "path")
"""Where FastAPI says the field was; only in front, for a field may have such a name."""
_WITH_LIMITS = {
    "string_too_short": ("min_length", "至少填写 {} 个字符。"),
    "string_too_long": ("max_length", "最多填写 {} 个字符。"),
    "too_short": ("min_length", "至少需要 {} 项。"),
    "too_long": ("max_length", "最多允许 {} 项。"),
    "greater_than_equal": ("ge", "不能小于 {}。"),
    "less_than_equal": ("le", "不能大于 {}。"),
    "greater_than": ("gt", "必须大于 {}。"),
    "less_than": ("lt", "必须小于 {}。"),
}


def as_problem(found: Sequence[Mapping[str, Any]], *, prefix: str = "") -> Invalid:
    errors = [_field_error(error, prefix) for error in found]
    return Invalid(
        "invalid-input",
        f"有 {len(errors)} 处内容不符合要求，请按提示修改后再提交。",
        field=errors[0].field if errors else None,
        errors=errors,
    )


def _field_error(error: Mapping[str, Any], prefix: str) -> FieldError:
    kind = str(error["type"])
    first, *rest = error["loc"] or ("",)
    place = ".".join(_named(part) for part in (rest if first in _SOURCES else (first, *rest)))
    context: Mapping[str, Any] = error.get("ctx") or {}
    own = context.get("error")
    if isinstance(own, RuleBroken):
        return FieldError(prefix + place, own.code, own.detail, own.basis)
    if kind in _WITH_LIMITS:
        name, sentence = _WITH_LIMITS[kind]
        return FieldError(prefix + place, kind, sentence.format(context.get(name, "")))
    return FieldError(prefix + place, kind, _SENTENCES.get(kind, "格式不正确，请核对。"))


def _named(part: object) -> str:
    """A key that the caller made up may be a value put in the wrong place: it is not repeated."""
    return str(part) if isinstance(part, int) or _NAME.fullmatch(str(part)) else "…"


class RuleBroken(ValueError):
    """Raised by a validator of a contract: which rule, on what basis, what to do."""

    def __init__(self, code: str, detail: str, basis: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.basis = basis
