"""The committed texts: what people read inside the suite, and the one text for outside."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from services.notifications.templates.sandbox import Text
from shared.contracts.messages import Template
from shared.problems import Invalid

FOLDER = Path(__file__).parent / "texts"
TITLE, BODY = 80, 400


class Variable(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    max: int = Field(gt=0, le=200)
    optional: bool = False


class Source(BaseModel):
    """A file in texts/."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    body: str
    variables: dict[str, Variable] = {}


@dataclass(frozen=True)
class Rendered:
    title: str
    body: str


class Words:
    """Title and body of one template, with the variables that it declares."""

    def __init__(self, source: Source) -> None:
        self.variables = source.variables
        self._title = Text(source.title, source.variables, max_length=TITLE)
        self._body = Text(source.body, source.variables, max_length=BODY)

    def render(self, given: Mapping[str, str | int]) -> Rendered:
        """A value becomes one line and is cut at its limit.

        Errors: 422 naming the variable that is unknown or missing.
        """
        self._check(given)
        values = dict.fromkeys(self.variables, "") | {
            name: _one_line(str(value), self.variables[name].max) for name, value in given.items()
        }
        return Rendered(self._title.render(values), self._body.render(values))

    def _check(self, given: Mapping[str, str | int]) -> None:
        for name in given:
            if name not in self.variables:
                raise _refused("variable-unknown", "消息模板没有这个变量，请删除。", name)
        for name, declared in self.variables.items():
            if not declared.optional and name not in given:
                raise _refused("variable-missing", "缺少消息模板需要的变量，请补充。", name)


def _one_line(value: str, limit: int) -> str:
    printable = "".join(c if c.isprintable() else " " for c in value)
    text = " ".join(printable.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _refused(code: str, detail: str, name: str) -> Invalid:
    return Invalid(code, detail, field=f"variables.{name}")


def _read(name: str) -> Words:
    content: dict[str, Any] = tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))
    return Words(Source.model_validate(content))


INBOX: Mapping[Template, Words] = {template: _read(template.value) for template in Template}
"""Read at start: a text that is missing or not allowed stops the service from starting."""
OUTSIDE = _read("outside")
"""The same for every message: only that something waits, with a link that needs a login."""
