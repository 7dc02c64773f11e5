"""Alembic environment of the register."""

from services.orgs.metadata import METADATA
from shared.migration_env import run

run(METADATA)
