"""Typed client of cases and tasks, for portals and scripts."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from shared.clients.http import Client
from shared.contracts.inbox import (
    CaseDetail,
    CaseSummary,
    Checked,
    CommandStatus,
    NewCase,
    NewDecision,
    ProcessDetail,
    ProcessSummary,
    TaskDetail,
    TaskSummary,
    TimelineEntry,
    Withdrawal,
)
from shared.pages import Page

_PROCESSES = TypeAdapter(list[ProcessSummary])
_TIMELINE = TypeAdapter(list[TimelineEntry])


class WorkflowsClient(Client):
    """`http` carries the caller's token. Writes take a key: repeat with the same one, and the
    answer is the same. A status `recorded` becomes `applied` by itself: ask `command` again."""

    async def processes(self) -> list[ProcessSummary]:
        return _PROCESSES.validate_json((await self._call("GET", "/v1/processes")).content)

    async def process(self, key: str) -> ProcessDetail:
        return await self._model(ProcessDetail, "GET", f"/v1/processes/{key}")

    async def check(self, process: str, request: Mapping[str, Any]) -> Checked:
        """Run every rule of opening a case; nothing is written."""
        path = f"/v1/processes/{process}/check"
        return await self._model(Checked, "POST", path, body=dict(request))

    async def open_case(
        self, process: str, request: Mapping[str, Any], *, key: str
    ) -> CommandStatus:
        body = NewCase(process=process, request=dict(request))
        return await self._model(CommandStatus, "POST", "/v1/cases", body=body, key=key)

    async def case(self, case_id: UUID) -> CaseDetail:
        return await self._model(CaseDetail, "GET", f"/v1/cases/{case_id}")

    async def cases(self, *, after: str | None = None, **filters: str) -> Page[CaseSummary]:
        """Filters: process, state, under, subject, mine, overdue, limit."""
        params = filters | ({"after": after} if after else {})
        return await self._model(Page[CaseSummary], "GET", "/v1/cases", params=params)

    async def timeline(self, case_id: UUID) -> list[TimelineEntry]:
        answer = await self._call("GET", f"/v1/cases/{case_id}/timeline")
        return _TIMELINE.validate_json(answer.content)

    async def tasks(self, *, box: str = "todo", after: str | None = None) -> Page[TaskSummary]:
        params = {"box": box} | ({"after": after} if after else {})
        return await self._model(Page[TaskSummary], "GET", "/v1/tasks", params=params)

    async def task(self, task_id: UUID) -> TaskDetail:
        return await self._model(TaskDetail, "GET", f"/v1/tasks/{task_id}")

    async def decide(
        self,
        task_id: UUID,
        choice: str,
        form: Mapping[str, Any] | None = None,
        *,
        key: str,
        on: date | None = None,
    ) -> CommandStatus:
        body = NewDecision(choice=choice, form=dict(form or {}), on=on)
        path = f"/v1/tasks/{task_id}/decisions"
        return await self._model(CommandStatus, "POST", path, body=body, key=key)

    async def withdraw(self, case_id: UUID, reason: str, *, key: str) -> CommandStatus:
        path = f"/v1/cases/{case_id}/withdrawals"
        body = Withdrawal(reason=reason)
        return await self._model(CommandStatus, "POST", path, body=body, key=key)

    async def command(self, command_id: UUID) -> CommandStatus:
        return await self._model(CommandStatus, "GET", f"/v1/commands/{command_id}")
