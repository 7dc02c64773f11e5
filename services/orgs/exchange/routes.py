"""The routers of this group, who may call them, and what its constraints mean."""

from fastapi import APIRouter

from services.orgs.exchange.changes.router import router as changes
from services.orgs.exchange.due.router import router as due
from shared.permissions import Permission, services_only
from shared.problems import Problem

ROUTERS: list[APIRouter] = [changes, due]
PERMISSIONS: dict[tuple[str, str], Permission] = {
    ("GET", "/v1/changes"): services_only(),
    ("GET", "/v1/due"): services_only(),
}
CONSTRAINTS: dict[str, Problem] = {}
