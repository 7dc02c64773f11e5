"""What must hold before a transfer begins and before its decisions count (ED19 Art. 25, TR06)."""

from collections.abc import Sequence
from uuid import UUID

from services.workflows.kernel.process import Answer, Prepared, Register
from shared import clock
from shared.access import Access, Role
from shared.contracts.cases import Party
from shared.contracts.register import (
    MemberFacts,
    MemberState,
    OrganisationFacts,
    OrganisationState,
    Standing,
)
from shared.contracts.transfers import ED19, TR06, Mode, TransferFacts, TransferRequest
from shared.problems import Conflict, Forbidden, Invalid


async def prepare(register: Register, request: TransferRequest, access: Access) -> Prepared:
    """Check every rule that can be checked at the counter, and resolve who takes part."""
    dated(request)
    members = [await register.member_facts(member_id) for member_id in request.member_ids]
    may_file(access, members)
    source = await one_source(register, members)
    target = await register.organisation_facts(request.to_org_id)
    for member in members:
        may_leave(member)
    may_receive(source, target)
    sender = await committee_of(register, source, field="member_ids")
    receiver = await committee_of(register, target, field="to_org_id")
    mode_fits(request, receiver)
    superior = await superior_of(register, sender, receiver)
    facts = TransferFacts(
        sender_id=sender.id,
        receiver_id=receiver.id,
        target_branch_id=None if target.id == receiver.id else target.id,
        within_committee=sender.id == receiver.id,
        external=receiver.external,
        in_city=not receiver.external,
        superior_role=Role.COMMITTEE if superior.approves_members else Role.ORGANISER,
        probationary=any(m.standing is Standing.PROBATIONARY for m in members),
        mode=request.mode,
    )
    if facts.within_committee and facts.target_branch_id is None:
        raise Invalid(
            "branch-missing",
            "在本党委内调整，请选择具体的转入支部。",
            field="to_org_id",
            basis=ED19,
        )
    return Prepared(
        label=members[0].name if len(members) == 1 else f"{members[0].name}等{len(members)}人",
        subjects=tuple(request.member_ids),
        parties=parties(source, sender, receiver, superior),
        org_id=source.id,
        facts=facts.model_dump(mode="json"),
        person_ids=tuple(member.person_id for member in members),
    )


def parties(
    source: OrganisationFacts,
    sender: OrganisationFacts,
    receiver: OrganisationFacts,
    superior: OrganisationFacts,
) -> tuple[Party, ...]:
    sides = {"sending-branch": source, "sending": sender, "superior": superior}
    if receiver.id != sender.id and not receiver.external:
        sides["receiving"] = receiver
    return tuple(Party(org_id=o.id, path=o.path, side=side) for side, o in sides.items())


def dated(request: TransferRequest) -> None:
    if request.applied_on > clock.today():
        raise Invalid("date-in-future", "申请日期不能晚于今天，请核对。", field="applied_on")


def may_file(access: Access, members: Sequence[MemberFacts]) -> None:
    """The member, the branch's secretary, the committee above, or a portal in its own reach."""
    own = all(member.person_id == access.person_id for member in members)
    covering = (Role.SECRETARY, Role.COMMITTEE, Role.MACHINE)
    reach = all(access.covers(member.org_path, covering) for member in members)
    if not own and not reach:
        raise Forbidden(
            "not-yours-to-file",
            "只能由党员本人、所在支部或其上级党委提出转接申请。",
            field="member_ids",
            basis=ED19,
        )


async def one_source(register: Register, members: Sequence[MemberFacts]) -> OrganisationFacts:
    if len({member.org_id for member in members}) > 1:
        raise Invalid(
            "members-of-several-branches",
            "集体转接的党员须属于同一党支部，请分开提交。",
            field="member_ids",
            basis=TR06,
        )
    return await register.organisation_facts(members[0].org_id)


def may_leave(member: MemberFacts) -> None:
    if member.state is MemberState.IN_TRANSIT:
        raise Conflict(
            "member-in-transit",
            "该党员的组织关系正在转接，请先办结或撤回正在办理的转接。",
            field="member_ids",
            basis=ED19,
        )
    if member.state is not MemberState.ACTIVE:
        raise Conflict(
            "member-not-active",
            "该党员已不在册，不能转接，请核对名册。",
            field="member_ids",
            basis=ED19,
        )


def may_receive(source: OrganisationFacts, target: OrganisationFacts) -> None:
    if source.id == target.id:
        raise Conflict(
            "same-organisation",
            "转入与转出是同一党组织，请重新选择。",
            field="to_org_id",
            basis=ED19,
        )
    if source.state is not OrganisationState.ACTIVE:
        raise Conflict(
            "organisation-dissolving",
            "所在党组织正在撤销，党员去向在撤销事项中一并安排，请在该事项内办理。",
            field="member_ids",
            basis="《中国共产党支部工作条例（试行）》2018年",
        )
    if target.state is not OrganisationState.ACTIVE:
        raise Conflict(
            "target-dissolved",
            "转入党组织正在撤销或已撤销，请选择其他党组织。",
            field="to_org_id",
            basis=ED19,
        )


async def committee_of(
    register: Register, organisation: OrganisationFacts, *, field: str
) -> OrganisationFacts:
    """Only a committee with the right to approve probationary members sends and receives."""
    if organisation.approves_members:
        return organisation
    if organisation.committee_id is None:
        raise Invalid(
            "no-committee",
            "该党组织之上没有具有审批预备党员权限的基层党委，不能办理转接。",
            field=field,
            basis=ED19,
        )
    return await register.organisation_facts(organisation.committee_id)


def mode_fits(request: TransferRequest, receiver: OrganisationFacts) -> None:
    if receiver.external and request.mode is Mode.SUITE:
        raise Invalid(
            "mode-needs-both-in-suite",
            "对方党委不在本系统内，请选择“全国系统”或“纸质介绍信”方式。",
            field="mode",
            basis=ED19,
        )


async def superior_of(
    register: Register, sender: OrganisationFacts, receiver: OrganisationFacts
) -> OrganisationFacts:
    """Who rules on a refusal: the common superior, or the sender's own where there is none."""
    common = None
    if not receiver.external and receiver.id != sender.id:
        common = await register.common_superior(sender.id, receiver.id)
    if common is None and sender.parent_id is not None:
        common = await register.organisation_facts(sender.parent_id)
    return common or sender


async def examine(register: Register, answer: Answer) -> None:
    """Rules of a decision that need the register or what the case has noted."""
    branch = answer.form.get("branch_id")
    if branch is not None and answer.choice in {"accept", "assign"}:
        await branch_is_ours(register, UUID(str(branch)), UUID(str(answer.facts["receiver_id"])))
    serial = answer.form.get("serial")
    if serial:
        serial_is_valid(str(serial), answer)


async def branch_is_ours(register: Register, branch_id: UUID, receiver_id: UUID) -> None:
    branch = await register.organisation_facts(branch_id)
    if branch.committee_id != receiver_id or branch.state is not OrganisationState.ACTIVE:
        raise Invalid(
            "branch-not-of-receiver",
            "编入的支部须是转入党委所属、正常运行的支部，请重新选择。",
            field="form.branch_id",
            basis=ED19,
        )


def serial_is_valid(serial: str, answer: Answer) -> None:
    if serial in answer.known.get("void_serials", "").split():
        raise Conflict(
            "serial-void",
            "该编号的介绍信已作废，请核对新开具的介绍信编号。",
            field="form.serial",
            basis=TR06,
        )
    if serial != answer.known.get("serial"):
        raise Invalid(
            "serial-mismatch",
            "编号与介绍信不一致，请按介绍信上的编号填写。",
            field="form.serial",
            basis=TR06,
        )
