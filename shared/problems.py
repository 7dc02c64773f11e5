"""The one error type that services raise and clients read back (RFC 9457)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class FieldError:
    """One thing wrong with one field: names the field and the rule, never the value."""

    field: str
    code: str
    detail: str
    basis: str | None = None

    def as_json(self) -> dict[str, str]:
        named = {"field": self.field, "code": self.code, "detail": self.detail}
        return named | ({"basis": self.basis} if self.basis else {})


class Problem(Exception):
    """A refusal the caller can act on.

    `code` is stable and machine-readable, `detail` is Chinese and says what to do next.
    Neither may contain a personal value.
    """

    status: ClassVar[int] = 400
    title: ClassVar[str] = "请求有误"

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        field: str | None = None,
        basis: str | None = None,
        errors: Sequence[FieldError] = (),
        retry_after: int | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.field = field
        self.basis = basis
        self.errors = tuple(errors)
        self.retry_after = retry_after

    def as_json(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "type": f"urn:dangjian:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
        }
        if self.field:
            body["field"] = self.field
        if self.basis:
            body["basis"] = self.basis
        if self.errors:
            body["errors"] = [error.as_json() for error in self.errors]
        return body


class Unauthenticated(Problem):
    status = 401
    title = "请先登录"


class Forbidden(Problem):
    status = 403
    title = "没有权限"


class NotFound(Problem):
    status = 404
    title = "没有找到"


class Conflict(Problem):
    status = 409
    title = "与现状冲突"


class PreconditionFailed(Problem):
    status = 412
    title = "记录已被他人修改"


class TooLarge(Problem):
    status = 413
    title = "文件过大"


class Invalid(Problem):
    status = 422
    title = "内容不符合规定"


class PreconditionRequired(Problem):
    status = 428
    title = "缺少版本号"


class TooMany(Problem):
    status = 429
    title = "操作过于频繁"


class Unavailable(Problem):
    status = 503
    title = "暂时无法受理"


_BY_STATUS: dict[int, type[Problem]] = {
    kind.status: kind
    for kind in (
        Problem,
        Unauthenticated,
        Forbidden,
        NotFound,
        Conflict,
        PreconditionFailed,
        TooLarge,
        Invalid,
        PreconditionRequired,
        TooMany,
        Unavailable,
    )
}


def from_response(status: int, body: dict[str, Any]) -> Problem:
    """Read a problem back on the client's side, as the same class that was raised."""
    kind = _BY_STATUS.get(status, Unavailable if status >= 500 else Problem)
    errors = [
        FieldError(e["field"], e["code"], e["detail"], e.get("basis"))
        for e in body.get("errors", [])
    ]
    return kind(
        body.get("code", f"http-{status}"),
        body.get("detail", ""),
        field=body.get("field"),
        basis=body.get("basis"),
        errors=errors,
    )
