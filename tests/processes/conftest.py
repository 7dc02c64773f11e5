"""The stage of the scenario tests: one time-skipping server per test process."""

import base64
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from services.workflows.codec import converter
from services.workflows.worker import build_worker
from shared.ids import new_id
from tests.processes.scenario import Scenario

Stage = Callable[[str], AbstractAsyncContextManager[tuple[Scenario, str]]]
KEYS = {"k1": base64.b64encode(b"0" * 32).decode()}


@pytest.fixture
def stage(temporal_time_skipping: WorkflowEnvironment) -> Stage:
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

    return open_stage
