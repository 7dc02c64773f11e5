"""A stored hash of a request's body tells nothing to whoever lacks the service's own key."""

import hashlib
import json
from typing import Any

import pytest
from httpx import Response
from sqlalchemy import text

from shared.database import system_transaction
from shared.idempotency import body_hash, body_key
from shared.ids import new_id
from tests.apps import Apps
from tests.e2e.people import transfer_of
from tests.principals import keyed

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def sent(apps: Apps, service: str, path: str, content: bytes, key: str) -> Response:
    who = apps.callers.person(apps.village.accounts["committee-east"])
    headers = keyed(who, key) | {"Content-Type": "application/json"}
    return await apps.http[service].post(path, content=content, headers=headers)


async def stored(apps: Apps, service: str, table: str, key: str) -> str:
    statement = text(f"select body_hash from {table} where key = :key")  # noqa: S608
    async with system_transaction(apps.engine(service)) as session:
        return (await session.execute(statement, {"key": key})).scalar_one()


def content_of(body: dict[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()


async def test_the_register_keeps_a_keyed_hash_and_replays_by_it(apps: Apps) -> None:
    body = {"name": "示例乙", "home_org_id": str(apps.village.orgs["east-1"])}
    key, content = str(new_id()), content_of(body)
    first = await sent(apps, "orgs", "/v1/people", content, key)
    assert first.status_code == 201, first.text
    assert (await sent(apps, "orgs", "/v1/people", content, key)).json() == first.json()
    other = await sent(apps, "orgs", "/v1/people", content_of(body | {"name": "示例丙"}), key)
    assert other.json()["code"] == "key-reused"
    found = await stored(apps, "orgs", "idempotency_keys", key)
    assert found != hashlib.sha256(content).hexdigest()
    assert found == body_hash(apps.apps["orgs"].state.body_key, content)


async def test_a_command_keeps_a_keyed_hash(apps: Apps) -> None:
    village, key = apps.village, str(new_id())
    content = content_of(transfer_of(village.members[4], village.orgs["west-1"]))
    opened = await sent(apps, "workflows", "/v1/cases", content, key)
    assert opened.status_code == 202, opened.text
    again = await sent(apps, "workflows", "/v1/cases", content, key)
    assert again.json()["case_id"] == opened.json()["case_id"]
    found = await stored(apps, "workflows", "commands", key)
    assert found != hashlib.sha256(b"/v1/cases\n" + content).hexdigest()
    assert found == body_hash(apps.apps["workflows"].state.body_key, b"/v1/cases\n" + content)


async def test_services_under_one_audit_key_have_keys_of_their_own(apps: Apps) -> None:
    keys = {app.state.body_key for app in apps.apps.values()}
    assert len(keys) == len(apps.apps)
    audit_key = b"k" * 32
    assert audit_key not in keys
    assert body_key(audit_key, "orgs") in keys
