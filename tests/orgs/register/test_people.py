"""People through the API: sealed, masked, unique, revealed with a reason."""

from uuid import UUID

import pytest
from sqlalchemy import text

from services.orgs.register.people.keystore import Keystore
from services.orgs.register.people.vault import Vault, WrappedKey
from shared.access import Role
from shared.database import engine, set_scope, transaction
from shared.ids import new_id
from shared.problems import Unavailable
from tests.orgs.api import database
from tests.orgs.register.office import Office, id_number

PHONE = "10086421357"


async def test_what_is_identifying_is_masked_and_nowhere_in_plain(office: Office) -> None:
    number = id_number()
    made = await office.person(office.county.east_branch, id_number=number, phone=PHONE)
    assert made["masked_id_number"] == f"{number[:4]}**********{number[-4:]}"
    assert made["masked_phone"] == "100****1357"
    async with database(office.url) as session:
        for table in ("people", "audit_events", "changes", "idempotency_keys"):
            rows = await session.execute(text(f"select t::text from {table} t"))  # noqa: S608
            stored = " ".join(rows.scalars())
            assert number not in stored
            assert number.encode().hex() not in stored
            assert PHONE not in stored


async def test_one_human_is_one_row(office: Office) -> None:
    number = id_number()
    await office.person(office.county.east_branch, id_number=number)
    body = {"name": "另一人", "id_number": number, "home_org_id": str(office.county.west.id)}
    again = await office.send("POST", "/v1/people", body)
    assert (again.status_code, again.json()["code"]) == (409, "person-exists")
    assert number not in again.text


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("id_number", "990000199002300015", "id-number-date"),
        ("phone", "12345", "phone-format"),
        ("email", "nobody", "email-format"),
        ("name", "王1", "name-characters"),
    ],
)
async def test_a_refusal_names_field_and_rule_and_not_the_value(
    office: Office, field: str, value: str, code: str
) -> None:
    body = {"name": "王示例", "home_org_id": str(office.county.east.id)} | {field: value}
    answer = await office.send("POST", "/v1/people", body)
    assert answer.status_code == 422
    assert (answer.json()["field"], answer.json()["code"]) == (field, code)
    assert value not in answer.text


async def test_rare_characters_and_the_middle_dot_survive(office: Office) -> None:
    rare = await office.person(office.county.east_branch, name="𠮷㛃•艾力")
    found = await office.get(f"/v1/people/{rare['id']}")
    assert found.json()["name"] == "𠮷㛃·艾力"


async def test_the_plain_value_needs_a_reason_and_leaves_a_trace(office: Office) -> None:
    number = id_number()
    made = await office.person(office.county.east_branch, id_number=number)
    path = f"/v1/people/{made['id']}/reveals"
    short = await office.send("POST", path, {"field": "id_number", "reason": "看 "})
    assert short.status_code == 422
    shown = await office.send("POST", path, {"field": "id_number", "reason": "核对档案原件"})
    assert shown.json() == {"field": "id_number", "value": number}
    async with database(office.url) as session:
        traces = await session.execute(
            text("select detail::text from audit_events where action = 'person.revealed'"
                 " and object_id = :id"),
            {"id": UUID(made["id"])},
        )  # fmt: skip
        assert "核对档案原件" in traces.scalar_one()


async def test_who_may_see_the_plain_value(office: Office) -> None:
    county = office.county
    made = await office.person(county.east_branch)
    path = f"/v1/people/{made['id']}/reveals"
    body = {"field": "phone", "reason": "核对联系方式"}
    own = office.callers.person(person_id=UUID(made["id"]))
    cases = [
        (office.at(Role.SECRETARY, county.east_branch), 200),
        (office.at(Role.INSTRUCTOR, county.east_branch), 403),
        (office.at(Role.SECRETARY, county.west_branch), 404),
        (office.at(Role.AUDITOR, county.county), 404),
        (own, 200),
    ]
    for who, status in cases:
        assert (await office.send("POST", path, body, who)).status_code == status


async def test_a_correction_needs_the_version_that_was_seen(office: Office) -> None:
    made = await office.person(office.county.east_branch)
    path, body = f"/v1/people/{made['id']}", {"name": "李更正", "reason": "姓名录错"}
    assert (await office.send("PATCH", path, body)).status_code == 428
    right = await office.send("PATCH", path, body, If_Match='"1"')
    assert (right.json()["name"], right.headers["etag"]) == ("李更正", '"2"')
    assert (await office.send("PATCH", path, body, If_Match='"1"')).status_code == 412


async def test_people_are_found_by_name_pinyin_and_initials(office: Office) -> None:
    await office.person(office.county.east_branch, name="单小溪")
    for q in ("单小", "shanxiao", "SXX"):
        found = await office.get("/v1/people", under=str(office.county.county.id), q=q)
        assert [row["name"] for row in found.json()["items"]] == ["单小溪"]
    await office.person(office.county.east_branch, name="王Nova")
    for q in ("王N", "wangno", "WN"):
        found = await office.get("/v1/people", under=str(office.county.county.id), q=q)
        assert [row["name"] for row in found.json()["items"]] == ["王Nova"]


async def test_row_security_hides_people_of_other_subtrees(office: Office) -> None:
    made = await office.person(office.county.east_branch)
    on = engine(office.url, pool_size=1)
    seen: list[int] = []
    for prefixes in ((), (office.county.west.path,), (office.county.east.path,)):
        async with transaction(on) as session:
            await set_scope(session, prefixes=prefixes, person=None)
            found = await session.execute(
                text("select count(*) from people where id = :id"), {"id": UUID(made["id"])}
            )
            seen.append(found.scalar_one())
    await on.dispose()
    assert seen == [0, 0, 1]


async def test_a_destroyed_key_leaves_nothing_to_read(office: Office) -> None:
    made = await office.person(office.county.east_branch)
    keystore: Keystore = office.app.state.keystore
    await keystore.destroy(UUID(made["id"]))
    body = {"field": "id_number", "reason": "核对档案原件"}
    gone = await office.send("POST", f"/v1/people/{made['id']}/reveals", body)
    assert (gone.status_code, gone.json()["code"]) == (404, "key-destroyed")


async def test_contact_is_for_the_sending_service_only(office: Office) -> None:
    made = await office.person(office.county.east_branch, phone=PHONE)
    path = f"/v1/people/{made['id']}/contact"
    assert (await office.get(path)).status_code == 403
    answer = await office.get(path, office.callers.service("notifications"))
    assert answer.json() == {"person_id": made["id"], "phone": PHONE, "email": None}


async def test_a_sealed_value_opens_only_in_its_own_row_and_column() -> None:
    old, new = "b2xk" * 10 + "b2w=", "bmV3" * 10 + "bmU="
    vault = Vault({"k1": old}, old)
    person, key = new_id(), vault.new_key()
    sealed = vault.seal(key, person, "phone", PHONE)
    assert vault.open(key, person, "phone", sealed) == PHONE
    for place in ((new_id(), "phone"), (person, "id_number")):
        with pytest.raises(Unavailable):
            vault.open(key, *place, sealed)
    wrapped = vault.wrap(person, key)
    rotated = Vault({"k2": new, "k1": old}, old)
    assert rotated.unwrap(wrapped) == key
    assert not rotated.is_current(wrapped)
    with pytest.raises(Unavailable):
        Vault({"k2": new}, old).unwrap(WrappedKey(person, "k1", wrapped.wrapped))
