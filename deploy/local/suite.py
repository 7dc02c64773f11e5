"""A complete suite in one folder: what `make up` supervises, and what tests start and break."""

import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from deploy.local import databases, environment, migrations, orphans, ports, programs, temporal_cli
from deploy.local.databases import Databases
from deploy.local.paths import State
from deploy.local.ports import HOST, Ports
from deploy.local.postgres import EmbeddedPostgres, Server
from deploy.local.process import Child, Program, remember
from deploy.local.programs import Service
from deploy.local.screen import Screen
from deploy.local.secrets import Secrets
from deploy.local.temporal import DevServer

INFRASTRUCTURE = ("worker", "mail", "temporal", "postgres")
FOLDER_PREFIX = "dangjian-suite-"


class Suite:
    """Postgres, Temporal, mail, the services and the worker; `env` is every setting of it."""

    def __init__(
        self, state: State, at: Ports, *, screen: Screen | None = None,
        services: tuple[Service, ...] | None = None, shared: Server | None = None,
        secrets: Secrets | None = None,
    ) -> None:  # fmt: skip
        self.state = state
        self.ports = at
        self.screen = screen or Screen(quiet=True)
        self.services = programs.built() if services is None else services
        self.shared = shared
        self.children: dict[str, Child] = {}
        self.folder: Path | None = None
        self.overrides: dict[str, str] = {}
        state.create()
        self.secrets = secrets or Secrets(state.secrets)
        self.databases = Databases.named(f"s{at.orgs}") if shared else Databases()

    @classmethod
    def isolated(
        cls, *, shared: Server | None = None, secrets: Secrets | None = None,
        services: tuple[Service, ...] | None = None,
    ) -> "Suite":  # fmt: skip
        """A suite on free ports in a folder that `close` removes.

        With `shared` (and the secrets that made its roles) it gets databases of its own there.
        """
        folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX))
        folder.chmod(0o711)
        suite = cls(
            State(folder), Ports.unused(), shared=shared, secrets=secrets, services=services
        )
        suite.folder = folder
        remember(suite.state.run / f"{orphans.SUPERVISOR}.json", os.getpid())
        return suite

    @property
    def env(self) -> dict[str, str]:
        """Every DANGJIAN_ setting, as the processes have it."""
        own = environment.suite_environment(
            self.state, self.ports, self.server, self.databases, self.secrets
        )
        return {**own, **self.overrides}

    @property
    def postgres(self) -> EmbeddedPostgres:
        password = self.secrets.password("postgres")
        return EmbeddedPostgres(
            self.state.postgres, self.ports.postgres, password, throwaway=self.folder is not None
        )

    @property
    def server(self) -> Server:
        return self.shared or self.postgres.server

    def url(self, service: str) -> str:
        return f"http://{HOST}:{self.ports.of(service)}"

    def up(self) -> "Suite":
        """Start everything and wait until all of it is ready."""
        ports.require_free(self.ports, self._port_names())
        program = self.find_engine()
        with ThreadPoolExecutor(1) as aside:
            engine = aside.submit(self.start_temporal, program)
            self.start_postgres()
            names = [service.name for service in self.services]
            migrations.run_if_needed(self.server, self.databases, self.env, names)
            engine.result()
        self.start_services()
        return self

    def start_postgres(self) -> None:
        if self.shared is None:
            if not (self.postgres.data / "PG_VERSION").exists():
                self.screen.say("making the Postgres cluster")
            self.postgres.initialise()
            self._run(programs.postgres(self.postgres))
        databases.create_roles(self.server, self.secrets)
        databases.create_databases(self.server, self.databases)

    def find_engine(self) -> Path:
        return temporal_cli.find(self.screen)

    def start_temporal(self, cli: Path) -> None:
        engine = DevServer(
            cli, self.state.temporal, self.ports.temporal,
            None if self.folder else self.ports.temporal_ui, f"{self.url('workflows')}/v1/codec",
        )  # fmt: skip
        engine.check_version()
        self._run(programs.temporal(engine))
        engine.keep_closed_cases()

    def start_services(self) -> None:
        """All at once, for most of their start is importing; then wait for each."""
        self.state.worker_ready.unlink(missing_ok=True)
        env = self.env
        wanted = [programs.mail(env, self.ports)]
        wanted += [programs.service(s, env, self.ports, self.state) for s in self.services]
        for program in wanted:
            self._child(program).start()
        for program in wanted:
            self.children[program.name].wait_ready()

    def start(self, name: str, env: Mapping[str, str] | None = None) -> None:
        """Start one that was stopped or killed, with more settings such as a failpoint."""
        self.restart(name, env)
        self.children[name].wait_ready()

    def restart(self, name: str, env: Mapping[str, str] | None = None) -> None:
        """Start it again without waiting until it is ready."""
        if name == "worker":
            self.state.worker_ready.unlink(missing_ok=True)
        self.children[name].start(env)

    def stop(self, name: str) -> None:
        self.children[name].stop()

    def kill(self, name: str) -> None:
        """SIGKILL, as a crash would."""
        self.children[name].kill()

    def down(self) -> None:
        """Stop in order: APIs together, then the worker, mail, Temporal, Postgres."""
        apis = [c for name, c in self.children.items() if name not in INFRASTRUCTURE]
        self._stop(apis)
        for name in INFRASTRUCTURE:
            self._stop(c for own, c in self.children.items() if own == name)

    def close(self) -> None:
        """Stop everything and, of an isolated suite, remove the folder and the databases."""
        self.down()
        if self.shared is not None:
            databases.drop_databases(self.shared, self.databases)
        if self.folder is not None:
            shutil.rmtree(self.postgres.data, ignore_errors=True)
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> "Suite":
        try:
            return self.up()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, program: Program) -> None:
        self._child(program).start()
        self.children[program.name].wait_ready()

    def _child(self, program: Program) -> Child:
        return self.children.setdefault(program.name, Child(program, self.state))

    def _stop(self, children: Iterable[Child]) -> None:
        """Signal all, then wait, so that a group takes as long as its slowest."""
        group = list(children)
        for child in group:
            child.send(child.program.stop_signal)
        for child in group:
            child.stop()

    def _port_names(self) -> list[str]:
        own = [service.port for service in self.services if service.port]
        engines = ["mail", "temporal"] + ([] if self.folder else ["temporal_ui"])
        return [*own, *engines] + ([] if self.shared else ["postgres"])
