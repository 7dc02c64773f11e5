"""From a broken rule to a refusal that names the field; versions that people edit."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Header

from shared.problems import FieldError, Invalid, PreconditionFailed, PreconditionRequired
from shared.validation import RuleBroken

IfMatch = Annotated[str | None, Header()]


@contextmanager
def naming(field: str) -> Iterator[None]:
    """A rule broken inside becomes a 422 about this field, without its value."""
    try:
        yield
    except RuleBroken as broken:
        raise Invalid(
            broken.code,
            broken.detail,
            field=field,
            basis=broken.basis,
            errors=[FieldError(field, broken.code, broken.detail, broken.basis)],
        ) from None


def must_match(if_match: str | None, version: int) -> None:
    """412 when somebody else was faster, 428 when the caller does not say what they saw."""
    if if_match is None:
        raise PreconditionRequired("version-missing", "请带 If-Match 请求头，注明所改的版本。")
    if if_match.strip().removeprefix("W/").strip('"') != str(version):
        raise PreconditionFailed("version-stale", "记录已被他人修改，请刷新后核对再提交。")


def etag(version: int) -> str:
    return f'"{version}"'
