"""Every route of every service × role × {own, child, parent, sibling, none}, on the real apps."""

import csv
import re
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from httpx import Response

from shared.web import WRITES
from tests.apps import Apps, opened
from tests.databases import SharedServer
from tests.security.matrix.requests import body_of, query_of
from tests.security.matrix.world import PEOPLE, RELATIONS, World, keyed, settled

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]
REFUSED = frozenset({401, 403, 404})
KEEPERS = "organiser+committee+secretary"
GROUPS = {
    "keepers": KEEPERS,
    "readers": f"{KEEPERS}+instructor+liaison",
    "superiors": "organiser+committee",
}
SEEN = frozenset({"no-file"})
"""404 for who may see the import: its file is no longer needed."""
WITHOUT_TEST = {"/v1/inbox/stream"}
"""A stream does not end; its own tests are in tests/notifications."""
Cell = tuple[str, str]


@dataclass(frozen=True)
class Row:
    service: str
    method: str
    route: str
    who: str
    shows: str

    @property
    def name(self) -> tuple[str, str, str]:
        return self.service, self.method, self.route

    @property
    def tested(self) -> bool:
        return self.who != "public" and self.route not in WITHOUT_TEST


def expected() -> list[Row]:
    lines = (Path(__file__).parent / "expected.csv").read_text().splitlines()
    return [Row(**row) for row in csv.DictReader(x for x in lines if not x.startswith("#"))]


def cells(words: str) -> set[Cell]:
    """(role, relation) of whoever the words name."""
    found: set[Cell] = set()
    for word in words.split():
        names, _, letters = word.partition(":")
        if word == "anyone":
            found |= {(role.value, r) for role in PEOPLE for r in RELATIONS} | {("nobody", "none")}
        elif word == "service":
            found.add(("service", "none"))
        elif word != "own":
            roles = GROUPS.get(names, names).split("+")
            found |= {(role, r) for role in roles for r in RELATIONS if r[0] in letters}
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(postgres_server: SharedServer, worker_name: str) -> AsyncGenerator[World]:
    databases = postgres_server.clone(f"{worker_name}_matrix")
    async with opened(databases) as apps:
        yield await settled(apps)
    postgres_server.drop(databases)


def routes_of(apps: Apps) -> Iterator[tuple[str, str, str]]:
    for service, app in apps.apps.items():
        for path, methods in app.openapi()["paths"].items():
            yield from ((service, method.upper(), path) for method in methods)


async def test_every_route_is_in_the_matrix_and_in_the_permission_table(world: World) -> None:
    """What the documentation hides would be missed here, so nothing may be hidden but probes."""
    routes = set(routes_of(world.apps))
    listed = {row.name for row in expected()}
    table = {
        (service, *entry)
        for service, app in world.apps.apps.items()
        for entry in app.state.permissions
    }
    assert routes <= listed, routes - listed
    assert listed == table, listed ^ table


async def test_each_cell_is_as_it_was_written_by_hand(world: World) -> None:
    """Reads first, then writes, then the services' own effects, which move things about."""
    wrong: list[str] = []
    count = 0
    rows = [row for row in expected() if row.tested]
    stages = (
        [(row, False) for row in rows if row.method not in WRITES],
        [(row, False) for row in rows if row.method in WRITES],
        [(row, True) for row in rows],
    )
    for row, services in (pair for stage in stages for pair in stage):
        for caller, headers in world.callers.items():
            if caller[0] != "target" and (caller[0] == "service") is services:
                count += 1
                wrong += await deviations(world, row, caller, headers)
    assert wrong == [], f"{len(wrong)} of {count} cells:\n" + "\n".join(wrong)


async def deviations(world: World, row: Row, caller: Cell, headers: dict[str, str]) -> list[str]:
    answer = await asked(world, row, headers)
    where = f"{row.method} {row.route} {caller[0]}:{caller[1]}"
    allowed = caller in cells(row.who)
    admitted = answer.status_code not in REFUSED or answer.json()["code"] in SEEN
    if answer.status_code >= 500 or admitted is not allowed:
        return [f"{where}: {answer.status_code} {answer.text[:90]}"]
    if row.shows and admitted and caller[0] != "service":
        name, _, who = row.shows.partition(" ")
        if (world.objects[name] in answer.text) is not (caller in cells(who)):
            return [f"{where}: shows or hides the object wrongly"]
    return []


async def asked(world: World, row: Row, headers: dict[str, str]) -> Response:
    path = re.sub(r"\{(\w+)\}", lambda found: world.objects[found[1]], row.route)
    return await world.apps.http[row.service].request(
        row.method,
        path,
        params=query_of(world, row.route),
        content=body_of(world, row.method, row.route),
        headers=keyed(headers) | {"Content-Type": "application/json"},
    )
