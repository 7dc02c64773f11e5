"""The embedded Temporal server: the dev server on a SQLite file, with measured flags."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from deploy.local.failure import LocalFailure
from deploy.local.ports import HOST

SERVER_VERSION = "1.29.1"
NAMESPACE = "default"
# 30 days; the server's own default is one day, and a closed case is looked at for longer.
RETENTION = "720h"
# WAL with full sync loses no commit at a power cut; measured beside the other flags.
PRAGMAS = ("journal_mode=wal", "synchronous=2")
DYNAMIC_CONFIG = (
    "history.transferProcessorMaxPollRPS=1000",
    "history.timerProcessorMaxPollRPS=1000",
    "history.visibilityProcessorMaxPollRPS=1000",
    "system.enableActivityEagerExecution=true",
    "matching.numTaskqueueReadPartitions=1",
    "matching.numTaskqueueWritePartitions=1",
)


@dataclass(frozen=True)
class DevServer:
    """One dev server; `folder` keeps its file and the version that wrote it."""

    cli: Path
    folder: Path
    port: int
    ui_port: int | None = None
    codec_endpoint: str | None = None

    @property
    def address(self) -> str:
        return f"{HOST}:{self.port}"

    def check_version(self) -> None:
        """Record the version beside the state; another one may not open it."""
        record = self.folder / "server-version"
        if not record.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            record.write_text(SERVER_VERSION)
        elif record.read_text().strip() != SERVER_VERSION:
            raise LocalFailure(
                f"{self.folder} was written by Temporal server {record.read_text().strip()} and "
                f"this is {SERVER_VERSION}: check out the release that wrote it to finish its "
                "cases, or `make reset`"
            )

    def command(self) -> list[str]:
        command = [
            str(self.cli), "server", "start-dev", "--ip", HOST, "--port", str(self.port),
            "--db-filename", str(self.folder / "temporal.sqlite"), "--log-level", "error",
            "--disable-config-file", "--disable-config-env",
        ]  # fmt: skip
        for pragma in PRAGMAS:
            command += ["--sqlite-pragma", pragma]
        for value in DYNAMIC_CONFIG:
            command += ["--dynamic-config-value", value]
        return command + self._ui()

    def _ui(self) -> list[str]:
        if self.ui_port is None:
            return ["--headless"]
        codec = ["--ui-codec-endpoint", self.codec_endpoint] if self.codec_endpoint else []
        return ["--ui-port", str(self.ui_port), "--ui-ip", HOST, *codec]

    def answers(self) -> bool:
        """Whether the namespace is there, which is later than the port being open."""
        return self._operator("describe", "-n", NAMESPACE)

    def keep_closed_cases(self) -> None:
        """Set the retention, which `start-dev` has no flag for."""
        if not self._operator("update", "-n", NAMESPACE, "--retention", RETENTION):
            raise LocalFailure("Temporal refused to keep closed cases for 30 days: see its log")

    def _operator(self, verb: str, *arguments: str) -> bool:
        done = subprocess.run(
            [str(self.cli), "operator", "namespace", verb, *arguments, "--address", self.address,
             "--command-timeout", "5s", "--disable-config-file", "--disable-config-env"],
            capture_output=True, check=False,
        )  # fmt: skip
        return done.returncode == 0
