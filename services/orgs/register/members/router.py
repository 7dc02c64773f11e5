"""Members: lists, one, searches, first entry and corrections."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field

from services.orgs.register.members import effects, repository, rules
from services.orgs.register.members.rules import Dates
from services.orgs.register.organisations import repository as organisations
from services.orgs.register.people import repository as people
from services.orgs.register.people.rules import check_id_number
from services.orgs.register.refusals import IfMatch, etag, must_match, naming
from services.orgs.register.settings import KeystoreDep, SettingsDep
from services.orgs.register.subtrees import readable
from shared import clock
from shared.access import Access, Role
from shared.audit import record
from shared.contracts.base import Contract
from shared.contracts.members import (
    Member,
    MemberCorrection,
    MemberDraft,
    MemberHistory,
    MemberRow,
    MemberSearch,
)
from shared.contracts.register import MemberFacts, MemberState, Standing
from shared.ids import new_id
from shared.pages import MAX_LIMIT, Page
from shared.web import AccessDep, Route, SessionDep

router = APIRouter(prefix="/v1/members", tags=["members"], route_class=Route)


class MembersWanted(Contract):
    under: UUID | None = None
    """At and below this organisation; without it everything the caller may read."""
    org: UUID | None = None
    q: str | None = Field(default=None, min_length=1, max_length=40)
    """Beginning of name, pinyin or initials."""
    state: MemberState | None = None
    standing: Standing | None = None
    after: str | None = Field(default=None, max_length=300)
    limit: int = Field(default=50, ge=1, le=MAX_LIMIT)


@router.get("")
async def members(
    session: SessionDep, access: AccessDep, wanted: Annotated[MembersWanted, Query()]
) -> Page[MemberRow]:
    """Masked rows by organisation; namesakes are told apart by their branch."""
    prefixes = await readable(session, access, wanted.under or wanted.org)
    narrowed = repository.Wanted(wanted.q, wanted.org, wanted.state, wanted.standing)
    return await repository.listed(
        session, prefixes, narrowed, after=wanted.after, limit=wanted.limit
    )


@router.post("/searches")
async def search(
    session: SessionDep,
    access: AccessDep,
    settings: SettingsDep,
    keystore: KeystoreDep,
    body: MemberSearch,
) -> list[MemberRow]:
    """By exact identity number, in the body so that it stands in no address; on record."""
    with naming("id_number"):
        number = check_id_number(body.id_number, today=clock.today(), demo=settings.demo)
    found = await repository.by_number(session, keystore.vault.index("id_number", number))
    seen = [row for path, row in found if access.reads(path) or access.person_id == row.person_id]
    await record(session, access, "member.searched", object_kind="member",
                 object_id=seen[0].id if seen else None)  # fmt: skip
    return seen


@router.get("/mine")
async def mine(session: SessionDep, access: AccessDep) -> Member:
    """The caller's own record."""
    if access.person_id is None:
        raise repository.not_found()
    return await repository.of_person(session, access.person_id)


@router.get("/{member_id}")
async def member(
    session: SessionDep, access: AccessDep, response: Response, member_id: UUID
) -> Member:
    found = await repository.get(session, member_id)
    await _must_see(session, access, member_id, found.person_id)
    response.headers["ETag"] = etag(found.version)
    return found


@router.get("/{member_id}/facts")
async def facts(session: SessionDep, access: AccessDep, member_id: UUID) -> MemberFacts:
    """What a process needs to know, with the committee that may send the member."""
    found = await repository.facts(session, member_id)
    await _must_see(session, access, member_id, found.person_id)
    return found


@router.get("/{member_id}/history")
async def history(session: SessionDep, access: AccessDep, member_id: UUID) -> MemberHistory:
    """Memberships, transits and participations over time."""
    found = await repository.get(session, member_id)
    await _must_see(session, access, member_id, found.person_id)
    return await repository.history(session, member_id)


async def _must_see(session: SessionDep, access: Access, member_id: UUID, person_id: UUID) -> None:
    if access.person_id == person_id:
        return
    if not any(access.reads(path) for path in await repository.reach(session, member_id)):
        raise repository.not_found()


@router.post("", status_code=201)
async def enter(
    session: SessionDep, access: AccessDep, response: Response, body: MemberDraft
) -> Member:
    """First load or correction: rights where the person is kept and where they belong."""
    org = await organisations.place_named(session, body.org_id, "org_id")
    access.must_cover(org.path, Role.COMMITTEE, Role.ORGANISER)
    kept_at = await people.home_path(session, body.person_id)
    access.must_cover(kept_at, Role.COMMITTEE, Role.ORGANISER)
    rules.check_open(org, "org_id")
    rules.check_takes_members(org, "org_id")
    given = Dates(
        body.standing, body.joined_on, body.full_on, body.probation_ends_on, body.dues_paid_to
    )
    dates = rules.settled(given, clock.today())
    member_id = new_id()
    columns = _columns(dates) | {
        "id": member_id, "person_id": body.person_id, "org_id": org.id, "org_path": org.path,
    }  # fmt: skip
    await effects.enter(session, columns, body.member_since or dates.joined_on)
    await record(session, access, "member.entered", object_kind="member", object_id=member_id,
                 org_path=org.path, reason=body.reason)  # fmt: skip
    made = await repository.get(session, member_id)
    response.headers["ETag"] = etag(made.version)
    return made


def _columns(dates: Dates) -> dict[str, Any]:
    return {
        "standing": dates.standing.value,
        "joined_on": dates.joined_on,
        "full_on": dates.full_on,
        "probation_ends_on": dates.probation_ends_on,
        "dues_paid_to": dates.dues_paid_to,
    }


@router.patch("/{member_id}")
async def correct(
    session: SessionDep,
    access: AccessDep,
    response: Response,
    member_id: UUID,
    body: MemberCorrection,
    if_match: IfMatch = None,
) -> Member:
    """Correct dates and marks; places and states change only by a case."""
    await repository.locked(session, member_id)
    before = await repository.get(session, member_id)
    access.must_cover(before.org_path, Role.COMMITTEE, Role.ORGANISER, Role.SECRETARY)
    must_match(if_match, before.version)
    merged = before.model_copy(update=_given(body))
    dates = rules.settled(
        Dates(merged.standing, merged.joined_on, merged.full_on, merged.probation_ends_on,
              merged.dues_paid_to),
        clock.today(),
    )  # fmt: skip
    columns = _columns(dates) | {"open_discipline": merged.open_discipline}
    await effects.correct(session, member_id, columns)
    await record(session, access, "member.corrected", object_kind="member", object_id=member_id,
                 org_path=before.org_path, reason=body.reason,
                 fields=sorted(_given(body)))  # fmt: skip
    made = await repository.get(session, member_id)
    response.headers["ETag"] = etag(made.version)
    return made


def _given(body: MemberCorrection) -> dict[str, Any]:
    """What the caller wants changed; the required ones can't be emptied."""
    given = body.model_dump(exclude_unset=True, exclude={"reason"})
    required = ("standing", "joined_on", "open_discipline")
    return {
        name: value for name, value in given.items() if value is not None or name not in required
    }
