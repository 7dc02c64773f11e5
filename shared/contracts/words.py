"""Text that people type: trimmed, on one line, without control characters."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field

from shared.validation import RuleBroken


def one_line(value: str) -> str:
    """Trim, and refuse what cannot be printed or searched."""
    trimmed = value.strip().strip("\u3000\ufeff\u200b").strip()
    if any(unicodedata.category(character) in ("Cc", "Cs", "Cf") for character in trimmed):
        raise RuleBroken("unprintable", "含有换行或不可见字符，请删除后重新填写。")
    return trimmed


def filled(value: str) -> str:
    if not value:
        raise RuleBroken("blank", "不能为空，请填写。")
    return value


Line = Annotated[str, Field(max_length=200), AfterValidator(one_line), AfterValidator(filled)]
"""One line of text, 1 to 200 characters."""
Reason = Annotated[
    str,
    Field(max_length=400),
    AfterValidator(one_line),
    AfterValidator(filled),
]
"""Why somebody changes or reads something; kept in the audit trail."""
