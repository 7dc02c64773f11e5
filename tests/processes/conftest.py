"""The stage of the scenario tests: one time-skipping server per test process."""

import base64
import lzma
import os
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from services.workflows.codec import converter
from services.workflows.worker import build_worker
from shared.ids import new_id
from tests.processes.scenario import Scenario

Stage = Callable[[str], AbstractAsyncContextManager[tuple[Scenario, str]]]
KEYS = {"k1": base64.b64encode(b"0" * 32).decode()}
RECORD = os.environ.get("DANGJIAN_RECORD_RELEASE", "")
"""Set to a release to add each scenario's history to tests/replay."""
CORPUS = Path("tests/replay")


async def record(scenario: Scenario, test: str) -> None:
    history = await scenario.history()
    folder = CORPUS / scenario.process
    folder.mkdir(parents=True, exist_ok=True)
    name = "".join(c if c.isalnum() else "-" for c in test.removeprefix("test_"))
    packed = lzma.compress(history.to_json().encode())
    (folder / f"{RECORD}-{name}.json.xz").write_bytes(packed)


@pytest.fixture
def stage(temporal_time_skipping: WorkflowEnvironment, request: pytest.FixtureRequest) -> Stage:
    config = temporal_time_skipping.client.config()
    config["data_converter"] = converter(KEYS)
    client = Client(**config)

    @asynccontextmanager
    async def open_stage(process: str) -> AsyncGenerator[tuple[Scenario, str]]:
        scenario = Scenario(temporal_time_skipping, client, process)
        queue = f"q-{new_id()}"
        async with build_worker(client, scenario.activities, queue=queue):
            yield scenario, queue
            await scenario.leave()
            if RECORD:
                await record(scenario, request.node.name)

    return open_stage
