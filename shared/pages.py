"""Keyset pages: a cursor names the last row seen, so that a page costs the same at any depth."""

import base64
import binascii
import json
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from shared.problems import Invalid

MAX_LIMIT = 200
T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    """One page of a list; `next` is absent on the last one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    items: list[T]
    next: str | None = None


def encode_cursor(*key: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(key, default=str).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, parts: int) -> list[Any]:
    """The sort key of the last row seen; a cursor that we did not make is refused."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        key = json.loads(base64.urlsafe_b64decode(padded))
    except (ValueError, binascii.Error, UnicodeDecodeError):
        key = None
    if not isinstance(key, list) or len(key) != parts:  # pyright: ignore[reportUnknownArgumentType]
        raise Invalid("bad-cursor", "翻页标记无效，请从第一页重新查询。", field="after")
    return key  # pyright: ignore[reportUnknownVariableType]
