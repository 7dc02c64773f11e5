"""House rules that no linter knows."""

import importlib
import re
from pathlib import Path

import pytest

from services.workflows.kernel.process import Process
from services.workflows.permissions import PERMISSIONS
from services.workflows.registry import all_processes
from tests.house.routes import routes_of

PROCESSES = all_processes()
ARTICLES = Path("docs/articles.md")
MAX_LINES = 300
SOURCES = [
    path
    for folder in ("services", "shared", "deploy")
    for path in Path(folder).rglob("*.py")
    if "migrations" not in path.parts
]


@pytest.mark.parametrize("key", PROCESSES)
def test_one_name_from_file_to_workflow_type_and_test(key: str) -> None:
    process = PROCESSES[key]
    definition = getattr(process.workflow, "__temporal_workflow_definition")
    assert definition.name == key
    assert Path(f"tests/processes/test_{key}.py").exists()


@pytest.mark.parametrize("key", PROCESSES)
def test_every_step_cites_an_article_that_the_process_names(key: str) -> None:
    process = PROCESSES[key]
    assert process.steps()
    assert {article for article, _ in process.steps()} <= set(process.articles)


@pytest.mark.parametrize("key", PROCESSES)
def test_every_outcome_has_a_chinese_title(key: str) -> None:
    module = importlib.import_module(PROCESSES[key].workflow.__module__)
    source = Path(str(module.__file__)).read_text()
    named = set(re.findall(r'self\.end\("(\w+)"\)', source))
    named |= set(re.findall(r'return "(\w+)"\n', source))
    assert named <= set(PROCESSES[key].outcomes)


@pytest.mark.parametrize("key", PROCESSES)
def test_articles_are_explained_with_their_test(key: str) -> None:
    text = ARTICLES.read_text()
    for article in PROCESSES[key].articles:
        assert re.search(rf"^\|\s*{article}\b.*{key}", text, re.MULTILINE), f"{article}: {key}"


def test_a_process_declares_itself() -> None:
    assert all(isinstance(process, Process) for process in PROCESSES.values())


def test_every_route_of_workflows_is_in_the_permission_table() -> None:
    assert routes_of("workflows") == set(PERMISSIONS)


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_files_stay_small_and_say_what_they_are_for(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= MAX_LINES
    assert not text or text.startswith('"""')
