"""The routers of this group, who may call them, and what its constraints mean."""

from fastapi import APIRouter

from services.orgs.letters.router import router
from shared.access import Role
from shared.permissions import Permission, roles, services_only
from shared.problems import Conflict, Problem

ROUTERS: list[APIRouter] = [router]
_READERS = roles(Role.ORGANISER, Role.COMMITTEE, Role.SECRETARY, scope="letters:read")
PERMISSIONS: dict[tuple[str, str], Permission] = {
    ("POST", "/v1/letters"): services_only(),
    ("POST", "/v1/letters/{letter_id}/voids"): services_only(),
    ("POST", "/v1/letters/{letter_id}/acceptances"): services_only(),
    ("POST", "/v1/letters/{letter_id}/receipts"): services_only(),
    ("GET", "/v1/letters"): _READERS,
    ("GET", "/v1/letters/{letter_id}"): _READERS,
    ("GET", "/v1/letters/{letter_id}/paper"): roles(Role.ORGANISER, Role.COMMITTEE),
}
CONSTRAINTS: dict[str, Problem] = {
    "uq_letter_members_live": Conflict(
        "letter-open", "名单中有人已有一封有效的介绍信，请先作废或补开。", field="member_ids"
    ),
}
