"""From an empty register to the first member, as in a real deployment: command, login, API."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient, Response
from sqlalchemy import text

from deploy.local.login import log_in
from services.orgs.access.accounts import first
from services.orgs.app import create_app
from services.orgs.register.organisations.root import Root
from services.orgs.settings import OrgsSettings
from shared.access import Role
from shared.database import engine, transaction
from shared.problems import Conflict
from tests.apps import settings_env
from tests.databases import DatabaseSet
from tests.orgs.access.conftest import ISSUER, PASSWORD, pem
from tests.orgs.api import database, plant
from tests.orgs.exchange.workbooks import organisation, whole
from tests.principals import keyed

COMMAND = (sys.executable, "-m", "services.orgs.access.accounts.first")
ROOT = ("--organisation", "示例县委", "--code", "330000")
pytestmark = pytest.mark.timeout(180)


@dataclass
class Deployment:
    """A migrated, empty register outside the demonstration, with its own issuer."""

    env: dict[str, str]
    url: str
    http: AsyncClient
    transport: ASGITransport

    async def first(self, *options: str) -> tuple[int, str]:
        process = await asyncio.create_subprocess_exec(
            *COMMAND, *options, env=os.environ | self.env,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await process.communicate()
        return process.returncode or 0, said.decode()

    async def caller(self, login: str, one_time: str) -> dict[str, str]:
        """Logs in as people do where only the console's own client exists."""
        tokens = await log_in(
            ISSUER, login, one_time, new_password=PASSWORD, client_id="console",
            redirect_uri="http://localhost:8000/auth/callback", transport=self.transport,
        )  # fmt: skip
        return tokens.headers

    async def post(self, path: str, who: dict[str, str], **body: Any) -> Response:
        return await self.http.post(path, json=body, headers=keyed(who))

    async def made(self, path: str, who: dict[str, str], **body: Any) -> dict[str, Any]:
        answer = await self.post(path, who, **body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def employ(self, admin: dict[str, str], login: str, role: Role, org: str) -> Any:
        """An account with a role, made by the security administrator, logged in."""
        account = await self.made("/v1/accounts", admin, org_id=org, login=login, name="示例")
        grant = {"account_id": account["id"], "role": role.value, "org_id": org}
        await self.made("/v1/grants", admin, **grant)
        return await self.caller(login, account["initial_password"])


@pytest.fixture
async def deployment(fresh_postgres: DatabaseSet, tmp_path: Path) -> AsyncGenerator[Deployment]:
    key_file = tmp_path / "signing.pem"
    key_file.write_bytes(pem())
    env = settings_env(fresh_postgres) | {
        "DANGJIAN_ORGS_SIGNING_KEY_FILE": str(key_file),
        "DANGJIAN_ISSUER": ISSUER,
        "DANGJIAN_DEMO": "false",
    }
    with pytest.MonkeyPatch.context() as patched:
        for name, value in env.items():
            patched.setenv(name, value)
        app = create_app(OrgsSettings())  # pyright: ignore[reportCallIssue]
    transport = ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=transport, base_url=ISSUER) as http,
    ):
        yield Deployment(env, fresh_postgres.url("orgs"), http, transport)


async def begun(deployment: Deployment) -> tuple[dict[str, str], dict[str, Any]]:
    """The first administrator, logged in, and the topmost organisation."""
    code, said = await deployment.first(*ROOT)
    assert code == 0, said
    password = re.search(r"一次性密码：(\S+)", said)
    assert password, said
    admin = await deployment.caller("security.admin", password[1])
    [root] = (await deployment.http.get("/v1/organisations", headers=admin)).json()["items"]
    return admin, root


async def test_the_command_enters_the_topmost_organisation_for_feed_and_audit(
    deployment: Deployment,
) -> None:
    _, root = await begun(deployment)
    shown = {name: root[name] for name in ("name", "code", "kind", "path", "approves_members")}
    assert shown == {"name": "示例县委", "code": "330000", "kind": "committee", "path": "0",
                     "approves_members": False}  # fmt: skip
    async with database(deployment.url) as session:
        told = await session.execute(
            text("select object_id::text, data ->> 'path' from changes"
                 " where kind = 'organisation.changed'")
        )  # fmt: skip
        assert tuple(told.one()) == (root["id"], "0")
        events = await session.execute(
            text("select action, actor, org_path from audit_events order by id limit 2")
        )
        assert [tuple(event) for event in events] == [
            ("organisation.entered", "installer", "0"),
            ("account.first-created", "installer", "0"),
        ]


def test_the_command_works_once_and_says_why_not(
    fresh_postgres: DatabaseSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in settings_env(fresh_postgres).items():
        monkeypatch.setenv(name, value)

    def said(*options: str) -> str:
        monkeypatch.setattr(sys, "argv", ["first", *options])
        with pytest.raises(SystemExit) as refusal:
            first.main()
        return str(refusal.value)

    assert "--organisation" in said()
    assert "--code" in said("--organisation", "示例县委")
    assert "党支部" in said(*ROOT, "--kind", "branch")
    assert said("--organisation", " ", "--code", "1").startswith("--organisation：不能为空")
    assert "登录名" in said(*ROOT, "--login", "a b")
    monkeypatch.setattr(sys, "argv", ["first", *ROOT, "--kind", "work_committee"])
    first.main()
    assert "已有账号" in said(*ROOT)


async def test_a_second_root_is_refused(fresh_postgres: DatabaseSet) -> None:
    async with database(fresh_postgres.url("orgs")) as session:
        await plant(session)
    on = engine(fresh_postgres.url("orgs"), pool_size=1)
    with pytest.raises(Conflict, match="root-exists"):
        async with transaction(on) as session:
            await first.create_first(session, "first", "示例", Root(name="示例", code="1"))
    await on.dispose()


async def test_from_the_first_administrator_to_the_first_member(deployment: Deployment) -> None:
    admin, root = await begun(deployment)
    draft = {"name": "示例镇党委", "code": "330001", "kind": "committee", "parent_id": root["id"],
             "approves_members": True, "reason": "首次录入"}  # fmt: skip
    refused = await deployment.post("/v1/organisations", admin, **draft)
    assert refused.status_code == 403, "who gives the rights enters nothing"
    organiser = await deployment.employ(admin, "organiser", Role.ORGANISER, root["id"])
    town = await deployment.made("/v1/organisations", organiser, **draft)
    assert town["approves_members"]
    branch = {"name": "示例村党支部", "code": "330001001", "kind": "branch",
              "parent_id": town["id"], "reason": "首次录入"}  # fmt: skip
    committee = await deployment.employ(admin, "committee", Role.COMMITTEE, town["id"])
    branch = await deployment.made("/v1/organisations", committee, **branch)
    person = await deployment.made("/v1/people", committee, name="示例", home_org_id=branch["id"])
    member = await deployment.made(
        "/v1/members", committee, person_id=person["id"], org_id=branch["id"], standing="full",
        joined_on="2015-07-01", full_on="2016-07-01", reason="首次录入",
    )  # fmt: skip
    path = f"/v1/members/{member['id']}/facts"
    facts = (await deployment.http.get(path, headers=committee)).json()
    assert facts["committee_id"] == town["id"]


async def test_the_tree_comes_from_a_workbook_too(deployment: Deployment) -> None:
    admin, root = await begun(deployment)
    organiser = await deployment.employ(admin, "organiser", Role.ORGANISER, root["id"])
    rows = [organisation("330001", "330000", kind="党委", name="示例镇党委"),
            organisation("330001001", "330001", name="示例村党支部")]  # fmt: skip
    params = {"organisation": root["id"], "filename": "党组织.xlsx"}
    started = await deployment.http.post(
        "/v1/imports", params=params, content=whole(rows, [], []), headers=organiser
    )
    path = f"/v1/imports/{started.json()['id']}"
    await until(deployment, path, organiser, "checked")
    confirmed = await deployment.post(f"{path}/confirmation", organiser, mode="all")
    assert confirmed.status_code == 202, confirmed.text
    await until(deployment, path, organiser, "applied")
    tree = (await deployment.http.get("/v1/organisations", headers=organiser)).json()["items"]
    assert [row["code"] for row in tree] == ["330000", "330001", "330001001"]
    assert not tree[1]["approves_members"]
    body = {"approves_members": True, "reason": "首次录入"}
    headers = keyed(organiser, If_Match=f'"{tree[1]["version"]}"')
    path = f"/v1/organisations/{tree[1]['id']}"
    conferred = await deployment.http.patch(path, json=body, headers=headers)
    assert conferred.json()["approves_members"]


async def until(deployment: Deployment, path: str, who: dict[str, str], state: str) -> None:
    """Ends with the test's own timeout."""
    while True:
        found = (await deployment.http.get(path, headers=who)).json()
        assert found["state"] != "failed", found
        if found["state"] == state:
            return
        await asyncio.sleep(0.05)
