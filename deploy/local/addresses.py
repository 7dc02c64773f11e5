"""Where the services of a suite answer, from the settings that its processes have."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from deploy.local.ports import HOST, Ports


@dataclass(frozen=True)
class Addresses:
    orgs: str
    workflows: str
    notifications: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Addresses":
        """DANGJIAN_<SERVICE>_URL, else the local port."""
        ports = Ports.from_environment(environment)

        def url(name: str) -> str:
            given = environment.get(f"DANGJIAN_{name.upper()}_URL")
            return given or f"http://{HOST}:{ports.of(name)}"

        return cls(url("orgs"), url("workflows"), url("notifications"))

    def of(self, service: str) -> str:
        return str(getattr(self, service))
