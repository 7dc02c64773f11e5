"""Runs Alembic migrations as a schema's owner: `python -m shared.migrations orgs …`."""

import os
import sys
from pathlib import Path

from alembic import command
from alembic.config import Config


def upgrade(service: str, *, revision: str = "head") -> None:
    command.upgrade(configuration(service), revision)


def configuration(service: str, url: str | None = None) -> Config:
    """The owner's URL comes from DANGJIAN_<SERVICE>_OWNER_URL unless given."""
    config = Config()
    folder = Path("services") / service / "migrations"
    config.set_main_option("script_location", str(folder))
    config.set_main_option("path_separator", "os")
    config.attributes["service"] = service
    config.attributes["url"] = url or os.environ[f"DANGJIAN_{service.upper()}_OWNER_URL"]
    return config


def main() -> None:
    for service in sys.argv[1:]:
        upgrade(service)


if __name__ == "__main__":
    main()
