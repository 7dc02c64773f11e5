"""Brings every schema of a suite to this checkout's version, as the owner roles."""

import subprocess
import sys
from collections.abc import Mapping

from deploy.local import environment
from deploy.local.databases import SERVICES
from deploy.local.failure import LocalFailure
from deploy.local.paths import REPOSITORY


def run(suite: Mapping[str, str]) -> None:
    """`suite` carries the owners' addresses; the message of a failure is the tool's own."""
    names = [name for name in SERVICES if (REPOSITORY / "services" / name / "migrations").is_dir()]
    done = subprocess.run(
        [sys.executable, "-m", "shared.migrations", *names], cwd=REPOSITORY, check=False,
        env=environment.everything(suite), capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        raise LocalFailure(f"migrations failed:\n{(done.stdout + done.stderr)[-3000:]}")
