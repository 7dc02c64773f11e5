"""`make up` as a person meets it: ready, a killed child, a killed supervisor, Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from deploy.local import orphans
from deploy.local.paths import REPOSITORY, State
from deploy.local.ports import Ports
from deploy.local.postgres import EmbeddedPostgres
from deploy.local.secrets import Secrets


class Up:
    """One run of the toy suite; its output goes to a file."""

    def __init__(self, state: State, ports: Ports, name: str) -> None:
        self.output = state.root / f"{name}.out"
        settings = {f"DANGJIAN_{part.upper()}_PORT": str(ports.of(part)) for part in vars(ports)}
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.deploy.toy_up"],
                env={**os.environ, **settings, "DANGJIAN_VAR": str(state.root)},
                cwd=REPOSITORY, stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip

    def said(self, text: str, seconds: float = 30) -> str:
        deadline = time.monotonic() + seconds
        while text not in self.output.read_text():
            assert time.monotonic() < deadline, self.output.read_text()
            time.sleep(0.05)
        return self.output.read_text()

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(30)


@pytest.fixture
def state() -> Generator[State]:
    with tempfile.TemporaryDirectory(prefix="dangjian-up-") as folder:
        Path(folder).chmod(0o711)
        made = State(Path(folder))
        made.create()
        yield made
        orphans.stop_all(made)


def pid_of(state: State, name: str) -> int:
    return int(json.loads((state.run / f"{name}.json").read_text())["pid"])


def test_the_suite_outlives_killed_children_and_a_killed_supervisor(state: State) -> None:
    ports = Ports.unused()
    first = Up(state, ports, "first")
    first.said("ready; Ctrl-C")

    second = Up(state, ports, "second")
    second.said(f"already runs (process {first.process.pid})")
    assert second.process.wait(10) == 1

    os.kill(pid_of(state, "toy"), signal.SIGKILL)
    first.said("toy ended (signal 9); starting it again in")
    first.said("toy is ready again")

    left = {name: pid_of(state, name) for name in ("toy", "mail", "temporal", "postgres")}
    assert first.end(signal.SIGKILL) == -signal.SIGKILL
    third = Up(state, ports, "third")
    third.said("stopped what a killed run left behind: toy, mail, temporal, postgres")
    third.said("ready; Ctrl-C")
    assert not left.items() & {name: pid_of(state, name) for name in left}.items()

    assert third.end(signal.SIGINT) == 0
    assert "stopping in order" in third.said("stopped; the state stays")
    assert not orphans.running(state)


def test_the_second_start_keeps_the_databases(state: State) -> None:
    ports = Ports.unused()
    secrets = Secrets(state.secrets)
    first = Up(state, ports, "first")
    first.said("ready; Ctrl-C")
    embedded = EmbeddedPostgres(state.postgres, ports.postgres, secrets.password("postgres"))
    embedded.server.run("CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)", "dangjian")
    assert first.end(signal.SIGTERM) == 0

    started = time.monotonic()
    second = Up(state, ports, "second")
    second.said("ready; Ctrl-C")
    assert time.monotonic() - started < 15
    assert embedded.server.run("SELECT n FROM kept", "dangjian") == "7"
    second.end(signal.SIGINT)


def test_a_taken_port_is_named_with_the_setting_that_moves_it(state: State) -> None:
    ports = Ports.unused()
    holder = subprocess.Popen(
        [sys.executable, "-m", "tests.deploy.toy_service"], cwd=REPOSITORY,
        env={**os.environ, "DANGJIAN_ORGS_PORT": str(ports.orgs)},
    )  # fmt: skip
    try:
        time.sleep(0.5)
        refused = Up(state, ports, "refused")
        text = refused.said("is in use")
        assert f"port {ports.orgs} (orgs)" in text
        assert "DANGJIAN_ORGS_PORT" in text
        assert refused.process.wait(10) == 1
    finally:
        holder.kill()
        holder.wait()
    assert not orphans.running(state)
