"""The routers of this group, who may call them, and what its constraints mean."""

from contextlib import AsyncExitStack

from fastapi import APIRouter, FastAPI
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.access import Grant
from shared.auth import Principal
from shared.permissions import Permission
from shared.problems import Problem

ROUTERS: list[APIRouter] = []
PERMISSIONS: dict[tuple[str, str], Permission] = {}
CONSTRAINTS: dict[str, Problem] = {}


async def load_grants(session: AsyncSession, principal: Principal) -> tuple[Grant, ...]:
    """The caller's grants in force today."""
    raise LookupError(principal.account_id, session)


async def prepare(app: FastAPI, stack: AsyncExitStack) -> None:
    """Load the signing key, so that the issuer can answer and verify its own tokens."""
