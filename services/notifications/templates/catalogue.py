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
_LINE_BREAKING = frozenset("\r\n\t\v\f\x00\x1b\u0085\u2028\u2029")


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

    def render(self, given: Mapping[str, str | int], *, field: str = "variables") -> Rendered:
        """Errors: 422 naming the variable that is unknown, missing, too long or not one line."""
        self._check(given, field)
        values = dict.fromkeys(self.variables, "") | dict(given)
        return Rendered(self._title.render(values), self._body.render(values))

    def _check(self, given: Mapping[str, str | int], field: str) -> None:
        for name, value in given.items():
            declared = self.variables.get(name)
            if declared is None:
                raise _refused("variable-unknown", "消息模板没有这个变量，请删除。", field, name)
            if len(str(value)) > declared.max:
                raise _refused("variable-too-long", "变量过长，请缩短后再提交。", field, name)
            if not _LINE_BREAKING.isdisjoint(str(value)):
                raise _refused("variable-not-one-line", "变量只能是一行文字。", field, name)
        for name, declared in self.variables.items():
            if not declared.optional and name not in given:
                raise _refused("variable-missing", "缺少消息模板需要的变量，请补充。", field, name)


def _refused(code: str, detail: str, field: str, name: str) -> Invalid:
    return Invalid(code, detail, field=f"{field}.{name}")


def _read(name: str) -> Words:
    content: dict[str, Any] = tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))
    return Words(Source.model_validate(content))


INBOX: Mapping[Template, Words] = {template: _read(template.value) for template in Template}
"""Read at start: a text that is missing or not allowed stops the service from starting."""
OUTSIDE = _read("outside")
"""The same for every message: only that something waits, with a link that needs a login."""
