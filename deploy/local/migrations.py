"""Brings every schema of a suite to this checkout's version, as the owner roles."""

import hashlib
import subprocess
import sys
from collections.abc import Iterable, Mapping

from deploy.local import environment
from deploy.local.databases import SERVICES, Databases
from deploy.local.failure import LocalFailure
from deploy.local.paths import REPOSITORY
from deploy.local.postgres import Server


def run(suite: Mapping[str, str], services: Iterable[str] = SERVICES) -> None:
    """`suite` carries the owners' addresses; the message of a failure is the tool's own."""
    names = [name for name in services if (REPOSITORY / "services" / name / "migrations").is_dir()]
    if not names:
        return
    done = subprocess.run(
        [sys.executable, "-m", "shared.migrations", *names], cwd=REPOSITORY, check=False,
        env=environment.everything(suite), capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        raise LocalFailure(f"migrations failed:\n{(done.stdout + done.stderr)[-3000:]}")


def run_if_needed(
    server: Server, names: Databases, suite: Mapping[str, str], services: Iterable[str]
) -> None:
    """Skip the seconds that importing the tool takes when the databases say they are current.

    The mark is a comment on each database: a restored or recreated one does not have it.
    """
    wanted = [name for name in SERVICES if name in set(services)]
    mark = _fingerprint(wanted)
    if _marks(server, names) == {mark}:
        return
    run(suite, wanted)
    for database in (names.main, names.keys):
        server.run(f"COMMENT ON DATABASE {database} IS '{mark}'")


def _marks(server: Server, names: Databases) -> set[str]:
    listed = f"'{names.main}', '{names.keys}'"
    query = (
        "SELECT coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database "  # noqa: S608
        f"WHERE datname IN ({listed})"
    )
    return set(server.run(query).split("\n"))


def _fingerprint(services: list[str]) -> str:
    digest = hashlib.sha256(" ".join(services).encode())
    for name in services:
        for file in sorted((REPOSITORY / "services" / name / "migrations").rglob("*.py")):
            digest.update(file.name.encode() + file.read_bytes())
    return f"migrations {digest.hexdigest()}"
