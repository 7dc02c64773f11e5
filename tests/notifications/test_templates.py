"""Templates: words and declared variables, nothing that could repeat, compute or leak."""

import re

import pytest

from services.notifications.deliveries.outside import outgoing
from services.notifications.templates.catalogue import INBOX, OUTSIDE, Source, Words
from services.notifications.templates.sandbox import TemplateRefused, Text
from shared.contracts.messages import Template
from shared.ids import new_id
from shared.problems import Invalid

TELLTALE = "张三丰"


def values(words: Words) -> dict[str, str | int]:
    return {name: f"{TELLTALE}{i}"[: v.max] for i, (name, v) in enumerate(words.variables.items())}


@pytest.mark.parametrize("template", Template)
def test_every_template_renders_its_variables_for_the_inbox(template: Template) -> None:
    words = INBOX[template]
    rendered = words.render(values(words))
    assert TELLTALE in rendered.title + rendered.body
    assert "{" not in rendered.title + rendered.body


@pytest.mark.parametrize("template", Template)
def test_optional_variables_may_be_left_out(template: Template) -> None:
    words = INBOX[template]
    needed = {n: v for n, v in values(words).items() if not words.variables[n].optional}
    assert "（）" not in words.render(needed).body


def test_the_outside_text_knows_no_variable_but_the_link() -> None:
    assert set(OUTSIDE.variables) == {"link"}


@pytest.mark.parametrize(
    "path",
    ["/processes/transfer_member/7", f"/care/{TELLTALE}", "/inbox/../care", None, "/cases/aid"],
)
def test_outside_nothing_tells_what_it_is_about(path: str | None) -> None:
    sent = outgoing(new_id(), "a@example.org", "http://console.example", path)
    assert "http://console.example/inbox\n" in sent.body
    assert TELLTALE not in sent.subject + sent.body
    for words in INBOX.values():
        for word in re.findall(r"[\u4e00-\u9fff]{2,}", str(values(words).values())):
            assert word not in sent.subject + sent.body


@pytest.mark.parametrize("kind", ["cases", "tasks"])
def test_outside_the_link_names_a_case_or_task_by_its_id_only(kind: str) -> None:
    path = f"/{kind}/{new_id()}"
    assert f"http://c{path}\n" in outgoing(new_id(), "a@example.org", "http://c", path).body


@pytest.mark.parametrize(
    "source",
    [
        "{% for i in a %}x{% endfor %}",
        "{% macro m() %}{% endmacro %}",
        "{{ a * 100000000 }}",
        "{{ a ~ a }}",
        "{{ a + a }}",
        "{{ a ** 9 }}",
        "{{ a.__class__ }}",
        "{{ a['x'] }}",
        "{{ a() }}",
        "{{ a | upper }}",
        "{{ range(9) }}",
        "{% set b = a %}",
        "{% include 'x' %}",
        "{% import 'x' as y %}",
        "{{ cycler }}",
        "{{ a if a is defined }}",
        "{% call a() %}{% endcall %}",
        "{{ [a, a] }}",
        "{{ b }}",
        "{% if b %}x{% endif %}",
        "{{ a",
        "x" * 601,
    ],
)
def test_a_template_that_could_do_anything_but_print_is_refused(source: str) -> None:
    with pytest.raises(TemplateRefused):
        Text(source, {"a"}, max_length=100)


def test_what_is_rendered_never_exceeds_its_limit() -> None:
    assert len(Text("{{ a }}" * 80, {"a"}, max_length=100).render({"a": "x" * 200})) == 100


def test_a_value_is_never_read_as_a_template() -> None:
    assert Text("{{ a }}", {"a"}, max_length=99).render({"a": "{{ 7*7 }}"}) == "{{ 7*7 }}"


SOURCE = Source.model_validate(
    {"title": "t", "body": "{{ task }}", "variables": {"task": {"max": 10}}}
)


@pytest.mark.parametrize(
    ("given", "code"),
    [({"task": "x", "other": "y"}, "variable-unknown"), ({}, "variable-missing")],
)
def test_variables_are_allow_listed(given: dict[str, str | int], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        Words(SOURCE).render(given)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("x" * 11, "x" * 9 + "…"),
        ("a\r\nBcc: b", "a Bcc: b"),
        ("a\x00\u2028\u202eb", "a b"),
        (7, "7"),
    ],
)
def test_a_value_is_one_line_within_its_limit(value: str | int, shown: str) -> None:
    assert Words(SOURCE).render({"task": value}).body == shown
