"""Who may answer a task, and what an answer must contain."""

from datetime import date
from typing import Any

from sqlalchemy import Row
from sqlmodel.ext.asyncio.session import AsyncSession

from services.workflows.forms import validated
from services.workflows.kernel.process import Answer, Process, Register
from services.workflows.tasks import repository
from shared import clock
from shared.access import Access, Role
from shared.contracts.base import Contract
from shared.contracts.cases import Due
from shared.contracts.inbox import NewDecision
from shared.problems import Conflict, Forbidden, Invalid

OPPOSITE = {"sending": "receiving", "receiving": "sending"}


async def may_answer(session: AsyncSession, access: Access, task: Row[Any]) -> str | None:
    """Raise unless it is the caller's turn; the account on whose behalf, if by delegation.

    Deciding needs the role at exactly the task's organisation, or a dated delegation, or an
    escalation; nobody answers both sides of a case.
    """
    if access.principal.kind != "person":
        raise Forbidden("person-needed", "办理事项须由本人登录后操作。")
    account = access.principal.account_id
    behalf = None
    if not _own(access, task):
        behalf = await repository.delegated_from(session, account, task.role, task.org_id)
        if behalf is None and not _escalated(access, task):
            raise Forbidden("not-your-turn", "该事项不由您办理，请由相应党组织的经办人办理。")
    other = OPPOSITE.get(task.side.split("-")[0])
    sides = await repository.answered_sides(session, task.case_id, account)
    if other and any(side.startswith(other) for side in sides):
        raise Forbidden(
            "both-sides", "您已代表另一方办理过该事项，同一人不能办理双方，请由其他经办人办理。"
        )
    return behalf


def _own(access: Access, task: Row[Any]) -> bool:
    if task.person_id is not None and task.person_id == access.person_id:
        return True
    return access.holds(Role(task.role), task.org_id)


def _escalated(access: Access, task: Row[Any]) -> bool:
    return task.escalated_to is not None and any(
        grant.org_id == task.escalated_to and grant.role in {Role.COMMITTEE, Role.ORGANISER}
        for grant in access.own
    )


def still_open(task: Row[Any], on: date) -> None:
    if task.state == "answered":
        raise Conflict("task-already-answered", "该事项已由他人办理，请刷新后查看结果。")
    if task.state == "lapsed":
        raise _lapsed(task)
    if task.state != "open":
        raise Conflict("task-closed", "该事项已关闭，无需办理，请刷新后查看最新进展。")
    if task.recorded:
        raise Conflict("task-already-answered", "该事项的办理意见已记录，正在生效，请稍候查看。")
    if task.lapses and task.due_on and clock.today() > task.due_on:
        raise _lapsed(task)
    if on > clock.today():
        raise Invalid("date-in-future", "办理日期不能晚于今天，请核对。", field="on")
    if on < task.occurred_on:
        raise Invalid("date-before-application", "办理日期不能早于申请日期，请核对。", field="on")


def _lapsed(task: Row[Any]) -> Conflict:
    basis = Due.model_validate(task.due).basis if task.due else None
    return Conflict(
        "period-lapsed",
        "办理期限已过，原文书已失效，请由原签发单位重新开具后再办理。",
        basis=basis,
    )


async def examined(
    register: Register, process: Process, task: Row[Any], decision: NewDecision
) -> Contract | None:
    """The decision's form, parsed and checked by the process's own rules."""
    if decision.choice not in task.choices:
        raise Invalid("choice-unknown", "请从该事项允许的处理方式中选择。", field="choice")
    if task.form is None:
        return None
    context = {**task.facts, "choice": decision.choice, "task": task.key}
    form = validated(process.forms[task.form], decision.form, "form.", **context)
    await process.examine(
        register,
        Answer(
            task_key=task.key,
            choice=decision.choice,
            form=form.model_dump(mode="json"),
            request=task.request,
            facts=task.facts,
            known=task.known,
        ),
    )
    assert isinstance(form, Contract)  # noqa: S101
    return form
