"""Which port each part listens on, by which setting it moves, and whether it is free."""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, fields

from deploy.local.failure import LocalFailure

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Ports:
    """Every field moves by DANGJIAN_<FIELD>_PORT."""

    console: int = 8000
    orgs: int = 8001
    workflows: int = 8002
    notifications: int = 8003
    mail: int = 8025
    temporal: int = 7233
    temporal_ui: int = 8233
    postgres: int = 15432

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Ports":
        given = {f.name: environment.get(setting(f.name)) for f in fields(cls)}
        return cls(**{name: _number(name, text) for name, text in given.items() if text})

    @classmethod
    def unused(cls) -> "Ports":
        """Ports that nobody uses now, all different."""
        sockets = [_bound(0) for _ in fields(cls)]
        numbers = [s.getsockname()[1] for s in sockets]
        for s in sockets:
            s.close()
        return cls(*numbers)

    def of(self, name: str) -> int:
        return int(getattr(self, name))


def setting(name: str) -> str:
    return f"DANGJIAN_{name.upper()}_PORT"


def unused_port() -> int:
    with _bound(0) as probe:
        return int(probe.getsockname()[1])


def require_free(ports: Ports, names: list[str]) -> None:
    """Refuse before anything is started, naming each taken port and the setting that moves it."""
    taken = [name for name in names if not _is_free(ports.of(name))]
    if not taken:
        return
    listed = "; ".join(
        f"port {ports.of(name)} ({name}) is in use: stop the program that holds it, "
        f"or set {setting(name)} to another port"
        for name in taken
    )
    raise LocalFailure(listed)


def _is_free(port: int) -> bool:
    try:
        _bound(port).close()
    except OSError:
        return False
    return True


def _bound(port: int) -> socket.socket:
    probe = socket.socket()
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        probe.bind((HOST, port))
    except OSError:
        probe.close()
        raise
    return probe


def _number(name: str, text: str) -> int:
    if text.isdigit() and 0 < int(text) < 65536:
        return int(text)
    raise LocalFailure(f"{setting(name)} must be a number from 1 to 65535")
