"""Values in every personal field of a transfer stay where they belong: canaries, and a search."""

import asyncio
import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from temporalio.client import Client

from deploy.local.suite import Suite
from services.orgs.register.people.rules import demonstration_id_number
from services.orgs.register.people.sealing import Typed
from services.workflows.codec import Encryption
from shared.access import Role
from tests import village
from tests.e2e.people import Person, transfer_of, until
from tests.staff import employ
from tests.superuser import fetched
from tests.village import Village

NAME, OTHER_NAME = "金丝雀·阿不都", "画眉甲"
NUMBER = demonstration_id_number(date(1985, 3, 7), 777)
PHONE, EMAIL = "10077712345", "canary.bird@example.cn"
READER_EMAIL = "reader.nest@example.cn"
NOTE, REFUSAL_NOTE = "家住金丝雀巷七号", "画眉家中有病人"
WRONG_NUMBER = "99010119850307999X"
CANARIES = (NAME, OTHER_NAME, NUMBER, PHONE, EMAIL, READER_EMAIL, NOTE, REFUSAL_NOTE, WRONG_NUMBER)
NOWHERE_NAMED = ("name", "id_number", "phone", "email", "note", "login", "password")


def spellings(canary: str) -> Iterable[bytes]:
    """As it may stand in a log, a URL, JSON, UTF-16 or at any offset of base64."""
    plain = canary.encode()
    yield plain
    yield canary.encode("utf-16-le")
    yield json.dumps(canary)[1:-1].encode()
    yield str(httpx.QueryParams({"q": canary}))[2:].encode()
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + plain)
        yield encoded[4 if shift else 0 : -4]


def hits(where: str, content: bytes) -> list[str]:
    return [
        f"{where}: {canary}"
        for canary in CANARIES
        if any(spelling in content for spelling in set(spellings(canary)))
    ]


@dataclass
class Walk:
    """What the walk leaves to search."""

    suite: Suite
    village: Village
    problems: list[bytes] = field(default_factory=list[bytes])

    async def refused(self, answer: httpx.Response) -> None:
        assert 400 <= answer.status_code < 500, answer.text
        self.problems.append(answer.content + str(answer.headers).encode())


@pytest.fixture(scope="module")
def walk(suite: Suite) -> Walk:
    """A transfer with wrong input on the way, over the public API of a complete suite."""
    return asyncio.run(_walked(suite))


async def _walked(suite: Suite) -> Walk:
    loaded = await village.load(suite.env, members=4)
    reader = Typed(name="示例读信人", email=READER_EMAIL)
    await employ(suite.env, loaded, "reader-west", reader, at="west", role=Role.COMMITTEE)
    done = Walk(suite, loaded)
    desks = [
        await Person.at_desk(suite, login)
        for login in ("committee-east", "secretary-east-1", "reader-west")
    ]
    await until(lambda: _follows(desks[0]))
    member = await _enrolled(done, desks[0])
    await _search(desks[0])
    await _transferred(done, member, *desks)
    for person in desks:
        await person.leave()
    await until(lambda: _mailed(suite))
    return done


async def _follows(person: Person) -> bool:
    return (await person.get("/v1/cases")).status_code == 200


async def _mailed(suite: Suite) -> bool:
    return any(suite.state.mail.glob("*.eml"))


async def _enrolled(walk: Walk, committee: Person) -> str:
    """The canary in every field, after each rule has been broken once."""
    home = str(walk.village.orgs["east-1"])
    good: dict[str, Any] = {
        "name": NAME, "id_number": NUMBER, "phone": PHONE, "email": EMAIL, "home_org_id": home,
    }  # fmt: skip
    wrong = (
        {"id_number": WRONG_NUMBER},
        {"phone": PHONE + "99"},
        {"email": EMAIL + "@"},
        {"name": NAME + "1"},
        {"home_org_id": NAME},
        {"note": NOTE},
    )
    for change in wrong:
        await walk.refused(await committee.post("/v1/people", good | change, service="orgs"))
    person = await committee.post("/v1/people", good, service="orgs")
    assert person.status_code == 201, person.text
    again = await committee.post("/v1/people", good | {"name": OTHER_NAME}, service="orgs")
    await walk.refused(again)
    body = {
        "person_id": person.json()["id"], "org_id": home, "standing": "full",
        "joined_on": "2015-07-01", "full_on": "2016-07-01", "reason": "首次录入",
    }  # fmt: skip
    member = await committee.post("/v1/members", body, service="orgs")
    assert member.status_code == 201, member.text
    return member.json()["id"]


async def _search(committee: Person) -> None:
    found = await committee.post("/v1/members/searches", {"id_number": NUMBER}, service="orgs")
    assert found.status_code == 200, found.text
    assert NUMBER not in found.text


async def _transferred(
    walk: Walk, member: str, committee: Person, secretary: Person, reader: Person
) -> None:
    request = transfer_of(walk.village.members[0], walk.village.orgs["west-1"], note=NOTE)
    request["request"]["member_ids"] = [member]
    for change in ({"ground": NOTE}, {"applied_on": NUMBER}, {"to_org_id": NAME}, {NAME: NOTE}):
        bad = request | {"request": request["request"] | change}
        await walk.refused(await secretary.post("/v1/cases", bad))
    opened = await secretary.post("/v1/cases", request)
    assert opened.status_code == 201, opened.text
    case = opened.json()["case_id"]
    await walk.refused(await secretary.answer(case, "branch_check", "refuse", note=REFUSAL_NOTE))
    await walk.refused(await secretary.answer(case, "branch_check", NAME[:40]))
    await walk.refused(
        await secretary.answer(case, "branch_check", "approve", dues_paid_to=NUMBER, note=NOTE)
    )
    checked: dict[str, Any] = {
        "dues_paid_to": "2026-01-01",
        "discipline_clear": True,
        "posts_settled": True,
    }
    answers = [await secretary.answer(case, "branch_check", "approve", note=NOTE, **checked)]
    answers.append(await committee.answer(case, "sending_decision", "approve", note=REFUSAL_NOTE))
    await until(lambda: _turn(reader, case, "receiving_decision"))
    await walk.refused(
        await reader.answer(case, "receiving_decision", "accept", serial=NUMBER, note=NOTE)
    )
    answers.append(
        await reader.answer(
            case, "receiving_decision", "return", note=NOTE, return_reason="dues_unclear"
        )
    )
    assert [a.status_code for a in answers] == [201] * 3, [a.text for a in answers]
    asked = await secretary.post(f"/v1/cases/{case}/withdrawals", {"reason": NOTE})
    assert asked.status_code in {201, 202}, asked.text
    await until(lambda: _ended(committee, case))


async def _turn(person: Person, case: str, key: str) -> bool:
    return key in await person.todo(case)


async def _ended(person: Person, case: str) -> bool:
    return (await person.get(f"/v1/cases/{case}")).json()["state"] == "ended"


async def test_logs_of_all_processes_hold_no_personal_value(walk: Walk) -> None:
    logs = {path.name: path.read_bytes() for path in walk.suite.state.logs.glob("*.log")}
    assert {"orgs.log", "workflows.log", "worker.log", "notifications.log"} <= set(logs)
    assert [hit for name, text in logs.items() for hit in hits(name, text)] == []


async def test_refusals_hold_no_personal_value(walk: Walk) -> None:
    assert len(walk.problems) >= 12
    assert [hit for body in walk.problems for hit in hits("problem", body)] == []


async def test_metrics_and_contracts_hold_no_personal_value(walk: Walk) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        for service in ("orgs", "workflows", "notifications"):
            url = walk.suite.url(service)
            metrics = (await http.get(f"{url}/metrics")).content
            assert hits(f"{service}/metrics", metrics) == []
            paths: dict[str, Any] = (await http.get(f"{url}/openapi.json")).json()["paths"]
            named = [
                f"{path}?{parameter['name']}"
                for path, methods in paths.items()
                for method in methods.values()
                for parameter in method.get("parameters", [])
                if parameter["in"] in {"path", "query"} and parameter["name"] in NOWHERE_NAMED
            ]
            assert [name for name in named if name != "/v1/accounts?login"] == []


async def test_histories_hold_no_personal_value(walk: Walk) -> None:
    """Payloads and failures as Temporal keeps them: nothing is decoded."""
    client = await Client.connect(walk.suite.env["DANGJIAN_TEMPORAL_ADDRESS"])
    found: list[str] = []
    events = 0
    async for execution in client.list_workflows():
        assert hits("workflow id", execution.id.encode()) == []
        history = await client.get_workflow_handle(execution.id).fetch_history()
        for event in history.events:
            events += 1
            found += hits(f"{execution.id} {event.event_id}", event.SerializeToString())
            found += hits(f"{execution.id} {event.event_id}", str(event).encode())
    assert events > 20
    assert found == []


async def test_history_holds_no_name_even_when_it_is_decoded(walk: Walk) -> None:
    """Ids only: the operator who may decode payloads reads no person's data."""
    keys = json.loads(walk.suite.env["DANGJIAN_WORKFLOWS_PAYLOAD_KEYS"])
    assert keys
    client = await Client.connect(walk.suite.env["DANGJIAN_TEMPORAL_ADDRESS"])
    codec = Encryption(keys)
    found: list[str] = []
    async for execution in client.list_workflows():
        history = await client.get_workflow_handle(execution.id).fetch_history()
        for event in history.events:
            for payload in _payloads(event):
                (plain,) = await codec.decode([payload])
                found += hits(f"{execution.id} {event.event_id}", plain.data)
    assert found == []


def _payloads(message: Any) -> Iterable[Any]:
    """Every payload at any depth of an event."""
    if message.DESCRIPTOR.full_name == "temporal.api.common.v1.Payload":
        yield message
        return
    for descriptor, value in message.ListFields():
        if descriptor.message_type is None:
            continue
        repeated = not hasattr(value, "ListFields")
        items = list(value.values() if hasattr(value, "values") else value) if repeated else [value]
        for item in items:
            if hasattr(item, "ListFields"):
                yield from _payloads(item)


async def test_the_engines_own_files_hold_no_personal_value(walk: Walk) -> None:
    files = [path for path in walk.suite.state.temporal.iterdir() if path.is_file()]
    assert [hit for path in files for hit in hits(path.name, path.read_bytes())] == []


async def test_what_leaves_the_suite_says_only_that_something_waits(walk: Walk) -> None:
    mails = list(walk.suite.state.mail.glob("*.eml"))
    assert mails
    allowed = {f"{path.name}: {READER_EMAIL}" for path in mails}
    found = {hit for path in mails for hit in hits(path.name, path.read_bytes())}
    assert found <= allowed, found - allowed


async def test_tables_outside_the_registers_and_the_commands_own_hold_no_personal_value(
    walk: Walk,
) -> None:
    """Names stand in the register and as a case's label; free text stays with its command."""
    may_hold = {
        "orgs.people": {NAME},
        "orgs.idempotency_keys": {NAME},
        "workflows.cases": {NAME},
        "workflows.commands": {NOTE, REFUSAL_NOTE},
    }
    server, name = walk.suite.server, walk.suite.databases.main
    tables = await fetched(
        server,
        name,
        "select schemaname || '.' || tablename from pg_tables"
        " where schemaname in ('orgs', 'workflows', 'notifications')",
    )
    found: list[str] = []
    for (table,) in tables:
        rows = await fetched(server, name, f"select t::text from {table} t")  # noqa: S608
        text = "\n".join(str(row[0]) for row in rows).encode()
        allowed = {f"{table}: {canary}" for canary in may_hold.get(table, set())}
        found += [hit for hit in hits(table, text) if hit not in allowed]
    assert found == []


def test_every_spelling_would_be_found(tmp_path: Path) -> None:
    """The search itself: plain, escaped, and inside base64 at every offset."""
    for canary in CANARIES:
        for shift in range(3):
            file = tmp_path / "x"
            file.write_bytes(base64.b64encode(b"x" * shift + canary.encode() + b"tail"))
            assert hits("x", file.read_bytes())
