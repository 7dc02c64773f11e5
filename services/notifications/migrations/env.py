"""Alembic environment of notifications."""

from services.notifications.metadata import METADATA
from shared.migration_env import run

run(METADATA)
