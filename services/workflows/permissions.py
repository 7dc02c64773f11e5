"""Who may call which route; a route that is not here fails the tests."""

from shared.access import Role
from shared.permissions import Permission, anyone, roles

CASES = "cases:read"
WRITE = "cases:write"

PERMISSIONS: dict[tuple[str, str], Permission] = {
    ("GET", "/v1/processes"): anyone(scope=CASES),
    ("GET", "/v1/processes/{key}"): anyone(scope=CASES),
    ("POST", "/v1/processes/{key}/check"): anyone(scope=WRITE, own_key=True),
    ("POST", "/v1/cases"): anyone(scope=WRITE, own_key=True),
    ("GET", "/v1/cases"): anyone(scope=CASES),
    ("GET", "/v1/cases/{case_id}"): anyone(scope=CASES),
    ("GET", "/v1/cases/{case_id}/timeline"): anyone(scope=CASES),
    ("POST", "/v1/cases/{case_id}/withdrawals"): anyone(scope=WRITE, own_key=True),
    ("POST", "/v1/cases/{case_id}/repairs"): roles(Role.OPERATOR, own_key=True),
    ("GET", "/v1/tasks"): anyone(),
    ("GET", "/v1/tasks/counts"): anyone(),
    ("GET", "/v1/tasks/{task_id}"): anyone(scope=CASES),
    ("POST", "/v1/tasks/{task_id}/check"): anyone(own_key=True),
    ("POST", "/v1/tasks/{task_id}/decisions"): anyone(own_key=True),
    ("POST", "/v1/tasks/{task_id}/claims"): anyone(),
    ("DELETE", "/v1/tasks/{task_id}/claims"): anyone(),
    ("POST", "/v1/tasks/{task_id}/urgings"): anyone(scope=WRITE),
    ("POST", "/v1/delegations"): anyone(),
    ("GET", "/v1/delegations"): anyone(),
    ("DELETE", "/v1/delegations/{delegation_id}"): anyone(),
    ("GET", "/v1/monitoring/backlog"): roles(Role.OPERATOR),
    ("GET", "/v1/commands/{command_id}"): anyone(scope=WRITE),
    ("POST", "/v1/codec/decode"): roles(Role.OPERATOR, own_key=True),
}
