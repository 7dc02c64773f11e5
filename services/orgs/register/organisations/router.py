"""Organisations: the tree, the directory, corrections, and the effects of cases."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.orgs.register.divisions.repository import must_exist
from services.orgs.register.organisations import lists, repository, rules, writing
from services.orgs.register.people.rules import check_phone
from services.orgs.register.refusals import IfMatch, etag, must_match, naming
from services.orgs.register.settings import SettingsDep
from shared import clock
from shared.access import EVERYWHERE, Access, Role
from shared.audit import record
from shared.contracts.organisations import (
    AffiliationChange,
    DirectContactChange,
    DirectoryEntry,
    Organisation,
    OrganisationCorrection,
    OrganisationDraft,
    OrganisationHistory,
    OrganisationStateChange,
)
from shared.contracts.register import OrganisationFacts, OrganisationState
from shared.ids import new_id
from shared.pages import MAX_LIMIT, Page
from shared.problems import Forbidden, Invalid
from shared.web import AccessDep, Route, SessionDep

router = APIRouter(prefix="/v1/organisations", tags=["organisations"], route_class=Route)
directory_router = APIRouter(prefix="/v1/directory", tags=["organisations"], route_class=Route)
After = Annotated[str | None, Query(max_length=300)]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]
Search = Annotated[str | None, Query(min_length=1, max_length=60)]


@directory_router.get("")
async def directory(
    session: SessionDep, q: Search = None, after: After = None, limit: Limit = 50
) -> Page[DirectoryEntry]:
    """Committees with approval rights, here and elsewhere, by name, code or telephone."""
    return await lists.directory(session, q, after, limit)


@router.get("")
async def organisations(
    session: SessionDep, wanted: Annotated[lists.Wanted, Query()]
) -> Page[Organisation]:
    """By path. `under` with `as_of` gives the subtree as it stood on that day."""
    return await lists.listed(session, wanted)


@router.get("/{org_id}")
async def organisation(session: SessionDep, response: Response, org_id: UUID) -> Organisation:
    found = await repository.get(session, org_id)
    response.headers["ETag"] = etag(found.version)
    return found


@router.get("/{org_id}/children")
async def children(session: SessionDep, org_id: UUID) -> list[Organisation]:
    """The organisations directly below, by path."""
    return await repository.children(session, org_id)


@router.get("/{org_id}/history")
async def history(session: SessionDep, org_id: UUID) -> OrganisationHistory:
    """Superiors and direct contacts over time."""
    return await repository.history(session, org_id)


@router.get("/{org_id}/facts")
async def facts(session: SessionDep, org_id: UUID) -> OrganisationFacts:
    """What a process needs to know, with the nearest committee that approves members."""
    return await repository.facts(session, org_id)


@router.get("/{org_id}/common-superior/{other_id}")
async def common_superior(session: SessionDep, org_id: UUID, other_id: UUID) -> OrganisationFacts:
    """The nearest organisation at or above both; 404 where they share none here."""
    return await repository.common_superior(session, org_id, other_id)


@router.post("", status_code=201)
async def found(
    session: SessionDep,
    access: AccessDep,
    settings: SettingsDep,
    response: Response,
    body: OrganisationDraft,
) -> Organisation:
    """First load or correction: rights at the superior; entries of the directory at the root."""
    rules.check_founding(body.founded_on, clock.today())
    await _authorise_founding(session, access, body)
    columns: dict[str, Any] = body.model_dump(exclude={"reason", "since"}, mode="python")
    columns["kind"] = body.kind.value
    columns["phone"] = _phone(body.phone, demo=settings.demo)
    await must_exist(session, body.division_code, "division_code")
    org_id = new_id()
    since = body.since or body.founded_on or clock.today()
    await writing.found(session, org_id, columns, since=since)
    made = await repository.get(session, org_id)
    await record(session, access, "organisation.entered", object_kind="organisation",
                 object_id=org_id, org_path=made.path, reason=body.reason)  # fmt: skip
    response.headers["ETag"] = etag(made.version)
    return made


async def _authorise_founding(session: SessionDep, access: Access, body: OrganisationDraft) -> None:
    if body.external:
        access.must_cover(EVERYWHERE, Role.COMMITTEE, Role.ORGANISER)
        if body.parent_id is not None:
            raise Invalid("external-with-superior", "通讯录单位不能填写隶属上级。",
                          field="parent_id")  # fmt: skip
        return
    if body.parent_id is None:
        raise Invalid("superior-missing", "党组织必须有上级党组织，请选择上级。",
                      field="parent_id", basis=rules.S12)  # fmt: skip
    superior = await repository.place_named(session, body.parent_id, "parent_id")
    access.must_cover(superior.path, Role.COMMITTEE, Role.ORGANISER)
    if body.approves_members:
        _must_confer_approval(access, superior.path)
    rules.check_superior(superior)


def _must_confer_approval(access: Access, path: str) -> None:
    """A committee does not give itself, or those below it, the right to approve members."""
    if not (access.principal.is_service or access.covers(path, {Role.ORGANISER})):
        raise Forbidden(
            "approval-not-yours-to-give",
            "预备党员审批权限由县级以上党组织登记，请联系上级组织部门办理。",
            field="approves_members",
        )


def _phone(value: str | None, *, demo: bool) -> str | None:
    if not value:
        return None
    with naming("phone"):
        return check_phone(value, demo=demo)


@router.patch("/{org_id}")
async def correct(
    session: SessionDep,
    access: AccessDep,
    settings: SettingsDep,
    response: Response,
    org_id: UUID,
    body: OrganisationCorrection,
    if_match: IfMatch = None,
) -> Organisation:
    """Correct what was entered wrongly; never the superior or the state."""
    place = await repository.place(session, org_id, lock=True)
    access.must_cover(EVERYWHERE if place.external else place.path, Role.COMMITTEE, Role.ORGANISER)
    must_match(if_match, (await repository.get(session, org_id)).version)
    rules.check_founding(body.founded_on, clock.today())
    columns = _given(body)
    conferred = columns.get("approves_members", place.approves_members)
    if conferred != place.approves_members and not place.external:
        _must_confer_approval(access, place.path)
    if "phone" in columns:
        columns["phone"] = _phone(columns["phone"], demo=settings.demo)
    await must_exist(session, columns.get("division_code"), "division_code")
    await writing.correct(session, org_id, columns)
    await record(session, access, "organisation.corrected", object_kind="organisation",
                 object_id=org_id, org_path=place.path, reason=body.reason,
                 fields=sorted(columns))  # fmt: skip
    made = await repository.get(session, org_id)
    response.headers["ETag"] = etag(made.version)
    return made


def _given(body: OrganisationCorrection) -> dict[str, Any]:
    """What the caller wants changed; the required ones can't be emptied."""
    given = body.model_dump(exclude_unset=True, exclude={"reason"})
    required = ("code", "name", "approves_members")
    return {
        name: value for name, value in given.items() if value is not None or name not in required
    }


@router.post("/{org_id}/states", status_code=204)
async def set_state(
    session: SessionDep, access: AccessDep, org_id: UUID, body: OrganisationStateChange
) -> None:
    """Effect of a case: dissolving, dissolved, or active again after a withdrawn dissolution."""
    access.must_be_service()
    place = await repository.place(session, org_id, lock=True)
    rules.check_state_change(place.state, body.state)
    if body.state is OrganisationState.DISSOLVED:
        rules.check_empty(await writing.remaining(session, place))
    await writing.set_state(session, org_id, body.state, body.on)
    await record(session, access, f"organisation.{body.state.value}", object_kind="organisation",
                 object_id=org_id, org_path=place.path, case_id=body.case_id)  # fmt: skip


@router.post("/{org_id}/affiliations", status_code=204)
async def affiliate(
    session: SessionDep, access: AccessDep, org_id: UUID, body: AffiliationChange
) -> None:
    """Effect of a case: under another superior, with everything below."""
    access.must_be_service()
    place = await repository.place(session, org_id, lock=True)
    superior = await repository.place_named(session, body.parent_id, "parent_id")
    rules.check_move(place, superior)
    await writing.move(session, place, superior.id, body.on, body.case_id)
    await record(session, access, "organisation.affiliated", object_kind="organisation",
                 object_id=org_id, org_path=place.path, case_id=body.case_id,
                 parent_id=superior.id)  # fmt: skip


@router.post("/{org_id}/direct-contacts", status_code=204)
async def contact_directly(
    session: SessionDep, access: AccessDep, org_id: UUID, body: DirectContactChange
) -> None:
    """Effect of a case: 直接联系, beside the affiliation."""
    access.must_be_service()
    place = await repository.place(session, org_id)
    await writing.contact_directly(session, org_id, body.superior_id, body.on, body.case_id)
    await record(session, access, "organisation.contacted", object_kind="organisation",
                 object_id=org_id, org_path=place.path, case_id=body.case_id)  # fmt: skip
