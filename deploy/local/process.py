"""One child process: started in its own session, waited for, stopped or killed, and remembered."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from deploy.local.failure import LocalFailure
from deploy.local.paths import REPOSITORY, State
from deploy.local.unprivileged import Account

POLL_SECONDS = 0.05
LOG_TAIL = 15


@dataclass(frozen=True)
class Program:
    """What to start and how to know that it is ready."""

    name: str
    command: list[str]
    environment: Mapping[str, str] = field(repr=False)
    ready: Callable[[], bool]
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 15.0
    folder: Path = REPOSITORY
    account: Account | None = None


class Child:
    """A running program; its output goes to a file, so that it outlives a killed supervisor."""

    def __init__(self, program: Program, state: State) -> None:
        self.program = program
        self.log = state.logs / f"{program.name}.log"
        self.record = state.run / f"{program.name}.json"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self, extra: Mapping[str, str] | None = None) -> None:
        """Start it; `extra` is added to its environment, for a fault test's failpoint."""
        if self.alive:
            return
        who = self.program.account
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.program.command,
                env={**self.program.environment, **(extra or {})},
                cwd=self.program.folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True, user=who.uid if who else None,
                group=who.gid if who else None, extra_groups=[] if who else None,
            )  # fmt: skip
        remember(self.record, self.process.pid)

    def wait_ready(self, seconds: float = 90.0) -> None:
        """Until it answers; its last lines are the message when it does not."""
        deadline = time.monotonic() + seconds
        while not self._answers():
            if not self.alive:
                raise LocalFailure(
                    f"{self.program.name} ended while starting:\n{self.last_lines()}"
                )
            if time.monotonic() > deadline:
                raise LocalFailure(
                    f"{self.program.name} was not ready after {seconds:.0f} s:\n{self.last_lines()}"
                )
            time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        """Ask it to end, and kill it when it takes too long."""
        self.send(self.program.stop_signal)
        if self.process is not None:
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(self.program.stop_seconds)
        self.kill()

    def send(self, number: signal.Signals) -> None:
        """Give the process a signal without waiting for what it does."""
        if self.process is not None and self.process.poll() is None:
            with suppress(ProcessLookupError):
                self.process.send_signal(number)

    def kill(self) -> None:
        """End it and its children at once, as a power cut would."""
        if self.process is None:
            return
        if self.process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.record.unlink(missing_ok=True)

    def last_lines(self) -> str:
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-LOG_TAIL:])

    def _answers(self) -> bool:
        return self.alive and self.program.ready()


def remember(record: Path, pid: int) -> None:
    """Note a process so that a later supervisor finds exactly this one."""
    with suppress(psutil.NoSuchProcess):
        text = json.dumps({"pid": pid, "started": started_at(psutil.Process(pid))})
        fresh = record.with_suffix(".new")
        fresh.write_text(text)
        fresh.replace(record)


def recall(record: Path) -> psutil.Process | None:
    """The remembered process if it still runs; a number used again is another process."""
    try:
        noted = json.loads(record.read_text())
        process = psutil.Process(int(noted["pid"]))
        same = started_at(process) == noted["started"]
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except (OSError, ValueError, KeyError, psutil.Error):
        return None


def started_at(process: psutil.Process) -> str:
    """The start in kernel ticks where there are any: it does not move when the clock is set."""
    try:
        text = Path(f"/proc/{process.pid}/stat").read_text()
    except OSError:
        return f"{process.create_time():.0f}"
    return text.rpartition(")")[2].split()[19]
