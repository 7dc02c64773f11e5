"""The routers of this group, who may call them, and what its constraints mean."""

from fastapi import APIRouter

from services.orgs.register.divisions.router import router as divisions
from services.orgs.register.enterprises.router import router as enterprises
from services.orgs.register.members.effects_router import router as member_effects
from services.orgs.register.members.hosting import router as participations
from services.orgs.register.members.router import router as members
from services.orgs.register.organisations.router import directory_router as directory
from services.orgs.register.organisations.router import router as organisations
from services.orgs.register.people.router import router as people
from services.orgs.register.posts.router import router as posts
from services.orgs.register.posts.router import terms_router as terms
from shared.access import Role
from shared.permissions import Permission, anyone, roles, services_only
from shared.problems import Conflict, Problem

ROUTERS: list[APIRouter] = [
    divisions,
    directory,
    organisations,
    enterprises,
    people,
    members,
    member_effects,
    participations,
    posts,
    terms,
]
_PUBLIC_INSIDE = anyone(scope="register:read")
_KEEPERS = (Role.COMMITTEE, Role.ORGANISER, Role.SECRETARY)
_READERS = (*_KEEPERS, Role.INSTRUCTOR, Role.LIAISON)
_READ = roles(*_READERS, scope="members:read")
_READ_FIRMS = roles(*_READERS, scope="enterprises:read")
_OWN_TOO = anyone(scope="members:read")
"""The handler lets persons see their own record and nobody else's."""
_KEEP = roles(*_KEEPERS)
_SUPERIORS = roles(Role.COMMITTEE, Role.ORGANISER)

PERMISSIONS: dict[tuple[str, str], Permission] = {
    ("GET", "/v1/divisions"): _PUBLIC_INSIDE,
    ("GET", "/v1/divisions/{code}"): _PUBLIC_INSIDE,
    ("GET", "/v1/directory"): _PUBLIC_INSIDE,
    ("GET", "/v1/organisations"): _PUBLIC_INSIDE,
    ("GET", "/v1/organisations/{org_id}"): _PUBLIC_INSIDE,
    ("GET", "/v1/organisations/{org_id}/children"): _PUBLIC_INSIDE,
    ("GET", "/v1/organisations/{org_id}/history"): _PUBLIC_INSIDE,
    ("GET", "/v1/organisations/{org_id}/facts"): _PUBLIC_INSIDE,
    ("GET", "/v1/organisations/{org_id}/common-superior/{other_id}"): _PUBLIC_INSIDE,
    ("POST", "/v1/organisations"): _SUPERIORS,
    ("PATCH", "/v1/organisations/{org_id}"): _SUPERIORS,
    ("POST", "/v1/organisations/{org_id}/states"): services_only(),
    ("POST", "/v1/organisations/{org_id}/affiliations"): services_only(),
    ("POST", "/v1/organisations/{org_id}/direct-contacts"): services_only(),
    ("GET", "/v1/enterprises"): _READ_FIRMS,
    ("GET", "/v1/enterprises/{enterprise_id}"): _READ_FIRMS,
    ("POST", "/v1/enterprises"): _KEEP,
    ("PATCH", "/v1/enterprises/{enterprise_id}"): _KEEP,
    ("PUT", "/v1/enterprises/{enterprise_id}/covering"): services_only(),
    ("GET", "/v1/people"): _READ,
    ("POST", "/v1/people"): _KEEP,
    ("GET", "/v1/people/{person_id}"): _OWN_TOO,
    ("PATCH", "/v1/people/{person_id}"): _KEEP,
    # The answer holds a plain value: it is not kept for replay.
    ("POST", "/v1/people/{person_id}/reveals"): anyone(own_key=True),
    ("GET", "/v1/people/{person_id}/contact"): services_only(),
    ("GET", "/v1/members"): _READ,
    ("POST", "/v1/members"): _SUPERIORS,
    ("POST", "/v1/members/searches"): roles(*_READERS, scope="members:read", own_key=True),
    ("GET", "/v1/members/mine"): anyone(),
    ("GET", "/v1/members/{member_id}"): _OWN_TOO,
    ("PATCH", "/v1/members/{member_id}"): _KEEP,
    ("GET", "/v1/members/{member_id}/facts"): _OWN_TOO,
    ("GET", "/v1/members/{member_id}/history"): _OWN_TOO,
    ("POST", "/v1/members/{member_id}/transits"): services_only(),
    ("POST", "/v1/members/{member_id}/transit-ends"): services_only(),
    ("POST", "/v1/members/{member_id}/moves"): services_only(),
    ("POST", "/v1/members/{member_id}/departures"): services_only(),
    ("POST", "/v1/members/{member_id}/participations"): _KEEP,
    ("POST", "/v1/members/{member_id}/participation-ends"): _KEEP,
    ("GET", "/v1/participations"): _READ,
    ("GET", "/v1/posts"): _READ,
    ("POST", "/v1/posts"): _SUPERIORS,
    ("POST", "/v1/posts/{post_id}/ends"): _SUPERIORS,
    ("GET", "/v1/terms"): _READ,
    ("POST", "/v1/terms"): _SUPERIORS,
}

_TAKEN = "已有相同的{}，请核对是否重复登记。"
CONSTRAINTS: dict[str, Problem] = {
    "uq_organisations_code": Conflict(
        "organisation-code-taken", _TAKEN.format("组织代码"), field="code"
    ),
    "uq_enterprises_credit_code": Conflict(
        "credit-code-taken", _TAKEN.format("统一社会信用代码"), field="credit_code"
    ),
    "uq_people_id_number_index": Conflict(
        "person-exists",
        "该身份证号已登记在册，请按组织关系转接办理，不要重复录入。",
        field="id_number",
    ),
    "uq_members_person_id": Conflict(
        "already-member", "此人已在党员名册中，请勿重复录入。", field="person_id"
    ),
    "uq_memberships_open": Conflict("one-membership", "一名党员只能隶属一个党组织，请刷新后核对。"),
    "uq_transits_open": Conflict(
        "member-in-transit", "该党员组织关系正在转出，请先办结或撤回正在办理的转接。"
    ),
    "uq_participations_open": Conflict(
        "already-taking-part", "该党员已登记在该组织参加活动，无需重复登记。", field="org_id"
    ),
    "uq_direct_contacts_open": Conflict(
        "already-contacted", "该组织已由此上级直接联系，无需重复登记。", field="superior_id"
    ),
    "uq_posts_held": Conflict("post-held", "此人已担任该职务，无需重复登记。", field="post"),
    "uq_terms_open": Conflict("term-open", "该组织已有未届满的任期，请刷新后核对。"),
    "fk_posts_term_id_terms": Conflict("term-unknown", "没有这个任期，请核对。", field="term_id"),
    "fk_organisations_enterprise_id_enterprises": Conflict(
        "enterprise-unknown", "没有这个企业，请核对。", field="enterprise_id"
    ),
}
