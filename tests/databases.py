"""The Postgres of a test run: a container where a Docker engine answers, else the embedded one."""

import gc
import importlib
import json
import os
import warnings
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Any

from deploy.local import databases, migrations
from deploy.local.databases import Databases
from deploy.local.failure import LocalFailure
from deploy.local.paths import State, exclusive
from deploy.local.ports import unused_port
from deploy.local.postgres import SUPERUSER, THROWAWAY, EmbeddedPostgres, Server
from deploy.local.process import remember
from deploy.local.secrets import Secrets

IMAGE = "postgres:18"
TEMPLATE = Databases.named("template")


@dataclass(frozen=True)
class DatabaseSet:
    """The two databases of one test process, and the settings that lead to them."""

    server: Server
    names: Databases
    env: dict[str, str]

    def url(self, service: str) -> str:
        """As the app role, which is what a service connects as."""
        return self.env[f"DANGJIAN_{service.upper()}_DATABASE_URL"]

    def owner_url(self, service: str) -> str:
        """As the owner of the schema, which only migrations may be."""
        return self.env[f"DANGJIAN_{service.upper()}_OWNER_URL"]


class SharedServer:
    """One server for all processes of a run; the first that needs it starts and migrates it."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.secrets = Secrets(state.secrets)
        self._note = state.run / "server.note"
        self._failed = state.run / "server.failed"
        self._container = state.run / "container.note"

    @property
    def server(self) -> Server:
        """The address; the password is in the secrets."""
        noted: dict[str, Any] = json.loads(self._note.read_text())
        return Server(**noted, password=self.secrets.password("postgres"))

    def start(self) -> None:
        """Start and migrate it once; what failed for the first process fails the same for all."""
        with exclusive(self.state.run / "server.lock"):
            if self._failed.exists():
                raise LocalFailure(self._failed.read_text())
            if self._note.exists():
                return
            try:
                server = self._contained() or self._embedded()
                self._make_template(server)
            except LocalFailure as failure:
                self._failed.write_text(str(failure))
                raise
            noted = {name: v for name, v in asdict(server).items() if name != "password"}
            self._note.write_text(json.dumps(noted))

    def _make_template(self, server: Server) -> None:
        databases.create_roles(server, self.secrets)
        databases.create_databases(server, TEMPLATE)
        migrations.run(databases.urls(server, self.secrets, TEMPLATE))

    def clone(self, suffix: str) -> DatabaseSet:
        """A copy of the template with a name of its own."""
        names = Databases.named(suffix)
        with exclusive(self.state.run / "server.lock"):
            databases.create_databases(self.server, names, TEMPLATE)
        return DatabaseSet(self.server, names, databases.urls(self.server, self.secrets, names))

    def drop(self, made: DatabaseSet) -> None:
        databases.drop_databases(self.server, made.names)

    def stop(self) -> None:
        """Remove the container; the embedded server ends with the run's other processes."""
        if self._container.exists():
            docker = importlib.import_module("docker")
            with closing(docker.from_env()) as engine:
                engine.containers.get(self._container.read_text()).remove(force=True, v=True)
            self._container.unlink()

    def _embedded(self) -> Server:
        password = self.secrets.password("postgres")
        embedded = EmbeddedPostgres(self.state.postgres, unused_port(), password, throwaway=True)
        embedded.initialise()
        remember(self.state.run / "postgres.json", embedded.start_detached())
        return embedded.server

    def _contained(self) -> Server | None:
        return self._start_container() if _docker_answers() else None

    def _start_container(self) -> Server:
        """Without the reaper, which would end it with the one process that started it."""
        os.environ["TESTCONTAINERS_RYUK_DISABLED"] = "true"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            postgres = importlib.import_module("testcontainers.postgres")
            password = self.secrets.password("postgres")
            container = postgres.PostgresContainer(
                IMAGE, username=SUPERUSER, password=password, dbname="postgres", driver=None
            )
            settings = {**THROWAWAY, "max_connections": "200"}
            options = " ".join(f"-c {name}={value}" for name, value in settings.items())
            container.with_command(f"postgres {options}").start()
        self._container.write_text(container.get_wrapped_container().id)
        host, port = container.get_container_host_ip(), int(container.get_exposed_port(5432))
        return Server(host, port, SUPERUSER, password)


def _docker_answers() -> bool:
    """Where no engine answers, the client leaves its socket open; that is not our leak."""
    docker = importlib.import_module("docker")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            with closing(docker.from_env()) as engine:
                return bool(engine.ping())
        except docker.errors.DockerException:
            return False
        finally:
            gc.collect()
