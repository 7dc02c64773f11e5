"""The columns of each kind of import: Chinese headings, other names for them, hints, values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from shared.contracts.enterprises import OperatingStatus
from shared.contracts.register import OrganisationKind, Standing


class Kind(StrEnum):
    ORGANISATIONS = "organisations"
    ENTERPRISES = "enterprises"
    MEMBERS = "members"


SHEETS = {Kind.ORGANISATIONS: "党组织", Kind.ENTERPRISES: "企业", Kind.MEMBERS: "党员"}
"""Sheet name of the template, in the order in which a workbook is checked and applied."""


class Value(StrEnum):
    TEXT = "text"
    NUMBER_TEXT = "number_text"
    """Digits that are no number: identity numbers, codes, telephones."""
    DATE = "date"
    MONTH = "month"
    INTEGER = "integer"
    YES_NO = "yes_no"
    CHOICE = "choice"


@dataclass(frozen=True)
class Column:
    name: str
    heading: str
    hint: str
    value: Value = Value.TEXT
    required: bool = False
    others: tuple[str, ...] = ()
    """What offices call it in their own workbooks."""
    choices: Mapping[str, str] = field(default_factory=dict[str, str])
    example: str = ""


YES_NO = {"是": "true", "否": "false"}
KINDS = {
    "党委": OrganisationKind.COMMITTEE.value,
    "党总支": OrganisationKind.GENERAL_BRANCH.value,
    "党支部": OrganisationKind.BRANCH.value,
    "联合党支部": OrganisationKind.JOINT_BRANCH.value,
    "临时党支部": OrganisationKind.TEMPORARY_BRANCH.value,
    "流动党员党支部": OrganisationKind.FLOATING_BRANCH.value,
    "党工委": OrganisationKind.WORK_COMMITTEE.value,
    "非公党建工作机构": OrganisationKind.WORK_BODY.value,
}
STATUSES = {
    "正常经营": OperatingStatus.OPERATING.value,
    "停业": OperatingStatus.SUSPENDED.value,
    "关停": OperatingStatus.CLOSED.value,
}
STANDINGS = {
    "正式党员": Standing.FULL.value,
    "预备党员": Standing.PROBATIONARY.value,
    "正式": Standing.FULL.value,
    "预备": Standing.PROBATIONARY.value,
}

_ORGANISATIONS = (
    Column("code", "党组织编码", "必填，本系统内唯一", Value.NUMBER_TEXT, True,
           ("组织编码", "组织代码", "编码"), example="33048201001"),
    Column("name", "党组织名称", "必填，填全称", required=True,
           others=("组织名称", "党组织全称"), example="中共示例有限公司支部委员会"),
    Column("kind", "党组织类别", "必填，从下拉列表选择", Value.CHOICE, True,
           ("组织类别", "类别"), KINDS, "党支部"),
    Column("parent", "上级党组织", "必填，填上级的编码或全称", Value.NUMBER_TEXT, True,
           ("上级党组织编码", "上级党组织名称", "隶属党组织"), example="330482010"),
    Column("phone", "联系电话", "手机号，或带区号的固定电话", Value.NUMBER_TEXT,
           others=("电话", "办公电话"), example="0573-10000000"),
    Column("founded_on", "成立日期", "如 2019-07-01", Value.DATE,
           others=("批准成立日期", "成立时间"), example="2019-07-01"),
)  # fmt: skip
_ENTERPRISES = (
    Column("credit_code", "统一社会信用代码", "必填，18 位", Value.NUMBER_TEXT, True,
           ("信用代码", "社会信用代码"), example="ZZ3306240000000019"),
    Column("name", "企业名称", "必填，填营业执照上的全称", required=True,
           others=("单位名称", "企业全称", "公司名称"), example="示例科技有限公司"),
    Column("organisation", "负责的党组织", "必填，填编码或全称", Value.NUMBER_TEXT, True,
           ("责任党组织", "联系党组织", "所属党组织"), example="330482010"),
    Column("staff_count", "职工人数", "整数", Value.INTEGER,
           others=("员工人数", "从业人数"), example="86"),
    Column("above_scale", "规模以上", "是或否，空白为否", Value.YES_NO, others=("是否规上", "规上"),
           choices=YES_NO, example="是"),
    Column("operating_status", "经营状态", "从下拉列表选择，空白为正常经营", Value.CHOICE,
           others=("企业状态", "状态"), choices=STATUSES, example="正常经营"),
    Column("status_on", "状态日期", "处于该状态的起始日期", Value.DATE, example="2020-03-01"),
    Column("park", "所在园区", "没有可不填", others=("园区",), example=""),
    Column("market", "所在专业市场", "没有可不填", others=("专业市场", "市场"), example=""),
    Column("building", "所在楼宇", "没有可不填", others=("楼宇", "商务楼宇"), example=""),
    Column("union_since", "工会成立日期", "没有可不填", Value.DATE, example=""),
    Column("league_since", "团组织成立日期", "没有可不填", Value.DATE, example=""),
)  # fmt: skip
_MEMBERS = (
    Column("name", "姓名", "必填，与身份证一致", required=True, others=("党员姓名",),
           example="示例"),
    Column("id_number", "身份证号", "必填，18 位，单元格设为文本格式", Value.NUMBER_TEXT, True,
           ("公民身份号码", "身份证号码", "身份证"), example="990001199001010017"),
    Column("organisation", "所在党支部", "必填，填编码或全称", Value.NUMBER_TEXT, True,
           ("所在党组织", "党支部", "所属党支部", "党组织编码"), example="33048201001"),
    Column("standing", "人员类别", "必填，正式党员或预备党员", Value.CHOICE, True,
           ("党员类别", "类别"), STANDINGS, "正式党员"),
    Column("joined_on", "入党日期", "必填，支部大会通过为预备党员的日期", Value.DATE, True,
           ("入党时间", "加入党组织日期"), example="2012-06-20"),
    Column("full_on", "转正日期", "正式党员填写", Value.DATE,
           others=("转正时间", "转为正式党员日期"), example="2013-06-20"),
    Column("dues_paid_to", "党费交至", "年月，如 2026-06", Value.MONTH,
           others=("党费缴纳至", "党费交纳截止月份"), example="2026-06"),
    Column("phone", "联系电话", "手机号，或带区号的固定电话", Value.NUMBER_TEXT,
           others=("手机", "手机号", "手机号码", "电话"), example="10000000000"),
)  # fmt: skip
COLUMNS: dict[Kind, tuple[Column, ...]] = {
    Kind.ORGANISATIONS: _ORGANISATIONS,
    Kind.ENTERPRISES: _ENTERPRISES,
    Kind.MEMBERS: _MEMBERS,
}


def named(kind: Kind, name: str) -> Column:
    return next(column for column in COLUMNS[kind] if column.name == name)
