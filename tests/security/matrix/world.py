"""Objects that all belong to one committee, and callers whose grants stand around it.

The committee has a superior, a branch and a neighbour. A caller's relation says where the object
is, seen from the grant: at its own organisation, at a child of it, at its parent, at a sibling.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.orgs.access.bulk import LoadedAccount, load_accounts
from services.orgs.register.enterprises.rules import demonstration_credit_code
from services.orgs.register.people.rules import demonstration_id_number
from services.workflows import records
from shared import clock
from shared.access import Role
from shared.clients.orgs import OrgsClient
from shared.contracts.cases import Ask, CaseState, Entry, Records, Verb
from shared.contracts.register import LetterIssue
from shared.database import system_transaction
from shared.ids import new_id
from tests.apps import Apps

RELATIONS = {"own": "east", "child": "county", "parent": "east-1", "sibling": "west"}
"""Relation of the object → where the caller's grant is, when the object is at `east`."""
PEOPLE = [role for role in Role if role is not Role.MACHINE]
SCOPES = (
    "register:read", "members:read", "enterprises:read", "letters:read", "rulebook:read",
    "cases:read", "cases:write",
)  # fmt: skip
ON = "2026-03-02"
BORN = date(1980, 2, 29)
HASH = "unused"


@dataclass
class World:
    """Headers of every caller, and the objects by the name that routes give them."""

    apps: Apps
    callers: dict[tuple[str, str], dict[str, str]] = field(
        default_factory=dict[tuple[str, str], dict[str, str]]
    )
    workbook: bytes = b""
    objects: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def east(self) -> UUID:
        return self.apps.village.orgs["east"]

    async def made(self, method: str, path: str, who: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await self.apps.http["orgs"].request(
            method, path, json=body, headers=keyed(self.callers[who, "child"])
        )
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()


def keyed(headers: dict[str, str]) -> dict[str, str]:
    return headers | {"Idempotency-Key": str(new_id()), "If-Match": '"1"'}


async def settled(apps: Apps) -> World:
    world = World(apps)
    await _hire(world)
    await _register(world)
    await apps.caught_up()
    await _case(world)
    return world


async def _hire(world: World) -> None:
    """An account for each role at each place, one without any grant, one to be looked after."""
    apps, orgs = world.apps, world.apps.village.orgs
    rows: dict[tuple[str, str], LoadedAccount] = {}
    for role in PEOPLE:
        for relation, place in RELATIONS.items():
            rows[role.value, relation] = _account([(role, orgs[place])], world.east)
    rows["nobody", "none"] = _account([], world.east)
    target = _account([(Role.LIAISON, world.east)], world.east)
    rows["target", "none"] = target
    async with system_transaction(apps.engine("orgs")) as session:
        await load_accounts(session, list(rows.values()), password_hash=HASH)
        found = await session.execute(
            text("select id from grants where account_id = :id"), {"id": target.id}
        )
        world.objects |= {"account_id": str(target.id), "grant_id": str(found.scalar_one())}
    world.callers |= {who: apps.callers.person(row.id) for who, row in rows.items()}
    world.callers["service", "none"] = apps.callers.service()
    for relation, place in RELATIONS.items():
        body = {"org_id": str(orgs[place]), "name": "示例门户", "scopes": list(SCOPES)}
        made = await world.made("POST", "/v1/clients", "security_admin", body)
        world.callers["machine", relation] = apps.callers.machine(UUID(made["id"]), *SCOPES)
    body = {"org_id": str(world.east), "name": "示例门户", "scopes": list(SCOPES)}
    made = await world.made("POST", "/v1/clients", "security_admin", body)
    world.objects["client_id"] = made["id"]


def _account(grants: list[tuple[Role, UUID]], home: UUID) -> LoadedAccount:
    login = f"m{new_id().hex[-12:]}"
    return LoadedAccount(login=login, name="示例账号", org_id=home, grants=grants)


async def _register(world: World) -> None:
    """One of each kind of record, all at the committee."""
    async with system_transaction(world.apps.engine("orgs")) as session:
        await session.execute(
            text("insert into divisions values ('44', '示例省', '示例省', 1, null, '0')")
        )
    east = str(world.east)
    person = await world.made("POST", "/v1/people", "committee", {
        "name": "示例对象", "id_number": demonstration_id_number(BORN, 901),
        "home_org_id": east,
    })  # fmt: skip
    member = await world.made("POST", "/v1/members", "committee", {
        "person_id": person["id"], "org_id": east, "standing": "full", "joined_on": "2015-07-01",
        "full_on": "2016-07-01", "reason": "首次录入",
    })  # fmt: skip
    firm = await world.made("POST", "/v1/enterprises", "committee", {
        "credit_code": demonstration_credit_code(901), "name": "示例企业", "org_id": east,
    })  # fmt: skip
    post = await world.made("POST", "/v1/posts", "committee", {
        "org_id": east, "person_id": person["id"], "post": "secretary", "held_from": "2024-01-01",
        "reason": "首次录入",
    })  # fmt: skip
    term = await world.made("POST", "/v1/terms", "committee", {
        "org_id": east, "term_from": "2024-01-01", "term_to": "2028-12-31", "reason": "首次录入",
    })  # fmt: skip
    override = await world.made("POST", "/v1/rulebook/overrides", "committee", {
        "org_id": east, "key": "transfer.branch_check", "value": "5", "basis": "示例文件",
        "valid_from": "2026-01-01",
    })  # fmt: skip
    letter = await OrgsClient(world.apps.as_service("orgs")).issue_letter(
        LetterIssue(
            case_id=new_id(), from_org_id=world.east, to_org_id=world.apps.village.orgs["far"],
            member_ids=[UUID(member["id"])], issued_on=date(2026, 3, 2),
            valid_until=date(2026, 5, 31),
        ),
        key=str(new_id()),
    )  # fmt: skip
    world.objects |= {
        "org_id": east, "person_id": person["id"], "member_id": member["id"],
        "enterprise_id": firm["id"], "post_id": post["id"], "term_id": term["id"],
        "override_id": override["id"], "letter_id": str(letter.id), "code": "44",
        "number": "1", "year": "2026", "kind": "members", "key": "transfer_member",
        "other_id": str(world.apps.village.orgs["west"]), "import_id": await _upload(world),
        "delivery_id": str(new_id()), "message_id": str(new_id()),
        "delegation_id": str(new_id()), "command_id": str(new_id()),
    }  # fmt: skip


async def _upload(world: World) -> str:
    http, headers = world.apps.http["orgs"], world.callers["committee", "own"]
    template = await http.get("/v1/imports/templates/members.xlsx", headers=headers)
    world.workbook = template.content
    params = {"organisation": str(world.east), "filename": "x.xlsx", "kind": "members"}
    answer = await http.post(
        "/v1/imports", params=params, content=template.content, headers=keyed(headers)
    )
    assert answer.status_code == 202, answer.text
    return answer.json()["id"]


async def _case(world: World) -> None:
    """A case of the committee with a task for its own committee role, as the worker writes it."""
    case, task = new_id(), new_id()
    async with system_transaction(world.apps.engine("workflows")) as session:
        found = await session.execute(
            text("select path from copy_organisations where id = :id"), {"id": world.east}
        )
        values = {"id": case, "org": world.east, "path": found.scalar_one()}
        await session.execute(
            text(
                "insert into cases (id, process, state, label, org_id, org_path, paths,"
                " started_by, request, facts, edition, rules, opened_at, occurred_on) values"
                " (:id, 'transfer_member', 'recorded', '示例', :org, :path, array[:path], 'x',"
                " '{}', '{}', 1, '{}', now(), '2026-01-05')"
            ),
            values,
        )
        await session.execute(
            text("insert into case_parties values (:id, 'sending', :org, :path)"), values
        )
    ask = Ask(
        id=task, key="archive", round=1, title="示例", article="10", verb=Verb.REPORT,
        role=Role.COMMITTEE, org_id=world.east, side="sending", choices=("sent",), seq=1,
    )  # fmt: skip
    asked = Entry(seq=1, at=clock.now(), kind="asked", task_id=task)
    batch = Records(
        case_id=case, fence=clock.now(), state=CaseState.OPEN, step="", outcome=None,
        attention=None, entries=[asked], opened=[ask], closed=[], applied=[],
    )  # fmt: skip
    await records.write(world.apps.engine("workflows"), batch)
    world.objects |= {"case_id": str(case), "task_id": str(task)}
    await _of_another(world)


async def _of_another(world: World) -> None:
    """A message, its delivery, a delegation and a command that belong to one account only."""
    target = world.objects["account_id"]
    told = {
        "dedupe_key": "matrix", "template": "case-ended", "to": {"account_id": target},
        "variables": {"process": "示例", "case_number": "1", "outcome": "示例"},
    }  # fmt: skip
    http = world.apps.http["notifications"]
    stored = await http.post(
        "/v1/messages", json={"messages": [told]}, headers=keyed(world.callers["service", "none"])
    )
    assert stored.json()["stored"] == 1, stored.text
    async with system_transaction(world.apps.engine("notifications")) as session:
        row = (await session.execute(text("select id, message_id from deliveries"))).one()
    async with system_transaction(world.apps.engine("workflows")) as session:
        values = {"id": UUID(world.objects["delegation_id"]), "who": target, "org": world.east}
        await session.execute(
            text(
                "insert into delegations (id, from_account, to_account, role, org_id, org_path,"
                " valid_from, valid_to) values (:id, :who, :who, 'liaison', :org, '0',"
                " '2026-01-01', '2099-01-01')"
            ),
            values,
        )
        await session.execute(
            text(
                "insert into commands (id, case_id, kind, caller, key, body_hash, actor, body,"
                " recorded_at, state) values (:id, :case, 'decide', :who, 'k', '', :who, '{}',"
                " now(), 'applied')"
            ),
            {"id": UUID(world.objects["command_id"]), "who": target,
             "case": UUID(world.objects["case_id"])},
        )  # fmt: skip
    world.objects |= {"delivery_id": str(row.id), "message_id": str(row.message_id)}
