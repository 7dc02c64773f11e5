"""Which processes a suite has, how each is started, and how each says that it is ready."""

import importlib.util
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from deploy.local import environment, unprivileged
from deploy.local.environment import APIS
from deploy.local.paths import State
from deploy.local.ports import HOST, Ports
from deploy.local.postgres import CLEAN, EmbeddedPostgres
from deploy.local.process import Program
from deploy.local.temporal import DevServer

PROBE_SECONDS = 2.0


@dataclass(frozen=True)
class Service:
    """A Python process of the suite: its module and the services whose settings it gets."""

    name: str
    module: str
    settings: tuple[str, ...]
    port: str | None = None


SERVICES = (
    *(Service(name, f"services.{name}", (name,), name) for name in APIS),
    Service("worker", "services.workflows.worker", ("workflows",)),
    Service("console", "services.console", ("console",), "console"),
)


def built(services: tuple[Service, ...] = SERVICES) -> tuple[Service, ...]:
    """Those whose program is in this checkout."""
    return tuple(service for service in services if _exists(service.module))


def postgres(embedded: EmbeddedPostgres) -> Program:
    return Program(
        "postgres", embedded.command(), CLEAN, embedded.server.answers,
        stop_signal=signal.SIGINT, folder=embedded.data, account=unprivileged.account(),
    )  # fmt: skip


def temporal(server: DevServer) -> Program:
    return Program("temporal", server.command(), environment.everything({}), server.answers)


def mail(suite: Mapping[str, str], ports: Ports) -> Program:
    def ready() -> bool:
        with socket.socket() as probe:
            probe.settimeout(PROBE_SECONDS)
            return probe.connect_ex((HOST, ports.mail)) == 0

    return Program("mail", _python("deploy.local.mail"), environment.of(suite, "mail"), ready)


def service(which: Service, suite: Mapping[str, str], ports: Ports, state: State) -> Program:
    ready = _http_ready(ports.of(which.port)) if which.port else _file_ready(state.worker_ready)
    return Program(which.name, _python(which.module), environment.of(suite, *which.settings), ready)


def _python(module: str) -> list[str]:
    return [sys.executable, "-m", module]


def _exists(module: str) -> bool:
    try:
        found = importlib.util.find_spec(module)
        if found is not None and found.submodule_search_locations is not None:
            return importlib.util.find_spec(f"{module}.__main__") is not None
    except ModuleNotFoundError:
        return False
    return found is not None


def _http_ready(port: int) -> Callable[[], bool]:
    def ready() -> bool:
        connection = HTTPConnection(HOST, port, timeout=PROBE_SECONDS)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    return ready


def _file_ready(path: Path) -> Callable[[], bool]:
    return path.exists
