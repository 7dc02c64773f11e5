"""What must hold of 党员组织关系介绍信, whoever writes it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from shared.contracts.register import Letter, LetterIssue, LetterState, MemberState
from shared.problems import Conflict, Invalid

TR06 = "组通字〔2006〕45号 · 2006 · 介绍信式样"
ED19_25 = "中国共产党党员教育管理工作条例 · 2019 · 第二十五条"


@dataclass(frozen=True)
class Party:
    """The sending or the receiving organisation."""

    id: UUID
    name: str
    code: str
    path: str
    approves_members: bool
    external: bool
    active: bool


@dataclass(frozen=True)
class Named:
    """A member whom a letter names, as the register has them."""

    id: UUID
    state: str
    org_path: str
    transit_case_id: UUID | None


def serial(code: str, year: int, number: int) -> str:
    """The organisation's code, year and running number: 330482〔2026〕0001."""
    return f"{code}〔{year}〕{number:04d}"


def must_have_right(sender: Party, receiver: Party) -> None:
    """Only committees that may approve probationary members send and receive directly."""
    for side, field in ((sender, "from_org_id"), (receiver, "to_org_id")):
        if not side.approves_members:
            raise Conflict(
                "no-transfer-right",
                "该党组织没有预备党员审批权限，不能直接转接组织关系，请改选有权限的党委。",
                field=field, basis=ED19_25,
            )  # fmt: skip
        if not side.active:
            raise Conflict(
                "organisation-dissolved", "该党组织正在撤销或已经撤销，请改选接续的党组织。",
                field=field,
            )  # fmt: skip
    if sender.external:
        raise Conflict(
            "sender-external", "系统外党组织的介绍信由对方开具，不能在这里编号。",
            field="from_org_id",
        )  # fmt: skip
    if sender.id == receiver.id:
        raise Conflict(
            "same-committee", "同一党委内部调整支部不开介绍信，请直接办理编入。", field="to_org_id",
        )  # fmt: skip


def must_be_valid_for(issue: LetterIssue, longest: date, basis: str) -> None:
    """The validity runs from the day of issue and has an upper limit in the rulebook."""
    if issue.valid_until < issue.issued_on:
        raise Invalid("validity-reversed", "有效期早于开具日期，请重新填写。", field="valid_until")
    if issue.valid_until > longest:
        raise Invalid(
            "validity-too-long", f"有效期超过上限，最晚可填 {longest:%Y-%m-%d}。",
            field="valid_until", basis=basis,
        )  # fmt: skip


def must_belong(members: Sequence[Named], issue: LetterIssue, sender: Party) -> None:
    """Every member named counts in the sender's organisations and is on no other way out."""
    found = {member.id for member in members}
    if len(found) < len(issue.member_ids) or any(
        not member.org_path.startswith(sender.path) for member in members
    ):
        raise Conflict(
            "member-elsewhere", "名单中有人不在转出党委所属组织，请核对后重新提交。",
            field="member_ids",
        )  # fmt: skip
    for member in members:
        moving = member.state == MemberState.IN_TRANSIT.value
        if not (moving and member.transit_case_id == issue.case_id) and (
            member.state != MemberState.ACTIVE.value
        ):
            raise Conflict(
                "member-not-active", "名单中有人已在转接途中或不再是在册党员，请移出名单。",
                field="member_ids",
            )  # fmt: skip


def may_replace(old: Letter, members: Collection[UUID], issue: LetterIssue) -> None:
    """An expired or lost letter is reissued by the same committee for the same people (or fewer:
    one of them may have died); the old serial is void from then on."""
    if old.state in (LetterState.ACCEPTED, LetterState.CLOSED):
        raise Conflict("letter-accepted", "原介绍信已被接收，不能补开。", field="replaces_id")
    if old.replaced_by_id is not None:
        raise Conflict("letter-replaced", "原介绍信已经补开过，请在新介绍信上办理。",
                       field="replaces_id")  # fmt: skip
    if old.from_org_id != issue.from_org_id or not set(issue.member_ids) <= set(members):
        raise Conflict(
            "replacement-differs", "补开的介绍信与原介绍信的转出党委或人员不一致，请核对。",
            field="replaces_id",
        )  # fmt: skip


def may_void(letter: Letter, on: date) -> None:
    if letter.state is LetterState.VOID:
        raise Conflict("letter-void", "这封介绍信已经作废，无需再次作废。")
    if letter.state is not LetterState.ISSUED:
        raise Conflict("letter-accepted", "这封介绍信已被接收，不能作废。")
    _not_before(on, letter.issued_on, "作废日期早于开具日期，请重新填写。")


def may_accept(letter: Letter, on: date) -> None:
    """The receiver may take it only while it is valid; later it has to be reissued."""
    if letter.state is LetterState.VOID:
        raise Conflict("letter-void", "这封介绍信已经作废，请转出党委出具新的介绍信。", basis=TR06)
    if letter.state is not LetterState.ISSUED:
        raise Conflict("letter-accepted", "这封介绍信已被接收，不能重复接收。")
    _not_before(on, letter.issued_on, "接收日期早于开具日期，请重新填写。")
    if on > letter.valid_until:
        raise Conflict(
            "letter-expired", "介绍信已过有效期，请转出党委补开新的介绍信。", field="on", basis=TR06
        )


def may_receipt(letter: Letter, given: str, on: date, void_serials: Collection[str]) -> None:
    """回执联 carries the serial of an accepted letter; a replaced letter's serial is void."""
    if letter.state is LetterState.VOID or given in void_serials:
        raise Conflict(
            "serial-void",
            "该编号的介绍信已经作废，请核对回执联上的编号。",
            field="serial",
            basis=TR06,
        )
    if given != letter.serial:
        raise Conflict(
            "serial-mismatch",
            "回执联编号与介绍信不一致，请核对后重新填写。",
            field="serial",
            basis=TR06,
        )
    if letter.state is LetterState.CLOSED:
        raise Conflict("receipt-entered", "这封介绍信的回执已经登记。")
    if letter.accepted_on is None:
        raise Conflict("not-accepted", "接收党委尚未接收，不能登记回执。", basis=TR06)
    _not_before(on, letter.accepted_on, "回执日期早于接收日期，请重新填写。")


def _not_before(on: date, earliest: date, detail: str) -> None:
    if on < earliest:
        raise Invalid("date-too-early", detail, field="on")
