"""The words of a service's permission table: every route has exactly one entry."""

from dataclasses import dataclass

from shared.access import WITHOUT_PERSONAL_DATA, Access, Role
from shared.problems import Forbidden


@dataclass(frozen=True)
class Permission:
    """Who may call a route at all; the loaded object is authorised by the code behind it."""

    roles: frozenset[Role] = frozenset()
    scope: str = ""
    """Scope that a machine client must hold."""
    public: bool = False
    anyone: bool = False
    """Any authenticated caller."""
    services: bool = False
    own_key: bool = False
    """The route keeps its own idempotency key (commands, uploads) or needs none (checks)."""

    def check(self, access: Access) -> None:
        if access.principal.is_service:
            # What is an administrator's alone is nothing for the suite's services either.
            if self.services or self.anyone or self.roles - WITHOUT_PERSONAL_DATA:
                return
        elif access.principal.kind == "machine":
            if self.scope and self.scope in access.principal.scopes:
                return
        elif self.anyone or access.has(*self.roles):
            return
        raise Forbidden("no-permission", "您没有使用此功能的权限，请联系账号管理员。")


def public() -> Permission:
    return Permission(public=True)


def anyone(*, scope: str = "", own_key: bool = False) -> Permission:
    return Permission(anyone=True, scope=scope, own_key=own_key)


def roles(*allowed: Role, scope: str = "", own_key: bool = False) -> Permission:
    return Permission(roles=frozenset(allowed), scope=scope, own_key=own_key)


def services_only(*, own_key: bool = False) -> Permission:
    return Permission(services=True, own_key=own_key)
