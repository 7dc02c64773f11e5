"""Pytest plugin: a real Postgres and real Temporal servers, shared as widely as is safe.

One Postgres serves the whole run; each test process has databases of its own, cloned from a
template that the real migrations made, and connects as the app roles. Each test process has its
own Temporal servers, because skipped time is server-wide.
"""

import gc
import os
import shutil
import tempfile
import time
from collections.abc import AsyncGenerator, Generator
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from deploy.local import orphans, programs, temporal_cli, time_skipping
from deploy.local.failure import LocalFailure
from deploy.local.paths import State
from deploy.local.ports import unused_port
from deploy.local.process import Child, remember
from deploy.local.screen import Screen
from deploy.local.suite import FOLDER_PREFIX, Suite
from deploy.local.temporal import DevServer
from tests.databases import DatabaseSet, SharedServer

SESSION_PREFIX = "dangjian-tests-"
SESSION = "DANGJIAN_TEST_SESSION"
SWEEP_AFTER_SECONDS = 120


def loud_skip(reason: str) -> None:
    """Skip where a person may lack a tool; fail in CI, where nothing may be left out."""
    if os.environ.get("CI"):
        pytest.fail(f"not skipped in CI: {reason}")
    pytest.skip(reason)


def pytest_configure(config: pytest.Config) -> None:
    """The first process makes the run's folder; xdist workers inherit its address."""
    if hasattr(config, "workerinput") or SESSION in os.environ:
        return
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=SESSION_PREFIX))
    folder.chmod(0o711)
    state = State(folder)
    state.create()
    remember(state.run / f"{orphans.SUPERVISOR}.json", os.getpid())
    os.environ[SESSION] = str(folder)
    config.add_cleanup(lambda: _end_session(state))


def _end_session(state: State) -> None:
    os.environ.pop(SESSION, None)
    SharedServer(state).stop()
    _remove(state)


def _sweep() -> None:
    """Stop and remove what killed test runs left behind, never what is in use or brand new."""
    temporary = Path(tempfile.gettempdir())
    for prefix in (SESSION_PREFIX, FOLDER_PREFIX):
        for folder in temporary.glob(f"{prefix}*"):
            age = time.time() - folder.stat().st_mtime
            if age > SWEEP_AFTER_SECONDS and orphans.supervisor(State(folder)) is None:
                SharedServer(State(folder)).stop()
                _remove(State(folder))


def _remove(state: State) -> None:
    orphans.stop_all(state)
    shutil.rmtree(state.postgres.resolve(), ignore_errors=True)
    shutil.rmtree(state.root, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_server() -> SharedServer:
    """The run's one Postgres with its template; usually `postgres` is what a test wants."""
    server = SharedServer(State(Path(os.environ[SESSION])))
    server.start()
    return server


@pytest.fixture(scope="session")
def postgres(postgres_server: SharedServer, worker_name: str) -> Generator[DatabaseSet]:
    """This test process's own databases, migrated; rows stay from test to test."""
    made = postgres_server.clone(worker_name)
    yield made
    postgres_server.drop(made)


@pytest.fixture
def fresh_postgres(
    postgres_server: SharedServer, worker_name: str, numbers: "count[int]"
) -> Generator[DatabaseSet]:
    """Databases for one test alone, empty but for the migrations (about 0.3 s)."""
    made = postgres_server.clone(f"{worker_name}_{next(numbers)}")
    yield made
    postgres_server.drop(made)


@pytest.fixture(scope="session")
def numbers() -> "count[int]":
    return count(1)


@pytest.fixture(scope="session")
def worker_name(request: pytest.FixtureRequest) -> str:
    """`gw0` and so on under xdist, else `main`."""
    given: dict[str, str] = getattr(request.config, "workerinput", {})
    return given.get("workerid", "main")


@pytest.fixture(scope="session")
def orgs_database(postgres: DatabaseSet) -> str:
    return postgres.url("orgs")


@pytest.fixture(scope="session")
def workflows_database(postgres: DatabaseSet) -> str:
    return postgres.url("workflows")


@pytest.fixture(scope="session")
def notifications_database(postgres: DatabaseSet) -> str:
    return postgres.url("notifications")


@pytest.fixture(scope="session")
def keys_database(postgres: DatabaseSet) -> str:
    """The database of the per-person keys, as its app role."""
    return postgres.env["DANGJIAN_ORGS_KEYS_URL"]


@pytest.fixture(scope="session")
def temporal_dev_server(tmp_path_factory: pytest.TempPathFactory) -> Generator[DevServer]:
    """A real Temporal server with the flags of `make up`; it knows Schedules."""
    state = State(tmp_path_factory.mktemp("temporal"))
    state.create()
    try:
        cli = temporal_cli.find(Screen())
    except LocalFailure as failure:
        loud_skip(str(failure))
        raise
    server = DevServer(cli, state.temporal, unused_port())
    child = Child(programs.temporal(server), state)
    child.start()
    child.wait_ready()
    server.keep_closed_cases()
    yield server
    child.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def temporal_time_skipping() -> AsyncGenerator[WorkflowEnvironment]:
    """One server per test process, its tests serial; it knows no Schedules."""
    try:
        program = time_skipping.find(Screen())
    except LocalFailure as failure:
        loud_skip(str(failure))
        raise
    environment = await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(program)
    )
    yield environment
    await environment.shutdown()
    # A client that is dropped at interpreter exit can abort the process.
    del environment
    gc.collect()


@pytest.fixture(scope="module")
def suite(postgres_server: SharedServer) -> Generator[Suite]:
    """A complete suite on free ports, for end-to-end and fault tests."""
    with Suite.isolated(shared=postgres_server.server, secrets=postgres_server.secrets) as running:
        yield running
