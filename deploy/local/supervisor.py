"""`make up`: starts the suite, shows its logs, restarts what dies, and stops in order."""

import importlib.util
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from types import FrameType

from deploy.local import environment, orphans
from deploy.local.failure import LocalFailure
from deploy.local.paths import REPOSITORY
from deploy.local.process import Child, remember
from deploy.local.screen import Screen
from deploy.local.stream import Stream
from deploy.local.suite import Suite

DEMO_MODULE = "deploy.local.county"
FIRST_DELAY, LONGEST_DELAY, STEADY_SECONDS = 0.5, 30.0, 30.0
WATCH_SECONDS = 0.2


class Interrupted(Exception):
    """A person or the system asked to stop."""


@dataclass
class Watched:
    """What is known of a child since it last started."""

    child: Child
    started: float
    delay: float = FIRST_DELAY
    again_at: float | None = None
    ready: bool = True


class Supervisor:
    """One run of the suite in the foreground."""

    def __init__(self, suite: Suite, screen: Screen, *, demo: bool = True) -> None:
        self.suite = suite
        self.screen = screen
        self.demo = demo
        self.record = suite.state.run / f"{orphans.SUPERVISOR}.json"
        self.stopping = False

    def run(self) -> None:
        """Until someone asks to stop; whatever happens, nothing is left running."""
        self._refuse_second()
        self._stop_orphans()
        self._catch_signals()
        remember(self.record, os.getpid())
        stream = Stream(self.suite.state.logs, self.screen)
        try:
            stream.start()
            self._start()
            self._watch()
        except Interrupted:
            self.screen.say("stopping in order: APIs, worker, Temporal, Postgres")
        finally:
            self.stopping = True
            self.suite.down()
            stream.stop()
            self.record.unlink(missing_ok=True)
            self.screen.say("stopped; the state stays in " + str(self.suite.state.root))

    def _refuse_second(self) -> None:
        if other := orphans.supervisor(self.suite.state):
            raise LocalFailure(
                f"the suite already runs (process {other.pid}): use it, or `make down` first"
            )

    def _stop_orphans(self) -> None:
        if left := orphans.stop_all(self.suite.state):
            self.screen.say(f"stopped what a killed run left behind: {', '.join(left)}")

    def _catch_signals(self) -> None:
        def interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
            if self.stopping:
                self.screen.say("already stopping; a moment")
                return
            self.stopping = True
            raise Interrupted

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, interrupt)

    def _start(self) -> None:
        with self.screen.working("starting the suite"):
            self.suite.up()
        if self.demo:
            self._load_demonstration()
        self._show_addresses()

    def _load_demonstration(self) -> None:
        """Once per state; a failed load is said and tried again at the next start."""
        state = self.suite.state
        if state.demo_loaded.exists() or importlib.util.find_spec(DEMO_MODULE) is None:
            return
        with (
            self.screen.working("loading the demonstration county"),
            (state.logs / "county.log").open("ab") as log,
        ):
            done = subprocess.run(
                [sys.executable, "-m", DEMO_MODULE],
                env=environment.everything(self.suite.env), cwd=REPOSITORY, check=False,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        if done.returncode:
            self.screen.say("the demonstration could not be loaded: see var/logs/county.log; "
                            "the next `make up` tries again")  # fmt: skip
            return
        state.demo_loaded.touch()

    def _show_addresses(self) -> None:
        suite = self.suite
        rows = [(s.name, suite.url(s.port)) for s in suite.services if s.port]
        rows.append(("Temporal's UI", suite.url("temporal_ui")))
        rows.append(("mails", str(suite.state.mail)))
        for name, address in rows:
            self.screen.say(f"{name:<14} {address}")
        if suite.state.demo_accounts.exists():
            for line in suite.state.demo_accounts.read_text().splitlines():
                self.screen.say(line)
        self.screen.say("ready; Ctrl-C stops everything and keeps the state")

    def _watch(self) -> None:
        now = time.monotonic()
        watched = [Watched(child, now) for child in self.suite.children.values()]
        while True:
            time.sleep(WATCH_SECONDS)
            for one in watched:
                self._look_after(one)

    def _look_after(self, one: Watched) -> None:
        now = time.monotonic()
        if one.child.alive:
            if not one.ready and one.child.program.ready():
                one.ready = True
                self.screen.say(f"{one.child.program.name} is ready again")
        elif one.again_at is None:
            self._plan_restart(one, now)
        elif now >= one.again_at:
            self.suite.restart(one.child.program.name)
            one.started, one.again_at, one.ready = now, None, False

    def _plan_restart(self, one: Watched, now: float) -> None:
        """Longer each time, until it has run steadily for a while."""
        steady = now - one.started > STEADY_SECONDS
        one.delay = FIRST_DELAY if steady else min(one.delay * 2, LONGEST_DELAY)
        one.again_at = now + one.delay
        code = one.child.process.returncode if one.child.process else None
        self.screen.say(
            f"{one.child.program.name} ended ({_ending(code)}); "
            f"starting it again in {one.delay:.1f} s"
        )


def _ending(code: int | None) -> str:
    return f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
