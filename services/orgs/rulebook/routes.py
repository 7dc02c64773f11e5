"""The routers of this group, who may call them, and what its constraints mean."""

from fastapi import APIRouter

from services.orgs.rulebook.calendar.router import router as calendar
from services.orgs.rulebook.editions.router import router as editions
from services.orgs.rulebook.overrides.router import router as overrides
from shared.access import Role
from shared.permissions import Permission, anyone, roles
from shared.problems import Conflict, Problem

ROUTERS: list[APIRouter] = [overrides, editions, calendar]
_SETTERS = roles(Role.COMMITTEE, Role.ORGANISER)
PERMISSIONS: dict[tuple[str, str], Permission] = {
    ("GET", "/v1/rulebook/editions"): anyone(scope="rulebook:read"),
    ("GET", "/v1/rulebook/editions/{number}"): anyone(scope="rulebook:read"),
    ("GET", "/v1/rulebook/values"): anyone(scope="rulebook:read"),
    ("GET", "/v1/rulebook/overrides"): anyone(scope="rulebook:read"),
    ("POST", "/v1/rulebook/overrides"): _SETTERS,
    ("PATCH", "/v1/rulebook/overrides/{override_id}"): _SETTERS,
    ("GET", "/v1/calendar"): anyone(scope="rulebook:read"),
    ("GET", "/v1/calendar/{year}"): anyone(scope="rulebook:read"),
    ("POST", "/v1/calendar/{year}"): roles(Role.OPERATOR),
}
CONSTRAINTS: dict[str, Problem] = {
    "uq_rule_overrides_live": Conflict(
        "override-exists", "该组织已经设置过这一项，请修改原来的设置。", field="key"
    ),
}
