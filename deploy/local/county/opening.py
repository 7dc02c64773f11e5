"""Opens the planned transfers through the public API, as the people whose turn it is."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import date
from typing import Any
from uuid import UUID

import httpx

from deploy.local.addresses import Addresses
from deploy.local.caller import Person, Portal, Refused
from deploy.local.county.loading import Say
from deploy.local.county.plan import County
from deploy.local.county.staff import OPERATOR, PORTAL, SECURITY
from deploy.local.county.transfers import Stage, Transfer

AT_ONCE = 6
PORTAL_SCOPES = ["register:read", "cases:read", "cases:write"]
KNOWN_SECONDS = 60.0
ON_THE_WAY_SECONDS = 30.0
_ORDER = list(Stage)


class Opening:
    """One run; a repeated run leaves what an earlier one has opened."""

    def __init__(
        self, county: County, at: Addresses, http: httpx.AsyncClient, password: str, today: date
    ) -> None:
        self.county = county
        self.at = at
        self.http = http
        self.password = password
        self.today = today
        self.people: dict[str, Person] = {}
        self.cases: dict[UUID, Transfer] = {}
        self._room = asyncio.Semaphore(AT_ONCE)

    def person(self, login: str) -> Person:
        known = self.people.get(login)
        if known is None:
            known = Person(self.at, self.http, login=login, password=self.password)
            self.people[login] = known
        return known

    async def services_know_everyone(self) -> None:
        """The operator's grant is the last entry of the feed."""
        operator = self.person(OPERATOR)
        async with asyncio.timeout(KNOWN_SECONDS):
            while True:
                try:
                    await operator.get("workflows", "/v1/monitoring/backlog")
                except Refused as refused:
                    if refused.status not in (401, 403):
                        raise
                    await asyncio.sleep(0.5)
                else:
                    return

    async def register_portal(self) -> Portal:
        """As the security administrator would; the secret is in this answer only."""
        wanted = {
            "org_id": str(self.county.tree.root.id), "name": PORTAL, "kind": "machine",
            "scopes": PORTAL_SCOPES,
        }  # fmt: skip
        made = await self.person(SECURITY).post("orgs", "/v1/clients", wanted)
        return Portal(self.at, self.http, client_id=made["id"], secret=made["secret"])

    async def open_all(self, transfers: list[Transfer], say: Say) -> None:
        begun = asyncio.get_running_loop().time()
        await self._each(transfers, self.file)
        say(f"转接申请 {len(self.cases)} 件")
        for stage, step in (
            (Stage.BRANCH, self.branch_check), (Stage.SENDING, self.sending_decision),
            (Stage.TRAVEL, self.acceptance),
        ):  # fmt: skip
            further = {
                case: transfer for case, transfer in self.cases.items()
                if _ORDER.index(transfer.kind.stage) > _ORDER.index(stage)
            }  # fmt: skip
            await self.advance(stage, further, step)
            seconds = asyncio.get_running_loop().time() - begun
            say(f"{len(further)} 件已过“{_TITLES[stage]}”（{seconds:.0f} 秒）")

    async def file(self, transfer: Transfer) -> None:
        body = {
            "process": "transfer_member",
            "request": {
                "member_ids": [str(transfer.member.id)],
                "to_org_id": str(transfer.to_org_id),
                "ground": transfer.ground.value,
                "mode": transfer.mode.value,
                "applied_on": transfer.applied_on.isoformat(),
            },
        }
        worker = self.person(transfer.sender.worker)
        key = f"county-{transfer.number}"
        try:
            made = await worker.post("workflows", "/v1/cases", body, key=key)
        except Refused as refused:
            # Opened by an earlier run that was broken off, perhaps on another day.
            if refused.code not in {"subject-claimed", "member-in-transit", "key-reused"}:
                raise
            return
        self.cases[UUID(made["case_id"])] = transfer

    async def advance(
        self, stage: Stage, further: dict[UUID, Transfer],
        step: Callable[[Transfer], tuple[str, dict[str, Any]]],
    ) -> None:  # fmt: skip
        """Everybody works off the inbox, until each of the cases has been answered."""
        waiting = dict(further)
        async with asyncio.timeout(ON_THE_WAY_SECONDS + len(further)):
            while waiting:
                logins = sorted({self.whose(stage, transfer) for transfer in waiting.values()})
                found = await asyncio.gather(*(self.inbox(login) for login in logins))
                turns = [turn for inbox in found for turn in inbox if turn[1] in waiting]
                await self._each(turns, lambda turn: self.answer(turn, step))
                for turn in turns:
                    waiting.pop(turn[1], None)
                if waiting:
                    await asyncio.sleep(0.3)

    def whose(self, stage: Stage, transfer: Transfer) -> str:
        if stage is Stage.BRANCH:
            return transfer.sender.worker
        if stage is Stage.TRAVEL and transfer.receiver is not None:
            return transfer.receiver.clerk
        return transfer.sender.clerk

    async def inbox(self, login: str) -> list[tuple[str, UUID, UUID]]:
        """Who, which case, which task."""
        async with self._room:
            page = await self.person(login).get("workflows", "/v1/tasks", limit=200)
        return [
            (login, UUID(task["case_id"]), UUID(task["id"]))
            for task in page["items"]
            if not task["recorded"]
        ]

    async def answer(
        self, turn: tuple[str, UUID, UUID], step: Callable[[Transfer], tuple[str, dict[str, Any]]]
    ) -> None:
        login, case_id, task_id = turn
        choice, form = step(self.cases[case_id])
        on = min(date.fromisoformat(form.pop("on")), self.today)
        body = {"choice": choice, "form": form, "on": on.isoformat()}
        path = f"/v1/tasks/{task_id}/decisions"
        await self.person(login).post("workflows", path, body, key=f"county-{task_id}")

    def branch_check(self, transfer: Transfer) -> tuple[str, dict[str, Any]]:
        paid = transfer.member.dues_paid_to or self.today.replace(day=1)
        return "approve", {
            "on": transfer.after(1).isoformat(), "dues_paid_to": paid.isoformat(),
            "discipline_clear": True, "posts_settled": True,
        }  # fmt: skip

    def sending_decision(self, transfer: Transfer) -> tuple[str, dict[str, Any]]:
        form: dict[str, Any] = {"on": transfer.after(3).isoformat()}
        if transfer.kind.elsewhere:
            form["national_number"] = f"示例-{transfer.number:04d}"
        return "approve", form

    def acceptance(self, transfer: Transfer) -> tuple[str, dict[str, Any]]:
        return "accept", {"on": transfer.after(5).isoformat()}

    async def _each(self, items: Iterable[Any], do: Callable[[Any], Awaitable[None]]) -> None:
        async def one(item: Any) -> None:
            async with self._room:
                await do(item)

        async with asyncio.TaskGroup() as group:
            for item in items:
                group.create_task(one(item))


_TITLES = {Stage.BRANCH: "支部审核", Stage.SENDING: "转出党委审批", Stage.TRAVEL: "转入党委接收"}
