"""People at their desks: each logs in by the code flow and uses the public REST API only."""

import asyncio
from typing import Any
from uuid import UUID

import httpx

from deploy.local.login import log_in
from deploy.local.suite import Suite
from shared.ids import new_id
from tests.village import PASSWORD

READY_SECONDS = 60


class Person:
    """One account with its token; errors are returned, not raised, so that tests can read them."""

    def __init__(self, suite: Suite, token: str) -> None:
        self._suite = suite
        self._http = httpx.AsyncClient(
            timeout=30, headers={"Authorization": f"Bearer {token}"}, trust_env=False
        )

    @classmethod
    async def at_desk(cls, suite: Suite, login: str) -> "Person":
        tokens = await log_in(suite.url("orgs"), login, PASSWORD)
        return cls(suite, tokens.access_token)

    async def leave(self) -> None:
        await self._http.aclose()

    async def get(self, path: str, service: str = "workflows", **params: Any) -> httpx.Response:
        return await self._http.get(self._suite.url(service) + path, params=params)

    async def post(
        self, path: str, body: Any = None, *, service: str = "workflows", key: str | None = None
    ) -> httpx.Response:
        headers = {"Idempotency-Key": key or str(new_id())}
        url = self._suite.url(service) + path
        return await self._http.post(url, json=body, headers=headers)

    async def todo(self, case_id: str) -> dict[str, dict[str, Any]]:
        """My open tasks of one case, by key; standing possibilities too."""
        found: dict[str, dict[str, Any]] = {}
        for box in ("todo", "optional"):
            page = (await self.get("/v1/tasks", box=box, limit=200)).json()
            found |= {t["key"]: t for t in page["items"] if t["case_id"] == case_id}
        return found

    async def turn(self, case_id: str, task: str) -> dict[str, Any]:
        """Wait until it is my turn: a slow machine may have answered 202 before."""

        async def open_now() -> dict[str, Any] | None:
            return (await self.todo(case_id)).get(task)

        return await until(open_now)

    async def answer(
        self, case_id: str, task: str, choice: str, *, key: str | None = None, **form: Any
    ) -> httpx.Response:
        found = await self.turn(case_id, task)
        body = {"choice": choice, "form": form}
        return await self.post(f"/v1/tasks/{found['id']}/decisions", body, key=key)


def transfer_of(member: UUID, to: UUID, **more: Any) -> dict[str, Any]:
    request = {
        "member_ids": [str(member)],
        "to_org_id": str(to),
        "ground": "changed_unit",
        "applied_on": "2026-01-05",
    }
    return {"process": "transfer_member", "request": request | more}


async def until(condition: Any, *, seconds: float = READY_SECONDS) -> Any:
    """Poll an async condition until it gives something true."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        if found := await condition():
            return found
        if asyncio.get_running_loop().time() > deadline:
            raise TimeoutError
        await asyncio.sleep(0.2)
