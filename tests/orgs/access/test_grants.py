"""Who may grant what to whom, and when it takes effect."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from services.orgs.access.accounts.first import create_first
from services.orgs.access.callers import load_grants
from shared import clock
from shared.access import Role
from shared.auth import Principal
from shared.database import engine, transaction
from shared.ids import new_id
from shared.problems import Conflict, NotFound, Unauthenticated
from tests.databases import DatabaseSet
from tests.orgs.access.conftest import House
from tests.orgs.api import database, member, plant

THREE = (Role.OPERATOR, Role.SECURITY_ADMIN, Role.AUDITOR)


async def give(house: House, admin: dict[str, str], account: object, role: Role, org: object,
               **more: object):  # fmt: skip
    return await house.post(
        "/v1/grants", admin, account_id=str(account), role=role.value, org_id=str(org), **more
    )


async def test_a_grant_holds_at_the_next_request_and_a_revoked_one_no_longer(house: House) -> None:
    admin = await house.caller((Role.SECURITY_ADMIN, house.tree.county.id))
    auditor = await house.account()
    mine = (await house.log_in(auditor)).headers
    assert (await house.get("/v1/audit-events", mine)).status == 403
    given = await give(house, admin, auditor.id, Role.AUDITOR, house.tree.county.id)
    assert given.status == 201, given.body
    assert (await house.get("/v1/audit-events", mine)).status == 200
    revoked = await house.post(f"/v1/grants/{given.body['id']}/revoke", admin)
    assert revoked.body["revoked_on"] == str(clock.today())
    assert (await house.get("/v1/audit-events", mine)).status == 403
    assert (await house.post(f"/v1/grants/{given.body['id']}/revoke", admin)).status == 409
    again = await give(house, admin, auditor.id, Role.AUDITOR, house.tree.county.id)
    assert again.status == 201, "a revoked grant does not stand in the way of a new one"


async def test_granting_needs_reach_at_or_above_the_node(house: House) -> None:
    tree = house.tree
    admin = await house.caller((Role.SECURITY_ADMIN, tree.east.id))
    account = await house.account(home=tree.east.id)
    for node, status in ((tree.east, 201), (tree.east_branch, 201), (tree.county, 403),
                         (tree.west, 403), (tree.west_branch, 403)):  # fmt: skip
        given = await give(house, admin, account.id, Role.SECRETARY, node.id)
        assert given.status == status, node
    outside = await give(house, admin, account.id, Role.SECRETARY, tree.outside.id)
    assert outside.code == "organisation-not-working"
    secretary = await house.caller((Role.SECRETARY, tree.east.id))
    refused = await give(house, secretary, account.id, Role.SECRETARY, tree.east_branch.id)
    assert refused.status == 403


async def test_nobody_grants_to_themselves_nor_to_their_other_account(house: House) -> None:
    async with database(house.url) as session:
        await member(session, house.tree.east_branch)
        person = (
            await session.execute(
                text("select person_id from members where org_id = :id"),
                {"id": house.tree.east_branch.id},
            )
        ).scalar_one()
    mine = await house.account((Role.SECURITY_ADMIN, house.tree.county.id), person=person)
    other = await house.account(person=person)
    headers = (await house.log_in(mine)).headers
    for account in (mine, other):
        given = await give(house, headers, account.id, Role.MEMBER, house.tree.east_branch.id)
        assert (given.status, given.code) == (403, "own-grant")


@pytest.mark.parametrize("first", THREE)
@pytest.mark.parametrize("second", [*THREE, Role.COMMITTEE, Role.INSTRUCTOR, Role.MEMBER])
async def test_administrators_are_three_people_and_none_of_them_decides(
    house: House, first: Role, second: Role
) -> None:
    admin = await house.caller((Role.SECURITY_ADMIN, house.tree.county.id))
    account = await house.account((first, house.tree.east.id))
    given = await give(house, admin, account.id, second, house.tree.west.id)
    allowed = second in (first, Role.MEMBER)
    assert given.status == (201 if allowed else 409), given.body


async def test_two_grants_at_once_cannot_join_what_must_be_apart(house: House) -> None:
    admin = await house.caller((Role.SECURITY_ADMIN, house.tree.county.id))
    account = await house.account()
    roles = (Role.AUDITOR, Role.COMMITTEE, Role.OPERATOR)
    given = await asyncio.gather(
        *(give(house, admin, account.id, role, house.tree.east.id) for role in roles)
    )
    assert sorted(answer.status for answer in given) == [201, 409, 409]


async def test_the_same_grant_twice_is_refused_and_a_later_period_is_not(house: House) -> None:
    admin = await house.caller((Role.SECURITY_ADMIN, house.tree.county.id))
    account, org, today = await house.account(), house.tree.east.id, clock.today()
    until, after = today + timedelta(days=9), today + timedelta(days=10)
    first = await give(house, admin, account.id, Role.OFFICE, org, valid_to=str(until))
    assert first.status == 201
    overlapping = await give(house, admin, account.id, Role.OFFICE, org, valid_from=str(until))
    assert (overlapping.status, overlapping.code) == (409, "grant-exists")
    later = await give(house, admin, account.id, Role.OFFICE, org, valid_from=str(after))
    assert later.status == 201
    machine = await give(house, admin, account.id, Role.MACHINE, org)
    assert machine.code == "role-not-for-people"
    past = await give(house, admin, account.id, Role.COMMITTEE, org,
                      valid_from="2020-01-01", valid_to="2020-02-01")  # fmt: skip
    assert past.code == "period-past"


async def test_a_grant_counts_on_its_first_and_last_day_only(house: House) -> None:
    account, today = await house.account(), clock.today()
    day = timedelta(days=1)
    rows = {
        Role.COMMITTEE: (today, today),
        Role.SECRETARY: (today - day, today - day),
        Role.OFFICE: (today + day, None),
        Role.LIAISON: (today - day, None),
    }
    async with database(house.url) as session:
        for role, (begins, ends) in rows.items():
            await session.execute(
                text(
                    "insert into grants (id, account_id, role, org_id, valid_from, valid_to,"
                    " granted_by) values (:id, :account, :role, :org, :begins, :ends, 'test')"
                ),
                {"id": new_id(), "account": account.id, "role": role.value,
                 "org": house.tree.east.id, "begins": begins, "ends": ends},
            )  # fmt: skip
        held = await load_grants(session, Principal(account_id=str(account.id), kind="person"))
    assert {grant.role for grant in held} == {Role.COMMITTEE, Role.LIAISON}


async def test_changes_of_accounts_and_grants_are_in_the_feed(house: House) -> None:
    admin = await house.caller((Role.SECURITY_ADMIN, house.tree.county.id))
    account = await house.account()
    given = await give(house, admin, account.id, Role.OFFICE, house.tree.east.id)
    await house.post(f"/v1/grants/{given.body['id']}/revoke", admin)
    async with database(house.url) as session:
        rows = await session.execute(
            text("select kind, data from changes where object_id in (:a, :g) order by id"),
            {"a": account.id, "g": given.text("id")},
        )
        found = [(row.kind, row.data.get("valid_to")) for row in rows]
    yesterday = str(clock.today() - timedelta(days=1))
    assert found == [("account.changed", None), ("grant.changed", None),
                     ("grant.changed", yesterday)]  # fmt: skip


async def test_an_unknown_account_or_kind_has_no_grants_but_a_refusal(house: House) -> None:
    async with database(house.url) as session:
        for principal in (
            Principal(account_id=str(new_id()), kind="person"),
            Principal(account_id="not-an-id", kind="person"),
            Principal(account_id=str(new_id()), kind="machine"),
            Principal(account_id="workflows", kind="else"),
        ):
            with pytest.raises(Unauthenticated):
                await load_grants(session, principal)


async def test_the_first_administrator_is_created_once(fresh_postgres: DatabaseSet) -> None:
    on = engine(fresh_postgres.url("orgs"), pool_size=1)
    async with transaction(on) as session:
        with pytest.raises(NotFound):
            await create_first(session, "security.admin", "安全管理员")
    async with database(fresh_postgres.url("orgs")) as session:
        await plant(session)
    async with transaction(on) as session:
        assert len(await create_first(session, "security.admin", "安全管理员")) == 19
    async with transaction(on) as session:
        with pytest.raises(Conflict):
            await create_first(session, "second", "安全管理员")
    await on.dispose()
