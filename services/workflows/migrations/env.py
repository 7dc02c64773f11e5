"""Alembic environment of the workflows service."""

from services.workflows.metadata import METADATA
from shared.migration_env import run

run(METADATA)
