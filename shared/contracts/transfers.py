"""Forms of transfer_member: the application and what each step asks (ED19 Art. 25, TR06)."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, ValidationInfo, model_validator

from shared.access import Role
from shared.contracts.base import Contract
from shared.validation import RuleBroken

Private = Annotated[str, Field(max_length=500, json_schema_extra={"private": True})]
"""Free text: kept with the command, never sent to the process or its history."""

ED19 = "《中国共产党党员教育管理工作条例》2019年 第二十五条"
TR06 = "组通字〔2006〕45号"


class Ground(StrEnum):
    """Why the relation moves (ED19 Art. 25)."""

    CHANGED_UNIT = "changed_unit"
    CHANGED_RESIDENCE = "changed_residence"
    AWAY_SIX_MONTHS = "away_six_months"
    GRADUATED = "graduated"
    COLLECTIVE = "collective"


class Mode(StrEnum):
    """Where the formal step is done."""

    SUITE = "suite"
    NATIONAL = "national"
    PAPER = "paper"


class RefusalReason(StrEnum):
    """Neither side may refuse without a ground (ED19 Art. 25)."""

    DISCIPLINE_OPEN = "discipline_open"
    IDENTITY_UNCLEAR = "identity_unclear"
    NOT_RESIDENT_OR_EMPLOYED = "not_resident_or_employed"
    WRONG_ORGANISATION = "wrong_organisation"
    ARCHIVE_DEFECTIVE = "archive_defective"


class ReturnReason(StrEnum):
    LETTER_INCOMPLETE = "letter_incomplete"
    DUES_UNCLEAR = "dues_unclear"
    MEMBER_NOT_REPORTED = "member_not_reported"
    ARCHIVE_MISSING = "archive_missing"


class TransferRequest(Contract):
    """What opens a transfer: one member, or one list under one letter (集体转接)."""

    member_ids: list[UUID] = Field(min_length=1, max_length=200, title="党员")
    to_org_id: UUID = Field(title="转入党组织")
    ground: Ground = Field(title="转接事由")
    mode: Mode = Field(Mode.SUITE, title="办理方式")
    applied_on: date = Field(title="申请日期")
    note: Private | None = Field(None, title="说明")

    @model_validator(mode="after")
    def named_once(self) -> Self:
        if len(set(self.member_ids)) != len(self.member_ids):
            raise RuleBroken("member-listed-twice", "名单中有重复的党员，请删除重复项。", TR06)
        return self


def _context(info: ValidationInfo) -> dict[str, Any]:
    context: dict[str, Any] | None = info.context
    return context or {}


class _Form(Contract):
    note: Private | None = Field(None, title="说明")


class _Refusable(_Form):
    refusal_reason: RefusalReason | None = Field(None, title="不予办理的理由")
    return_reason: ReturnReason | None = Field(None, title="退回原因")

    @model_validator(mode="after")
    def grounds_named(self, info: ValidationInfo) -> Self:
        choice = _context(info).get("choice")
        if choice == "refuse" and self.refusal_reason is None:
            raise RuleBroken(
                "refusal-without-reason",
                "不予办理必须从列表中选择理由，无正当理由不得拒转拒接。",
                ED19,
            )
        if choice == "return" and self.return_reason is None:
            raise RuleBroken(
                "return-without-reason", "退回必须从列表中选择原因，便于对方补正。", ED19
            )
        return self


class BranchCheck(_Refusable):
    """支部审核: dues, discipline, posts, and a probationer's file."""

    dues_paid_to: date | None = Field(None, title="党费交至（当月1日）")
    discipline_clear: bool = Field(False, title="无正在审查的违纪问题")
    posts_settled: bool = Field(False, title="党内职务已交接")
    probation_file_attached: bool = Field(False, title="预备党员培养考察材料随转")

    @model_validator(mode="after")
    def approval_is_complete(self, info: ValidationInfo) -> Self:
        context = _context(info)
        if context.get("choice") != "approve":
            return self
        if self.dues_paid_to is None:
            raise RuleBroken("dues-missing", "请填写党费交至的月份。", TR06)
        if not self.discipline_clear:
            raise RuleBroken(
                "discipline-open", "有未结的违纪审查，不能同意转出，请选择退回。", ED19
            )
        if not self.posts_settled:
            raise RuleBroken("posts-not-settled", "请先交接党内职务，再同意转出。", ED19)
        if context.get("probationary") and not self.probation_file_attached:
            raise RuleBroken(
                "probation-file-missing", "预备党员的培养考察材料必须随组织关系一并转出。", "DV14"
            )
        return self


class SendingDecision(_Refusable):
    """转出党委审批; in mode `national` the number of the national membership system is entered."""

    national_number: str | None = Field(None, max_length=40, title="全国系统转接编号")

    @model_validator(mode="after")
    def number_entered(self, info: ValidationInfo) -> Self:
        context = _context(info)
        national = context.get("mode") == Mode.NATIONAL
        if context.get("choice") == "approve" and national and not self.national_number:
            raise RuleBroken("national-number-missing", "请填写全国党员管理信息系统中的转接编号。")
        return self


class ReceivingDecision(_Refusable):
    """转入党委接收: accept, return with a coded reason, ask for the archive, or refuse."""

    branch_id: UUID | None = Field(None, title="编入支部")
    serial: str | None = Field(None, max_length=60, title="介绍信编号")


class ArchiveAnswer(_Form):
    sent_on: date = Field(title="档案寄出日期")
    reference: str | None = Field(None, max_length=60, title="机要或邮寄编号")


class BranchAssignment(_Form):
    branch_id: UUID = Field(title="编入支部")


class Ruling(_Form):
    """共同上级裁定 on a refusal."""

    basis: str = Field(min_length=2, max_length=100, title="裁定依据")


class ReceiptEntry(_Form):
    """回执联: serial as on the letter."""

    serial: str | None = Field(None, max_length=60, title="回执编号")


class Correction(_Form):
    corrected_on: date | None = Field(None, title="补正日期")


class TransitAction(_Form):
    """在途处置 by the sending committee: lost letter → reissue."""

    lost_on: date | None = Field(None, title="报失日期")


class TransferFacts(Contract):
    """What the preparation found; ids and flags only."""

    sender_id: UUID
    receiver_id: UUID
    target_branch_id: UUID | None = None
    within_committee: bool = False
    external: bool = False
    """The receiver is an entry of the directory; its answers are entered by the sender."""
    in_city: bool = True
    superior_role: Role = Role.ORGANISER
    probationary: bool = False
    mode: Mode = Mode.SUITE
