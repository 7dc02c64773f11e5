"""The compose file and its environment agree; its init script makes what the services expect."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from deploy.docker.make_env import filled
from deploy.local.failure import LocalFailure
from deploy.local.ports import HOST, unused_port
from deploy.local.postgres import EmbeddedPostgres, Server, programs
from deploy.local.secrets import ROLES, Secrets

COMPOSE = Path("docker-compose.yml").read_text()
EXAMPLE = Path(".env.example").read_text()
INIT = "deploy/docker/postgres/10-databases.sql"
NAME = re.compile(r"^(DANGJIAN_\w+)=(.*)$", re.MULTILINE)


def test_every_variable_of_the_compose_file_is_in_the_example_and_back() -> None:
    used = set(re.findall(r"\$\{(DANGJIAN_\w+)", COMPOSE))
    used |= set(re.findall(r"^    environment: (DANGJIAN_\w+)$", COMPOSE, re.MULTILINE))
    assert used == {name for name, _ in NAME.findall(EXAMPLE)}


def test_no_secret_stands_in_the_example_and_each_made_one_is_fresh(tmp_path: Path) -> None:
    one = dict(NAME.findall(filled(EXAMPLE, Secrets(tmp_path / "one"))))
    other = dict(NAME.findall(filled(EXAMPLE, Secrets(tmp_path / "other"))))
    empty = {name for name, value in NAME.findall(EXAMPLE) if not value and "SMTP" not in name}
    assert len(empty) == 19
    assert all(one[name] != other[name] and len(one[name]) >= 32 for name in empty)


@pytest.fixture
def initialised(tmp_path: Path) -> Generator[tuple[EmbeddedPostgres, dict[str, str]]]:
    """A cluster of its own, as the image's volume is before the first start."""
    env = dict(NAME.findall(filled(EXAMPLE, Secrets(tmp_path / "secrets"))))
    folder = Path(tempfile.mkdtemp(prefix="dangjian-compose-"))
    folder.chmod(0o711)
    password = env["DANGJIAN_DB_SUPERUSER_PASSWORD"]
    server = EmbeddedPostgres(folder / "postgres", unused_port(), password, throwaway=True)
    server.initialise()
    pid = server.start_detached()
    try:
        subprocess.run(
            [str(programs() / "psql"), "-v", "ON_ERROR_STOP=1", "--no-psqlrc", "-f", INIT,
             "-h", HOST, "-p", str(server.port), "-U", "postgres"],
            env={**env, "PGPASSWORD": password}, check=True, capture_output=True,
        )  # fmt: skip
        yield server, env
    finally:
        os.kill(pid, signal.SIGQUIT)
        shutil.rmtree(server.data, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.slow
def test_the_init_script_makes_owners_and_app_roles_that_see_their_own_schema_only(
    initialised: tuple[EmbeddedPostgres, dict[str, str]],
) -> None:
    made, env = initialised

    def role(name: str) -> Server:
        return Server(HOST, made.port, name, env[f"DANGJIAN_DB_{name.upper()}_PASSWORD"])

    for name in ROLES:
        service, kind = name.rsplit("_", 1)
        database = "dangjian_keys" if service == "keys" else "dangjian"
        if kind == "owner":
            role(name).run("CREATE TABLE zz (n int)", database)
            role(f"{service}_app").run("INSERT INTO zz VALUES (1)", database)
            continue
        with pytest.raises(LocalFailure, match="permission denied for schema"):
            role(name).run("CREATE TABLE forbidden (n int)", database)
        with pytest.raises(LocalFailure, match="permission denied for database"):
            role(name).run("SELECT 1", "temporal")
    role("temporal").run("CREATE TABLE executions (n int)", "temporal")
