"""What a portal can be given is what routes ask for, in every service."""

from collections.abc import Mapping
from pathlib import Path

from services.notifications.routes import PERMISSIONS as NOTIFICATIONS
from services.orgs.access.clients.rules import Scope
from services.orgs.app import GROUPS
from services.workflows.permissions import PERMISSIONS as WORKFLOWS
from shared.permissions import Permission

Table = Mapping[tuple[str, str], Permission]
TABLES: tuple[Table, ...] = (*(group.PERMISSIONS for group in GROUPS), WORKFLOWS, NOTIFICATIONS)
ASKED = {permission.scope for table in TABLES for permission in table.values()} - {""}


def test_every_scope_that_a_route_asks_for_can_be_registered() -> None:
    assert {scope.value for scope in Scope} >= ASKED


def test_every_scope_that_can_be_registered_opens_a_route() -> None:
    assert {scope.value for scope in Scope} <= ASKED


def test_the_guide_for_portals_names_every_scope() -> None:
    guide = Path("docs/api.md").read_text()
    assert [scope for scope in Scope if f"| `{scope.value}` |" not in guide] == []
