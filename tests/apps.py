"""The three real apps in one process, over a village in a real Postgres; no engine behind them.

Callers are known by heart, but their grants are the loaded ones: read from the register by orgs,
and from the copies of the real feed by the others.
"""

import base64
import json
import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import httpx
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from services.notifications.app import create_app as notifications_app
from services.notifications.settings import NotificationsSettings
from services.orgs.app import create_app as orgs_app
from services.orgs.settings import OrgsSettings
from services.workflows.app import create_app as workflows_app
from services.workflows.settings import WorkflowsSettings
from shared import logging
from shared.auth import Principal
from shared.clients.orgs import OrgsClient
from shared.copies.follower import follow_once
from shared.copies.store import position
from shared.database import system_transaction
from shared.problems import Unauthenticated
from tests import village
from tests.databases import DatabaseSet
from tests.village import Village

NOWHERE = "http://127.0.0.1:9"
KEY = base64.b64encode(b"k" * 32).decode()


class Callers:
    """token → principal; the grants are looked up as in production."""

    def __init__(self) -> None:
        self._known: dict[str, Principal] = {}

    def person(self, account: UUID, person: UUID | None = None) -> dict[str, str]:
        who = Principal(
            account_id=str(account), kind="person", person_id=str(person) if person else None
        )
        return self._knows(who)

    def service(self, name: str = "workflows") -> dict[str, str]:
        return self._knows(Principal(account_id=name, kind="service"))

    def machine(self, client: UUID, *scopes: str) -> dict[str, str]:
        who = Principal(account_id=str(client), kind="machine", scopes=frozenset(scopes))
        return self._knows(who)

    def _knows(self, who: Principal) -> dict[str, str]:
        token = f"{who.account_id}|{' '.join(sorted(who.scopes))}"
        self._known[token] = who
        return {"Authorization": f"Bearer {token}"}

    async def principal(self, token: str) -> Principal:
        if token not in self._known:
            raise Unauthenticated("token-invalid", "登录已失效，请重新登录。")
        return self._known[token]

    async def close(self) -> None:
        """As the real one has it."""


@dataclass
class Apps:
    """The apps by name, each with a client that has no caller of its own."""

    apps: Mapping[str, FastAPI]
    http: Mapping[str, httpx.AsyncClient]
    callers: Callers
    village: Village
    env: Mapping[str, str]

    def engine(self, service: str) -> AsyncEngine:
        return self.apps[service].state.engine

    def as_service(self, service: str, name: str = "workflows") -> httpx.AsyncClient:
        """A client with the identity of one of the suite's own services."""
        return client_of(self.apps[service], self.callers.service(name))

    async def caught_up(self) -> None:
        """The copies know all that the register has published, and are fresh."""
        for name in ("workflows", "notifications"):
            orgs = self.apps[name].state.orgs_http
            await follow_once(self.engine(name), orgs)
            while await self._behind(name, OrgsClient(orgs)):
                await follow_once(self.engine(name), orgs)

    async def _behind(self, name: str, orgs: OrgsClient) -> bool:
        async with system_transaction(self.engine(name)) as session:
            read = await position(session)
        return bool((await orgs.changes(read.cursor)).items)


def client_of(app: FastAPI, headers: Mapping[str, str] | None = None) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app)
    return httpx.AsyncClient(transport=transport, base_url="http://in-process", headers=headers)


def settings_env(databases: DatabaseSet) -> dict[str, str]:
    return {
        **databases.env,
        "DANGJIAN_ORGS_MASTER_KEYS": json.dumps({"k1": KEY}),
        "DANGJIAN_ORGS_INDEX_KEY": KEY,
        "DANGJIAN_ORGS_SIGNING_KEY_FILE": "",
        "DANGJIAN_AUDIT_KEY": KEY,
        "DANGJIAN_WORKFLOWS_PAYLOAD_KEYS": json.dumps({"k1": KEY}),
        "DANGJIAN_WORKFLOWS_CLIENT_SECRET": "unused",
        "DANGJIAN_WORKFLOWS_TEMPORAL_ADDRESS": "127.0.0.1:9",
        "DANGJIAN_ISSUER": NOWHERE,
        "DANGJIAN_ORGS_URL": NOWHERE,
        "DANGJIAN_NOTIFICATIONS_URL": NOWHERE,
        "DANGJIAN_DEMO": "true",
    }


@asynccontextmanager
async def opened(databases: DatabaseSet, *, members: int = 6) -> AsyncGenerator[Apps]:
    env = settings_env(databases)
    loaded = await village.load(env, members=members)
    logging.configure("test")
    callers, apps = Callers(), _built(env)
    async with AsyncExitStack() as stack:
        http: dict[str, httpx.AsyncClient] = {}
        for name, app in apps.items():
            app.state.verifier = callers
            await stack.enter_async_context(app.router.lifespan_context(app))
            http[name] = await stack.enter_async_context(client_of(app))
        running = Apps(apps, http, callers, loaded, env)
        await _introduce(running, stack)
        await running.caught_up()
        yield running


def _built(env: dict[str, str]) -> dict[str, FastAPI]:
    kept = dict(os.environ)
    os.environ.update(env)
    try:
        return {
            "orgs": orgs_app(OrgsSettings()),  # pyright: ignore[reportCallIssue]
            "workflows": workflows_app(WorkflowsSettings()),  # pyright: ignore[reportCallIssue]
            "notifications": notifications_app(
                NotificationsSettings()  # pyright: ignore[reportCallIssue]
            ),
        }
    finally:
        os.environ.clear()
        os.environ.update(kept)


async def _introduce(running: Apps, stack: AsyncExitStack) -> None:
    """The services call one another in the process, where they would over the network."""
    for name in ("workflows", "notifications"):
        state = running.apps[name].state
        await state.orgs_http.aclose()
        state.orgs_http = await stack.enter_async_context(running.as_service("orgs", name))
    state = running.apps["workflows"].state
    state.register = OrgsClient(state.orgs_http)
