"""Attempts to pass the permission by other means: foreign ids, extra fields, old grants, scopes."""

import json
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import text

from services.orgs.access.bulk import LoadedAccount, load_accounts
from shared import clock
from shared.access import Role
from shared.database import system_transaction
from shared.ids import new_id
from tests.apps import opened
from tests.databases import SharedServer
from tests.security.matrix.requests import bodies_of, body_of, query_of
from tests.security.matrix.test_matrix import asked, expected
from tests.security.matrix.world import HASH, World, keyed, settled

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]
EXTRA = {
    "status": "active", "state": "ended", "path": "0", "org_path": "0", "role": "operator",
    "created_by": "x", "version": 9, "id": "00000000-0000-7000-8000-000000000000",
}  # fmt: skip
JSON = {"Content-Type": "application/json"}
FREE = {("POST", "/v1/processes/{key}/check"), ("POST", "/v1/codec/decode")}
"""The body is the process's own request, or Temporal's: checked by other means."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(postgres_server: SharedServer, worker_name: str) -> AsyncGenerator[World]:
    databases = postgres_server.clone(f"{worker_name}_tricks")
    async with opened(databases) as apps:
        yield await settled(apps)
    postgres_server.drop(databases)


async def test_no_body_takes_a_field_that_is_not_its_own(world: World) -> None:
    """Mass assignment: every write refuses every extra field with 422 and names it."""
    accepted: list[str] = []
    for row in expected():
        made = bodies_of(world).get((row.method, row.route))
        if made is None or (row.method, row.route) in FREE:
            continue
        headers = _someone(world, row.who)
        for name, value in EXTRA.items():
            if name in made:
                continue
            answer = await _sent(world, row.service, row.method, row.route, headers,
                                 made | {name: value})  # fmt: skip
            named = [e["field"] for e in answer.json().get("errors", [])]
            named.append(answer.json().get("field"))
            if answer.status_code != 422 or name not in named:
                accepted.append(f"{row.method} {row.route} {name}: {answer.status_code} {named}")
    assert accepted == []


async def _sent(
    world: World, service: str, method: str, route: str, headers: dict[str, str], body: Any
) -> Any:
    path = route
    for name, value in world.objects.items():
        path = path.replace(f"{{{name}}}", value)
    return await world.apps.http[service].request(
        method,
        path,
        params=query_of(world, route),
        content=json.dumps(body).encode(),
        headers=keyed(headers) | JSON,
    )


def _someone(world: World, who: str) -> dict[str, str]:
    """A caller whom the route's permission admits."""
    first = who.split(maxsplit=1)[0].split(":", maxsplit=1)[0].split("+", maxsplit=1)[0]
    names = {"anyone": "committee", "own": "committee", "keepers": "committee",
             "superiors": "committee", "readers": "committee"}  # fmt: skip
    role = names.get(first, first)
    return world.callers[role, "none" if role == "service" else "own"]


@pytest.mark.parametrize("role", ["committee", "secretary", "organiser"])
async def test_an_id_of_another_office_is_refused_like_an_unknown_one(
    world: World, role: str
) -> None:
    """IDOR: the neighbour's own role, with the ids of this office in path and body."""
    neighbour = world.callers[role, "sibling"]
    leaks: list[str] = []
    for row in expected():
        if row.who in {"public", "own"} or "_id}" not in row.route or "anyone" in row.who:
            continue
        answer = await asked(world, row, neighbour)
        if answer.status_code not in {403, 404}:
            leaks.append(f"{row.method} {row.route}: {answer.status_code}")
        leaks += [f"{row.route} tells {name}" for name in ("示例对象",) if name in answer.text]
    assert leaks == []


async def test_nothing_is_filed_under_an_office_that_is_not_ones_own(world: World) -> None:
    """A good id in the path, another office in the body; and a move to one's own branch."""
    http, west = world.apps.http["orgs"], world.callers["committee", "sibling"]
    for route in ("/v1/people", "/v1/enterprises", "/v1/organisations", "/v1/posts", "/v1/terms"):
        body = body_of(world, "POST", route)
        answer = await http.post(route, content=body, headers=keyed(west) | JSON)
        assert answer.status_code in {403, 404}, (route, answer.text)
    for name, body in (
        ("people", {"home_org_id": world.objects["other_id"]}),
        ("enterprises", {"org_id": world.objects["other_id"]}),
    ):
        found = world.objects["person_id" if name == "people" else "enterprise_id"]
        mine = body | {"reason": "改到本组织"}
        answer = await http.patch(f"/v1/{name}/{found}", json=mine, headers=keyed(west))
        assert answer.status_code in {403, 404, 422}, answer.text


async def test_a_grant_that_ended_yesterday_decides_nothing_today(world: World) -> None:
    apps, account = world.apps, LoadedAccount(
        login=f"e{new_id().hex[-12:]}", name="示例", org_id=world.east,
        grants=[(Role.COMMITTEE, world.east)],
    )  # fmt: skip
    async with system_transaction(apps.engine("orgs")) as session:
        await load_accounts(
            session, [account], password_hash=HASH, valid_from=clock.today() - timedelta(days=9)
        )
    await apps.caught_up()
    headers = apps.callers.person(account.id)
    row = next(r for r in expected() if r.route == "/v1/tasks/{task_id}/decisions")
    assert (await asked(world, row, headers)).status_code == 422
    await _ended_yesterday(world, account.id)
    answer = await asked(world, row, headers)
    assert answer.status_code in {403, 404}
    http = apps.http["orgs"]
    person = f"/v1/people/{world.objects['person_id']}"
    assert (await http.get(person, headers=headers)).status_code in {403, 404}


async def _ended_yesterday(world: World, account: UUID) -> None:
    yesterday = clock.today() - timedelta(days=1)
    values = {"id": account, "on": yesterday}
    async with system_transaction(world.apps.engine("orgs")) as session:
        await session.execute(
            text("update grants set valid_to = :on where account_id = :id"), values
        )
    async with system_transaction(world.apps.engine("workflows")) as session:
        await session.execute(
            text("update copy_grants set valid_to = :on where account_id = :id"), values
        )


_TASK = text(
    "insert into tasks (id, case_id, opened_seq, key, round, title, article, verb, role, org_id,"
    " org_path, side, choices, lapses, optional, state, opened_at, answered_by)"
    " select :id, :case, 1, 'x', 1, '', '10', 'approve', 'committee', id, path, :side,"
    " array['accept'], false, false, :state, now(), :who from copy_organisations where id = :org"
)


async def test_one_person_does_not_answer_for_both_sides(world: World) -> None:
    """The same account is committee of both; having answered the sending side it is refused."""
    apps, west = world.apps, world.apps.village.orgs["west"]
    account = LoadedAccount(
        login=f"b{new_id().hex[-12:]}", name="示例", org_id=world.east,
        grants=[(Role.COMMITTEE, world.east), (Role.COMMITTEE, west)],
    )  # fmt: skip
    async with system_transaction(apps.engine("orgs")) as session:
        await load_accounts(session, [account], password_hash=HASH)
    await apps.caught_up()
    receiving = new_id()
    async with system_transaction(apps.engine("workflows")) as session:
        case = {"case": UUID(world.objects["case_id"])}
        sent = {"id": new_id(), "side": "sending", "state": "answered", "who": str(account.id)}
        await session.execute(_TASK, case | sent | {"org": world.east})
        waiting = {"id": receiving, "side": "receiving", "state": "open", "who": None}
        await session.execute(_TASK, case | waiting | {"org": west})
    answer = await apps.http["workflows"].post(
        f"/v1/tasks/{receiving}/decisions",
        json={"choice": "accept"},
        headers=keyed(apps.callers.person(account.id)),
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "both-sides")


async def test_a_machine_client_stays_inside_its_scopes(world: World) -> None:
    """Without the scope that a route names, a portal is refused wherever its reach is."""
    client = UUID(world.objects["client_id"])
    none = world.apps.callers.machine(client)
    wrong: list[str] = []
    for row in expected():
        if row.who != "public" and "machine" in row.who:
            answer = await asked(world, row, none)
            if (answer.status_code, answer.json().get("code")) != (403, "no-permission"):
                wrong.append(f"{row.method} {row.route}: {answer.status_code}")
    assert wrong == []


async def test_every_scope_of_a_route_can_be_given_and_every_given_one_opens_a_route(
    world: World,
) -> None:
    named = {
        permission.scope
        for app in world.apps.apps.values()
        for permission in app.state.permissions.values()
        if permission.scope
    }
    schema = world.apps.apps["orgs"].openapi()["components"]["schemas"]["Scope"]["enum"]
    assert named == set(schema)
