"""The effects of cases on members; each is safe to repeat with its Idempotency-Key."""

from uuid import UUID

from fastapi import APIRouter

from services.orgs.register.members import effects, repository, rules
from services.orgs.register.organisations import repository as organisations
from shared.access import Access, Role
from shared.audit import record
from shared.contracts.members import ParticipationEnd, ParticipationStart
from shared.contracts.register import Departure, MemberState, Move, TransitEnd, TransitStart
from shared.problems import Conflict
from shared.web import AccessDep, Route, SessionDep

router = APIRouter(prefix="/v1/members", tags=["members"], route_class=Route)
HOSTS = (Role.COMMITTEE, Role.ORGANISER, Role.SECRETARY)


@router.post("/{member_id}/transits", status_code=204)
async def start_transit(
    session: SessionDep, access: AccessDep, member_id: UUID, body: TransitStart
) -> None:
    """The letter is out; the sender stays responsible until acceptance (ED19 Art. 25).

    Errors: 409 member-in-transit, member-not-active, same-organisation, target-dissolved,
    organisation-dissolving; 422 date-before-membership.
    """
    access.must_be_service()
    member = await repository.locked(session, member_id)
    target = await organisations.place_named(session, body.to_org_id, "to_org_id")
    rules.check_active(member)
    rules.check_target(member, target)
    rules.check_on(member, body.on)
    await effects.start_transit(session, member, target, body)
    await _on_record(session, access, "member.transit_started", member, body.case_id)


@router.post("/{member_id}/transit-ends", status_code=204)
async def end_transit(
    session: SessionDep, access: AccessDep, member_id: UUID, body: TransitEnd
) -> None:
    """Back to where they stood; died and removed end the membership too.

    Errors: 409 not-in-transit, wrong-case; 422 reason-unknown.
    """
    access.must_be_service()
    member = await repository.locked(session, member_id)
    rules.check_case(member, body.case_id)
    rules.check_on(member, body.on)
    state = rules.state_after(body.reason)
    if state is MemberState.ACTIVE:
        await effects.end_transit(session, member, body.on, body.reason)
        await effects.correct(session, member_id, {"state": state.value})
    else:
        await effects.leave(session, member, state, body.on, body.reason)
    await _on_record(session, access, f"member.transit_{body.reason}", member, body.case_id)


@router.post("/{member_id}/moves", status_code=204)
async def move(session: SessionDep, access: AccessDep, member_id: UUID, body: Move) -> None:
    """Accepted inside this register: counts in the new organisation from `on`.

    Errors: 409 wrong-case, member-not-active, same-organisation, target-dissolved,
    organisation-dissolving, target-external, temporary-branch; 422 date-before-membership.
    """
    access.must_be_service()
    member = await repository.locked(session, member_id)
    target = await organisations.place_named(session, body.to_org_id, "to_org_id")
    rules.check_movable(member, body.case_id)
    rules.check_target(member, target)
    rules.check_takes_members(target, "to_org_id")
    rules.check_on(member, body.on)
    await effects.move(session, member, target, body.on, body.case_id)
    await _on_record(session, access, "member.moved", member, body.case_id)


@router.post("/{member_id}/departures", status_code=204)
async def depart(session: SessionDep, access: AccessDep, member_id: UUID, body: Departure) -> None:
    """Accepted by a committee outside this register.

    Errors: 409 not-in-transit, wrong-case, target-inside.
    """
    access.must_be_service()
    member = await repository.locked(session, member_id)
    target = await organisations.place_named(session, body.to_org_id, "to_org_id")
    rules.check_case(member, body.case_id)
    rules.check_outside(target)
    rules.check_on(member, body.on)
    await effects.leave(session, member, MemberState.TRANSFERRED_OUT, body.on, "transferred_out")
    await _on_record(session, access, "member.departed", member, body.case_id)


@router.post("/{member_id}/participations", status_code=204)
async def take_part(
    session: SessionDep, access: AccessDep, member_id: UUID, body: ParticipationStart
) -> None:
    """A place of activity beside the one membership (S12 item 10)."""
    member = await repository.locked(session, member_id)
    access.must_cover(member.org_path, *HOSTS)
    host = await organisations.place_named(session, body.org_id, "org_id")
    rules.check_open(host, "org_id")
    if host.id == member.org_id or member.state not in rules.LIVE:
        raise Conflict("cannot-take-part", "该党员已隶属该组织或已不在册，无需登记参加活动。",
                       field="org_id")  # fmt: skip
    await effects.take_part(session, member, host, kind=body.kind, on=body.on, case_id=body.case_id)
    await _on_record(session, access, "member.took_part", member, body.case_id)


@router.post("/{member_id}/participation-ends", status_code=204)
async def stop_taking_part(
    session: SessionDep, access: AccessDep, member_id: UUID, body: ParticipationEnd
) -> None:
    member = await repository.locked(session, member_id)
    access.must_cover(member.org_path, *HOSTS)
    if not await effects.stop_taking_part(session, member, body.org_id, body.on):
        raise Conflict("not-taking-part", "该党员没有在该组织参加活动的登记，请刷新后核对。",
                       field="org_id")  # fmt: skip
    await _on_record(session, access, "member.stopped_taking_part", member, body.case_id)


async def _on_record(
    session: SessionDep,
    access: Access,
    action: str,
    member: rules.Standpoint,
    case_id: UUID | None,
) -> None:
    await record(session, access, action, object_kind="member", object_id=member.id,
                 org_path=member.org_path, case_id=case_id)  # fmt: skip
