"""Who is asked what in a transfer, under which article, and how it may end."""

from typing import Any

from services.workflows.kernel.words import TaskKind
from shared.access import Role
from shared.contracts.cases import Verb
from shared.contracts.transfers import (
    ArchiveAnswer,
    BranchAssignment,
    BranchCheck,
    Correction,
    ReceiptEntry,
    ReceivingDecision,
    Ruling,
    SendingDecision,
    TransitAction,
)

DECIDE = ("approve", "return", "refuse")
RECEIVE = ("accept", "return", "ask_archive", "refuse")
TASKS = {
    "branch_check": TaskKind(
        "支部审核转出申请", "10", "sending-branch", Role.SECRETARY, DECIDE, BranchCheck,
        rule="transfer.branch_check",
    ),
    "resubmission": TaskKind(
        "补正后重新提交", "10", "sending-branch", Role.SECRETARY, ("resubmit", "withdraw"),
        Correction, Verb.REPORT,
    ),
    "sending_decision": TaskKind(
        "转出党委审批", "10", "sending", Role.COMMITTEE, DECIDE, SendingDecision,
        rule="transfer.sending_decision",
    ),
    "receiving_decision": TaskKind(
        "转入党委接收", "10", "receiving", Role.COMMITTEE, RECEIVE, ReceivingDecision, lapses=True,
    ),
    # TR06: a lost letter is reported, the last issuing organisation issues another.
    "transit_action": TaskKind(
        "在途处置：介绍信遗失补开", "6", "sending", Role.COMMITTEE, ("reissue",), TransitAction,
        Verb.REPORT, optional=True,
    ),
    "archive": TaskKind(
        "寄送党员档案供查阅", "10", "sending", Role.COMMITTEE, ("sent",), ArchiveAnswer,
        Verb.REPORT, lapses=True,
    ),
    "correction": TaskKind(
        "补正后重新送达", "10", "sending", Role.COMMITTEE, ("resend", "reissue", "stop"),
        Correction, Verb.REPORT, lapses=True,
    ),
    "reissue": TaskKind(
        "介绍信已过期，请补开或终止转接", "6", "sending", Role.COMMITTEE, ("reissue", "stop"),
        TransitAction, rule="transfer.sending_decision",
    ),
    "ruling": TaskKind(
        "对不予办理的裁定", "10", "superior", Role.ORGANISER, ("overrule", "uphold"), Ruling,
        rule="transfer.common_superior_decision",
    ),
    "assignment": TaskKind(
        "编入党支部", "10", "receiving", Role.COMMITTEE, ("assign",), BranchAssignment,
        Verb.REPORT, rule="transfer.assign_branch",
    ),
    "receipt": TaskKind(
        "寄回回执联", "10", "receiving", Role.COMMITTEE, ("receipt_sent",), ReceiptEntry,
        Verb.REPORT, rule="transfer.receipt",
    ),
}  # fmt: skip
ENTERED_BY_SENDER: dict[str, Any] = {
    "title": "录入接收方办理结果",
    "side": "sending",
    "verb": Verb.REPORT,
    "choices": ("accept", "return", "refuse"),
}
"""The other side does not work in this suite: the sender enters what it answered."""

REASONS = {"withdraw": "withdrawn", "member-died": "died", "member-removed": "removed"}
"""What interrupts a transfer → the reason that the register keeps."""

OUTCOMES = {
    "transferred": "已转入",
    "moved_within_committee": "已在本党委内调整",
    "refused_by_sender": "转出方不予办理（上级维持）",
    "refused_by_receiver": "接收方不予接收（上级维持）",
    "withdrawn": "已撤回",
    "expired": "介绍信过期终止",
    "member_died": "党员去世终止",
    "member_removed": "党员出党终止",
    "terminated": "运维终止",
}
