"""Enterprises: lists, one, entering and changing them, and which organisation covers them."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field

from services.orgs.register.divisions.repository import must_exist
from services.orgs.register.enterprises import repository, rules
from services.orgs.register.members.rules import check_open
from services.orgs.register.organisations import repository as organisations
from services.orgs.register.refusals import IfMatch, etag, must_match, naming
from services.orgs.register.settings import SettingsDep
from services.orgs.register.subtrees import readable
from shared import clock
from shared.access import Role
from shared.audit import record
from shared.contracts.base import Contract
from shared.contracts.enterprises import (
    CoveringChange,
    Enterprise,
    EnterpriseChange,
    EnterpriseDraft,
    OperatingStatus,
)
from shared.ids import new_id
from shared.pages import MAX_LIMIT, Page
from shared.web import AccessDep, Route, SessionDep

router = APIRouter(prefix="/v1/enterprises", tags=["enterprises"], route_class=Route)
KEEPERS = (Role.COMMITTEE, Role.ORGANISER, Role.SECRETARY)
_REQUIRED = ("credit_code", "name", "staff_count", "above_scale", "operating_status", "status_on",
             "org_id")  # fmt: skip


class EnterprisesWanted(Contract):
    under: UUID | None = None
    q: str | None = Field(default=None, min_length=1, max_length=60)
    """Part of the name, or the beginning of code, pinyin or initials."""
    status: OperatingStatus | None = None
    covered: bool | None = None
    staff_from: int | None = Field(default=None, ge=0)
    after: str | None = Field(default=None, max_length=300)
    limit: int = Field(default=50, ge=1, le=MAX_LIMIT)


@router.get("")
async def enterprises(
    session: SessionDep, access: AccessDep, wanted: Annotated[EnterprisesWanted, Query()]
) -> Page[Enterprise]:
    """By responsible organisation, within the caller's reach."""
    prefixes = await readable(session, access, wanted.under)
    narrowed = repository.Wanted(wanted.q, wanted.status, wanted.covered, wanted.staff_from)
    return await repository.listed(
        session, prefixes, narrowed, after=wanted.after, limit=wanted.limit
    )


@router.get("/{enterprise_id}")
async def enterprise(
    session: SessionDep, access: AccessDep, response: Response, enterprise_id: UUID
) -> Enterprise:
    found = await repository.get(session, enterprise_id)
    access.must_read(found.org_path)
    response.headers["ETag"] = etag(found.version)
    return found


@router.post("", status_code=201)
async def enter(
    session: SessionDep,
    access: AccessDep,
    settings: SettingsDep,
    response: Response,
    body: EnterpriseDraft,
) -> Enterprise:
    """One enterprise, one row: a known credit code is refused."""
    org = await organisations.place_named(session, body.org_id, "org_id")
    access.must_cover(org.path, *KEEPERS)
    check_open(org, "org_id")
    with naming("credit_code"):
        code = rules.check_credit_code(body.credit_code, demo=settings.demo)
    today = clock.today()
    status_on = body.status_on or today
    rules.check_dates(status_on, today, body.union_since, body.league_since)
    await must_exist(session, body.division_code, "division_code")
    enterprise_id = new_id()
    columns: dict[str, Any] = body.model_dump() | repository.name_columns(body.name)
    await repository.enter(session, columns | {
        "id": enterprise_id, "credit_code": code, "status_on": status_on, "org_path": org.path,
        "operating_status": body.operating_status.value,
    })  # fmt: skip
    await record(session, access, "enterprise.entered", object_kind="enterprise",
                 object_id=enterprise_id, org_path=org.path)  # fmt: skip
    made = await repository.get(session, enterprise_id)
    response.headers["ETag"] = etag(made.version)
    return made


@router.patch("/{enterprise_id}")
async def change(
    session: SessionDep,
    access: AccessDep,
    settings: SettingsDep,
    response: Response,
    enterprise_id: UUID,
    body: EnterpriseChange,
    if_match: IfMatch = None,
) -> Enterprise:
    """Change what is given; another responsible organisation needs rights at both."""
    before = await repository.get(session, enterprise_id, lock=True)
    access.must_cover(before.org_path, *KEEPERS)
    must_match(if_match, before.version)
    columns = {
        name: value
        for name, value in body.model_dump(exclude_unset=True, exclude={"reason"}).items()
        if value is not None or name not in _REQUIRED
    }
    await _check_change(session, before, columns, demo=settings.demo)
    if body.org_id is not None:
        org = await organisations.place_named(session, body.org_id, "org_id")
        access.must_cover(org.path, *KEEPERS)
        check_open(org, "org_id")
        columns["org_path"] = org.path
    await repository.change(session, enterprise_id, columns)
    await record(session, access, "enterprise.changed", object_kind="enterprise",
                 object_id=enterprise_id, org_path=before.org_path, reason=body.reason,
                 fields=sorted(columns))  # fmt: skip
    made = await repository.get(session, enterprise_id)
    response.headers["ETag"] = etag(made.version)
    return made


async def _check_change(
    session: SessionDep, before: Enterprise, columns: dict[str, Any], *, demo: bool
) -> None:
    """Normalise in place; a new status without a date holds from today."""
    today = clock.today()
    if "credit_code" in columns:
        with naming("credit_code"):
            columns["credit_code"] = rules.check_credit_code(columns["credit_code"], demo=demo)
    status: OperatingStatus | None = columns.get("operating_status")
    if status is not None:
        columns["operating_status"] = status.value
        if status is not before.operating_status:
            columns.setdefault("status_on", today)
    rules.check_dates(columns.get("status_on", today), today, columns.get("union_since"),
                      columns.get("league_since"))  # fmt: skip
    await must_exist(session, columns.get("division_code"), "division_code")


@router.put("/{enterprise_id}/covering", status_code=204)
async def cover(
    session: SessionDep, access: AccessDep, enterprise_id: UUID, body: CoveringChange
) -> None:
    """Effect of a case: its own organisation, the joint one that covers it, or none any more."""
    access.must_be_service()
    found = await repository.get(session, enterprise_id, lock=True)
    if body.covering_org_id is not None:
        rules.check_coverable(found.operating_status)
        org = await organisations.place_named(session, body.covering_org_id, "covering_org_id")
        check_open(org, "covering_org_id")
    await repository.change(session, enterprise_id, {"covering_org_id": body.covering_org_id})
    await record(session, access, "enterprise.covered", object_kind="enterprise",
                 object_id=enterprise_id, org_path=found.org_path,
                 case_id=body.case_id)  # fmt: skip
