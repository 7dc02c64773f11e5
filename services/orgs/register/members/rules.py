"""What holds of a member, whatever a case says; pure functions."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from dateutil.relativedelta import relativedelta

from services.orgs.register.organisations.rules import Place
from shared.contracts.register import MemberState, OrganisationKind, OrganisationState, Standing
from shared.problems import Conflict, Invalid

ED19 = "《中国共产党党员教育管理工作条例》2019·第二十五条"
BR18 = "《中国共产党支部工作条例（试行）》"
DV14 = "《中国共产党发展党员工作细则》2014·第三十二条"
LIVE = frozenset({MemberState.ACTIVE, MemberState.IN_TRANSIT})
ENDINGS = {"died": MemberState.DIED, "removed": MemberState.REMOVED}
"""Reasons of a transit's end after which nobody is left to move."""
RETURNS = frozenset({"withdrawn", "refused", "expired"})


@dataclass(frozen=True)
class Standpoint:
    """One member as an effect finds them, the row locked."""

    id: UUID
    person_id: UUID
    state: MemberState
    standing: Standing
    org_id: UUID
    org_path: str
    version: int
    since: date | None
    """First day in the present organisation."""
    transit_case_id: UUID | None


def check_active(member: Standpoint) -> None:
    if member.state is MemberState.IN_TRANSIT:
        raise Conflict(
            "member-in-transit",
            "该党员组织关系正在转出，请先办结或撤回正在办理的转接。",
            basis=ED19,
        )
    if member.state is not MemberState.ACTIVE:
        raise Conflict("member-not-active", "该党员已不在册，不能办理，请核对党员状态。")


def check_case(member: Standpoint, case_id: UUID) -> None:
    """Only the case that opened the transit may end it."""
    if member.transit_case_id is None:
        raise Conflict("not-in-transit", "该党员没有正在转出的组织关系，请刷新后核对。")
    if member.transit_case_id != case_id:
        raise Conflict("wrong-case", "该党员的转出由另一事项办理，请在那一事项中处理。")


def check_movable(member: Standpoint, case_id: UUID) -> None:
    """In transit by this very case, or at rest."""
    if member.transit_case_id is not None:
        check_case(member, case_id)
    else:
        check_active(member)


def check_target(member: Standpoint, target: Place) -> None:
    if target.id == member.org_id:
        raise Conflict("same-organisation", "转入组织就是现在的组织，请重新选择。",
                       field="to_org_id")  # fmt: skip
    check_open(target, "to_org_id")


def check_open(target: Place, field: str) -> None:
    """Nobody is hung on an organisation that ends."""
    if target.state is OrganisationState.DISSOLVED:
        raise Conflict("target-dissolved", "该组织已撤销，请另选组织。", field=field)
    if target.state is OrganisationState.DISSOLVING:
        raise Conflict("organisation-dissolving", "该组织正在撤销，请另选组织。", field=field)


def check_takes_members(target: Place, field: str) -> None:
    """A membership can be kept there: inside the register, and not in a temporary branch."""
    if target.external:
        raise Conflict("target-external", "该组织不在本系统内，请按转出到系统外办理。", field=field)
    if target.kind is OrganisationKind.TEMPORARY_BRANCH:
        raise Conflict("temporary-branch", "临时党支部不转接组织关系，请选择正式党支部。",
                       field=field, basis=BR18)  # fmt: skip


def check_outside(target: Place) -> None:
    if not target.external:
        raise Conflict("target-inside", "该组织在本系统内，请按系统内转接办理。", field="to_org_id")


def check_on(member: Standpoint, on: date) -> None:
    """A period can't end before it began."""
    if member.since is not None and on < member.since:
        raise Invalid("date-before-membership", "日期早于该党员进入现组织的日期，请核对。",
                      field="on")  # fmt: skip


def state_after(reason: str) -> MemberState:
    """Where a member stands after a transit ended without acceptance."""
    if reason in ENDINGS:
        return ENDINGS[reason]
    if reason not in RETURNS:
        raise Invalid("reason-unknown", "转出终止的原因不在可选范围内。", field="reason")
    return MemberState.ACTIVE


@dataclass(frozen=True)
class Dates:
    """The dates of a membership as they would be on record."""

    standing: Standing
    joined_on: date
    full_on: date | None
    probation_ends_on: date | None
    dues_paid_to: date | None


def settled(dates: Dates, today: date) -> Dates:
    """Probation lasts one year unless extended; dues are paid up to the first of a month."""
    if dates.joined_on > today or (dates.full_on and dates.full_on > today):
        raise Invalid("date-in-future", "入党、转正日期不能晚于今天，请核对。", field="joined_on")
    if dates.full_on and dates.full_on < dates.joined_on:
        raise Invalid("full-before-joined", "转正日期早于入党日期，请核对。", field="full_on",
                      basis=DV14)  # fmt: skip
    ends = dates.probation_ends_on
    if dates.standing is Standing.PROBATIONARY:
        if dates.full_on is not None:
            raise Invalid("probationary-with-full-date", "预备党员不应有转正日期，请核对。",
                          field="full_on", basis=DV14)  # fmt: skip
        ends = ends or dates.joined_on + relativedelta(years=1)
    paid = dates.dues_paid_to.replace(day=1) if dates.dues_paid_to else None
    return Dates(dates.standing, dates.joined_on, dates.full_on, ends, paid)
