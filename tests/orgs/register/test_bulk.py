"""A county loaded in one go stands as if it had been entered one by one."""

from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import text

from services.orgs.register import bulk
from services.orgs.register.people.keystore import Keystore
from services.orgs.register.people.sealing import Checks, Typed, checked
from shared.contracts.posts import PostKind
from shared.contracts.register import OrganisationKind, Standing
from shared.ids import new_id
from shared.problems import Invalid
from tests.orgs.api import database
from tests.orgs.register.office import Office, credit_code, id_number

CHECKS = Checks(date(2026, 11, 1), demo=True)
SINCE = date(2020, 1, 1)


def branch(office: Office, name: str) -> bulk.LoadedOrganisation:
    return bulk.LoadedOrganisation(
        new_id().hex[-12:], name, OrganisationKind.BRANCH, office.county.east.id, SINCE
    )


async def test_loaded_rows_answer_like_entered_ones(office: Office) -> None:
    keystore: Keystore = office.app.state.keystore
    org = branch(office, "批量导入党支部")
    numbers = [id_number() for _ in range(30)]
    people = [
        bulk.LoadedPerson(checked(Typed("单批量", number, "10011112222"), CHECKS), org.id)
        for number in numbers
    ]
    async with database(office.url) as session:
        paths = await bulk.load_organisations(session, [org])
        await bulk.load_people(session, keystore, people)
        await bulk.load_enterprises(
            session, [bulk.LoadedEnterprise(credit_code(), "批量公司", org.id, SINCE)]
        )
        await bulk.load_members(session, [
            bulk.LoadedMember(p.id, org.id, Standing.FULL, SINCE, SINCE) for p in people
        ])  # fmt: skip
        await bulk.load_terms(session, [bulk.LoadedTerm(org.id, SINCE, date(2023, 1, 1))])
        await bulk.load_posts(
            session, [bulk.LoadedPost(org.id, people[0].id, PostKind.SECRETARY, SINCE)]
        )
    rows = (await office.get("/v1/members", org=str(org.id), q="shanpi", limit=200)).json()
    assert len(rows["items"]) == 30
    found = await office.send("POST", "/v1/members/searches", {"id_number": numbers[7]})
    shown = await office.send(
        "POST", f"/v1/people/{found.json()[0]['person_id']}/reveals",
        {"field": "id_number", "reason": "核对批量导入"},
    )  # fmt: skip
    assert shown.json()["value"] == numbers[7]
    history = (await office.get(f"/v1/members/{found.json()[0]['id']}/history")).json()
    assert [m["valid_from"] for m in history["memberships"]] == ["2020-01-01"]
    assert paths[org.id].startswith(office.county.east.path)


async def test_labels_go_on_after_a_load(office: Office) -> None:
    async with database(office.url) as session:
        first = await bulk.load_organisations(session, [branch(office, "甲"), branch(office, "乙")])
        second = await bulk.load_organisations(session, [branch(office, "丙")])
    body = {"code": new_id().hex[-12:], "name": "丁", "kind": "branch",
            "parent_id": str(office.county.east.id), "reason": "首次录入"}  # fmt: skip
    made = (await office.send("POST", "/v1/organisations", body)).json()
    assert made["path"] > max(second.values()) > max(first.values())


async def test_a_load_is_all_or_nothing(office: Office) -> None:
    org = branch(office, "半途而废党支部")

    async def broken_off() -> None:
        async with database(office.url) as session:
            await bulk.load_organisations(session, [org])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await broken_off()
    async with database(office.url) as session:
        found = await session.execute(
            text("select count(*) from organisations where id = :id"), {"id": org.id}
        )
        assert found.scalar_one() == 0


async def test_the_feed_hears_of_loaded_organisations(office: Office) -> None:
    org = branch(office, "消息党支部")
    async with database(office.url) as session:
        paths = await bulk.load_organisations(session, [org])
        row = await session.execute(
            text("select object_id, data from changes where object_id = :id"), {"id": org.id}
        )
        copy = row.one()
    assert (copy.object_id, copy.data["path"]) == (org.id, paths[org.id])
    assert UUID(copy.data["parent_id"]) == office.county.east.id


def test_a_row_that_breaks_a_rule_never_gets_as_far() -> None:
    with pytest.raises(Invalid) as caught:
        checked(Typed("王示例", "990000199002300015"), CHECKS)
    assert (caught.value.code, caught.value.field) == ("id-number-date", "id_number")
