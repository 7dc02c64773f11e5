"""What the caller may do: grants are role × organisation node, reading covers the subtree."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from shared.auth import Principal
from shared.problems import Forbidden


class Role(StrEnum):
    """Roles of the field; see docs/glossary.md."""

    ORGANISER = "organiser"
    COMMITTEE = "committee"
    SECRETARY = "secretary"
    INSTRUCTOR = "instructor"
    LIAISON = "liaison"
    OFFICE = "office"
    ENTERPRISE_CONTACT = "enterprise_contact"
    MEMBER = "member"
    MACHINE = "machine"
    OPERATOR = "operator"
    SECURITY_ADMIN = "security_admin"
    AUDITOR = "auditor"


WITHOUT_PERSONAL_DATA = frozenset({Role.OPERATOR, Role.SECURITY_ADMIN, Role.AUDITOR})
READS_SUBTREE = frozenset(
    {Role.ORGANISER, Role.COMMITTEE, Role.SECRETARY, Role.MACHINE, Role.INSTRUCTOR, Role.LIAISON}
)
EVERYWHERE = "0"
"""Every organisation path begins with it; only the suite's own services get it as scope."""


@dataclass(frozen=True)
class Grant:
    role: Role
    org_id: UUID
    path: str
    delegated: bool = False
    """Another's role during a dated absence: it lets read, and decide on that person's behalf."""


@dataclass(frozen=True)
class Access:
    """The caller with the grants in force today."""

    principal: Principal
    grants: tuple[Grant, ...]

    @property
    def person_id(self) -> UUID | None:
        return UUID(self.principal.person_id) if self.principal.person_id else None

    @property
    def prefixes(self) -> tuple[str, ...]:
        """Paths of the subtrees whose personal data the caller may read."""
        if self.principal.is_service:
            return (EVERYWHERE,)
        return tuple(sorted({g.path for g in self.grants if g.role in READS_SUBTREE}))

    def has(self, *roles: Role) -> bool:
        return any(grant.role in roles for grant in self.own)

    @property
    def own(self) -> tuple[Grant, ...]:
        return tuple(grant for grant in self.grants if not grant.delegated)

    def reads(self, path: str) -> bool:
        return any(path.startswith(prefix) for prefix in self.prefixes)

    def holds(self, role: Role, org_id: UUID) -> bool:
        """Deciding needs the role at exactly that organisation."""
        return any(g.role == role and g.org_id == org_id for g in self.own)

    def covers(self, path: str, roles: Collection[Role]) -> bool:
        """One of the roles at the node or above it."""
        return any(g.role in roles and path.startswith(g.path) for g in self.own)

    def must_read(self, path: str) -> None:
        if not self.reads(path):
            raise Forbidden("outside-reach", "该组织不在您的管理范围内，请联系上级党组织办理。")

    def must_cover(self, path: str, *roles: Role) -> None:
        if not (self.principal.is_service or self.covers(path, roles)):
            raise Forbidden("outside-reach", "您在该组织没有办理此事项的权限，请联系账号管理员。")

    def must_be_service(self) -> None:
        if not self.principal.is_service:
            raise Forbidden("services-only", "该接口只供系统内部使用。")
