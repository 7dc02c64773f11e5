"""What a killed supervisor left running: found by process id and start, stopped in order."""

import signal
import time
from contextlib import suppress

import psutil

from deploy.local.paths import State
from deploy.local.process import POLL_SECONDS, recall

SUPERVISOR = "supervisor"
# APIs first, Postgres last; whatever else is there belongs before Temporal.
_LAST = ("worker", "mail", "temporal", "postgres")
_SIGNALS = {"postgres": signal.SIGINT}
STOP_SECONDS = 15.0


def supervisor(state: State) -> psutil.Process | None:
    """The live `make up` of this state, if there is one."""
    return recall(state.run / f"{SUPERVISOR}.json")


def running(state: State) -> dict[str, psutil.Process]:
    """Every remembered child that still runs, in the order in which to stop them."""
    found = {
        record.stem: process
        for record in sorted(state.run.glob("*.json"))
        if record.stem != SUPERVISOR and (process := recall(record)) is not None
    }
    return {name: found[name] for name in sorted(found, key=_order)}


def stop_all(state: State) -> list[str]:
    """Stop them one after another; the names of those that were running."""
    stopped: list[str] = []
    for name, process in running(state).items():
        _stop(process, _SIGNALS.get(name, signal.SIGTERM))
        (state.run / f"{name}.json").unlink(missing_ok=True)
        stopped.append(name)
    return stopped


def _order(name: str) -> int:
    return _LAST.index(name) if name in _LAST else -1


def _stop(process: psutil.Process, number: signal.Signals) -> None:
    with suppress(psutil.NoSuchProcess):
        process.send_signal(number)
        if not ended(process):
            process.kill()
            ended(process)


def ended(process: psutil.Process, seconds: float = STOP_SECONDS) -> bool:
    """Wait for its end; a zombie has ended too: in a container nobody may come to collect it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with suppress(psutil.NoSuchProcess):
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                time.sleep(POLL_SECONDS)
                continue
        return True
    return False
