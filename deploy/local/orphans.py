"""What a killed supervisor left running: found by process id and start, stopped in order."""

import signal

import psutil

from deploy.local.paths import State
from deploy.local.process import recall

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
    try:
        process.send_signal(number)
        process.wait(STOP_SECONDS)
    except psutil.TimeoutExpired:
        process.kill()
        process.wait(STOP_SECONDS)
    except psutil.NoSuchProcess:
        return
