"""The routers of this group, who may call them, and what its constraints mean."""

from fastapi import APIRouter

from shared.permissions import Permission
from shared.problems import Problem

ROUTERS: list[APIRouter] = []
PERMISSIONS: dict[tuple[str, str], Permission] = {}
CONSTRAINTS: dict[str, Problem] = {}
