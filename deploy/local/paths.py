"""Where the embedded suite keeps its state, and where the tools shared by all checkouts live."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class State:
    """One suite's folder: `var/` of the checkout, or a folder of its own in a test."""

    root: Path

    @property
    def secrets(self) -> Path:
        return self.root / "secrets"

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def mail(self) -> Path:
        return self.root / "mail"

    @property
    def temporal(self) -> Path:
        return self.root / "temporal"

    @property
    def postgres(self) -> Path:
        return self.root / "postgres"

    @property
    def audit(self) -> Path:
        return self.root / "audit"

    @property
    def demo_loaded(self) -> Path:
        return self.root / "demo-loaded"

    @property
    def demo_accounts(self) -> Path:
        return self.root / "demo-accounts.txt"

    @property
    def worker_ready(self) -> Path:
        return self.run / "worker.ready"

    def create(self) -> None:
        """Make the folders; what holds secrets or people's data is closed to other users."""
        self.root.mkdir(parents=True, exist_ok=True)
        for folder in (self.secrets, self.run, self.logs, self.mail, self.temporal, self.audit):
            folder.mkdir(mode=0o700, exist_ok=True)


def default_state() -> State:
    """`var/` of this checkout; DANGJIAN_VAR moves it."""
    return State(Path(os.environ.get("DANGJIAN_VAR", REPOSITORY / "var")).resolve())


def cache() -> Path:
    """Tools that are got once and used by every checkout."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "dangjian"


@contextmanager
def exclusive(path: Path) -> Generator[None]:
    """One process at a time, so that parallel test workers don't build a tool twice."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
