"""Checks and renders a template: words, declared variables and conditions, nothing else.

Jinja's sandbox stops escapes but limits neither time nor memory; so whatever could repeat,
compute or call is refused when the template is read.
"""

from collections.abc import Collection, Mapping

from jinja2 import StrictUndefined, nodes
from jinja2.exceptions import TemplateSyntaxError
from jinja2.sandbox import SandboxedEnvironment

MAX_SOURCE = 600
_ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.If,
    nodes.Not,
    nodes.And,
    nodes.Or,
    nodes.Compare,
    nodes.Operand,
    nodes.Const,
)
_ENVIRONMENT = SandboxedEnvironment(
    undefined=StrictUndefined,
    autoescape=False,  # plain text, never HTML
    extensions=[],
)
_ENVIRONMENT.globals.clear()
_ENVIRONMENT.filters.clear()
_ENVIRONMENT.tests.clear()


class TemplateRefused(ValueError):
    """The template may not be used; the code says why."""


class Text:
    """One compiled template with a limit on the length of what it renders."""

    def __init__(self, source: str, variables: Collection[str], *, max_length: int) -> None:
        _check(source, variables)
        self._template = _ENVIRONMENT.from_string(source)
        self._max_length = max_length

    def render(self, variables: Mapping[str, str | int]) -> str:
        """Longer than the limit ends in an ellipsis."""
        text = self._template.render(variables).strip()
        limit = self._max_length
        return text if len(text) <= limit else text[: limit - 1] + "…"


def _check(source: str, variables: Collection[str]) -> None:
    if len(source) > MAX_SOURCE:
        raise TemplateRefused("too-long")
    try:
        parsed = _ENVIRONMENT.parse(source)
    except TemplateSyntaxError as error:
        raise TemplateRefused("syntax") from error
    for node in _walk(parsed):
        if not isinstance(node, _ALLOWED):
            raise TemplateRefused(f"not-allowed: {type(node).__name__}")
        if isinstance(node, nodes.Name) and node.name not in variables:
            raise TemplateRefused(f"not-declared: {node.name}")


def _walk(node: nodes.Node) -> list[nodes.Node]:
    found = [node]
    for child in node.iter_child_nodes():
        found += _walk(child)
    return found
