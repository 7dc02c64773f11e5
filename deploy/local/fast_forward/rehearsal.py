"""An isolated suite on the time-skipping server, in which ninety days pass in a minute."""

import signal
import socket
from pathlib import Path

from deploy.local import environment, time_skipping
from deploy.local.ports import HOST
from deploy.local.process import Program
from deploy.local.suite import Suite

PROBE_SECONDS = 1.0
_SETTINGS = {
    # The server knows no Schedules: whoever lets the days pass calls the rounds.
    "DANGJIAN_WORKFLOWS_SCHEDULES": "false",
    "DANGJIAN_NOTIFICATIONS_EMAIL_PER_DAY": "1000",
}


class Rehearsal(Suite):
    """The time-skipping server in Temporal's place; it keeps nothing."""

    @property
    def env(self) -> dict[str, str]:
        return {**super().env, **_SETTINGS}

    def find_engine(self) -> Path:
        return time_skipping.find(self.screen)

    def start_temporal(self, cli: Path) -> None:
        command = [str(cli), str(self.ports.temporal), "--enable-time-skipping"]
        self._run(
            Program(
                "temporal", command, environment.everything({}), self._engine_answers,
                stop_signal=signal.SIGKILL,
            )
        )  # fmt: skip

    def _engine_answers(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(PROBE_SECONDS)
            return probe.connect_ex((HOST, self.ports.temporal)) == 0
