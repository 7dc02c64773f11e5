"""A register's feed that can be written to, be away, or answer late."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx

from shared.contracts.base import Contract
from shared.contracts.changes import ChangeKind


class Feed:
    """GET /v1/changes over a list; the cursor is a position in it."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self.away = False
        self.late: asyncio.Event | None = None
        self.asked = 0

    def publish(self, kind: ChangeKind | str, object_id: UUID, data: Contract | None) -> None:
        self.entries.append(
            {
                "cursor": str(len(self.entries) + 1),
                "kind": str(kind),
                "object_id": str(object_id),
                "at": "2026-11-01T00:00:00Z",
                "data": data.model_dump(mode="json") if data else {},
            }
        )

    def asked_by(self, replicas: int) -> Callable[[], Awaitable[bool]]:
        async def check() -> bool:
            return self.asked >= replicas

        return check

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=httpx.MockTransport(self._answer), base_url="http://orgs"
        )

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        if self.away:
            raise httpx.ConnectError("away")
        after, limit = int(request.url.params["after"]), int(request.url.params["limit"])
        items = self.entries[after : after + limit]
        if self.late:
            await self.late.wait()
        last = items[-1]["cursor"] if items else str(after)
        return httpx.Response(200, json={"items": items, "next": last})
