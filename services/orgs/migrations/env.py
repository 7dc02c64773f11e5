"""Alembic environment of the register; the keys of people have a database of their own."""

import asyncio
import os

from services.orgs.metadata import METADATA
from services.orgs.register.people.keystore import create_table
from shared.migration_env import run

if keys_owner := os.environ.get("DANGJIAN_ORGS_KEYS_OWNER_URL"):
    asyncio.run(create_table(keys_owner))
run(METADATA)
