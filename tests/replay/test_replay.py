"""Recorded histories of every release replay on today's code.

A failure here means that open cases of that release would break. Guard the change with
`workflow.patched("<name>")`, and keep the old branch until no such case is open.
"""

import lzma
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from services.workflows.codec import converter
from services.workflows.registry import all_processes
from services.workflows.worker import runner
from tests.processes.conftest import KEYS

CORPUS = sorted(Path("tests/replay").glob("*/*.json.xz"))


def test_every_process_has_recorded_histories() -> None:
    assert {path.parent.name for path in CORPUS} == set(all_processes())


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
async def test_history_replays(path: Path) -> None:
    replayer = Replayer(
        workflows=[process.workflow for process in all_processes().values()],
        data_converter=converter(KEYS),
        workflow_runner=runner(sandbox=True),
    )
    await replayer.replay_workflow(recorded(path))


def recorded(path: Path) -> WorkflowHistory:
    text = lzma.decompress(path.read_bytes()).decode()
    return WorkflowHistory.from_json(f"{path.parent.name}/replayed", text)
