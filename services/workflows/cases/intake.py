"""Opens a case: command, claims and case row in one transaction; Temporal comes afterwards."""

import json
from typing import Any

from pydantic import BaseModel
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from services.workflows.cases.claims import claim
from services.workflows.commands import repository as commands
from services.workflows.commands.repository import Command
from services.workflows.forms import split_private, validated
from services.workflows.kernel.process import Prepared, Process, Register
from services.workflows.register import LocalRegister
from services.workflows.settings import WorkflowsSettings
from shared import audit, clock
from shared.access import Access
from shared.contracts.cases import Rule, Start
from shared.contracts.inbox import NewCase
from shared.contracts.register import RuleSet
from shared.ids import new_id
from shared.problems import Forbidden


async def prepared(
    process: Process, raw: dict[str, Any], register: Register, access: Access
) -> tuple[BaseModel, Prepared]:
    """All rules of the counter; writes nothing."""
    if not access.has(*process.starters) and access.principal.kind != "machine":
        raise Forbidden(
            "no-permission", "您没有发起该流程的权限，请联系账号管理员。", field="process"
        )
    request = validated(process.opens_with, raw, "request.")
    return request, await process.prepare(register, request, access)


class Intake:
    """One new case in one transaction."""

    def __init__(
        self,
        session: AsyncSession,
        access: Access,
        register: LocalRegister,
        settings: WorkflowsSettings,
    ) -> None:
        self._session = session
        self._access = access
        self._register = register
        self._settings = settings

    async def open(self, new: NewCase, process: Process, key: str, digest: str) -> Command:
        request, found = await prepared(process, new.request, self._register, self._access)
        rules = await self._register.rules(found.org_id, prefix=process.rules)
        case_id = new_id()
        public, private = split_private(request)
        occurred = getattr(request, "applied_on", None) or clock.today()
        start = Start(
            case_id=case_id,
            command_id=new_id(),
            actor=self._access.principal.account_id,
            occurred_on=occurred,
            edition=rules.edition,
            rules={v.key: Rule(value=v.value, unit=v.unit, basis=v.basis) for v in rules.values},
            parties=list(found.parties),
            request=public,
            facts=dict(found.facts),
            patience_seconds=self._settings.patience_seconds,
        )
        await claim_and_insert(self._session, new.process, start, found, rules)
        command = Command.taken(
            self._access,
            (key, digest),
            id=start.command_id,
            case_id=case_id,
            kind="start",
            body={"process": new.process, "start": start.model_dump(mode="json")},
        )
        await commands.record(self._session, command, private)
        await audit.record(
            self._session,
            self._access,
            "case.opened",
            object_kind="case",
            object_id=case_id,
            org_path=None,
            process=new.process,
        )
        return command


async def claim_and_insert(
    session: AsyncSession, process: str, start: Start, found: Prepared, rules: RuleSet
) -> None:
    await _insert_case(session, process, start, found, rules)
    await claim(session, start.case_id, process, found.subjects)


async def _insert_case(
    session: AsyncSession, process: str, start: Start, found: Prepared, rules: RuleSet
) -> None:
    path = next(p.path for p in start.parties if p.org_id == found.org_id)
    await session.execute(
        text(
            "insert into cases (id, process, state, label, org_id, org_path, paths, person_ids,"
            " started_by, request, facts, edition, rules, opened_at, occurred_on,"
            " calendar_cursor) values (:id,"
            " :process, 'recorded', :label, :org_id, :path, :paths, :persons, :actor,"
            " cast(:request as jsonb), cast(:facts as jsonb), :edition, cast(:rules as jsonb),"
            " :at, :occurred_on, (select calendar_cursor from copy_state where id = 1))"
        ),
        {
            "id": start.case_id,
            "process": process,
            "label": found.label,
            "org_id": found.org_id,
            "path": path,
            "paths": sorted({party.path for party in start.parties}),
            "persons": list(found.person_ids),
            "actor": start.actor,
            "request": json.dumps(start.request),
            "facts": json.dumps(start.facts),
            "edition": rules.edition,
            "rules": json.dumps({k: v.model_dump() for k, v in start.rules.items()}),
            "at": clock.now(),
            "occurred_on": start.occurred_on,
        },
    )
    await session.execute(
        text(
            "insert into case_parties (case_id, side, org_id, path)"
            " values (:case_id, :side, :org_id, :path)"
        ),
        [{"case_id": start.case_id, **party.model_dump()} for party in start.parties],
    )
