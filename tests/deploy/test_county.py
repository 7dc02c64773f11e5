"""The demonstration county: its numbers, its rules, and that it enters a register at once."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from deploy.local.county import loading, places, plan
from deploy.local.county.plan import County
from deploy.local.county.size import FULL, SMALL
from deploy.local.county.transfers import KINDS, Stage, planned
from services.orgs.register.people.rules import check_id_number
from services.orgs.settings import OrgsSettings
from shared.contracts.enterprises import OperatingStatus
from shared.contracts.register import OrganisationKind, Standing
from shared.database import engine, system_transaction
from shared.validation import RuleBroken
from tests.databases import DatabaseSet
from tests.orgs import api

TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def county() -> County:
    return plan.make(places.chosen(), TODAY)


@pytest.fixture(scope="module")
def small() -> County:
    return plan.make(places.chosen(), TODAY, size=SMALL)


@pytest.fixture
def settings(fresh_postgres: DatabaseSet) -> OrgsSettings:
    return api.settings(fresh_postgres.url("orgs"), fresh_postgres.env["DANGJIAN_ORGS_KEYS_URL"])


def test_a_county_has_the_mean_numbers_of_the_nation(county: County) -> None:
    operating = [e for e in county.enterprises if e.operating_status is OperatingStatus.OPERATING]
    assert len(county.tree.organisations) == FULL.organisations
    assert len(county.roster.members) == FULL.members
    assert len(county.enterprises) == FULL.enterprises
    assert len(operating) == FULL.operating
    assert len(county.directory) == FULL.external


def test_the_same_seed_makes_the_same_county(small: County) -> None:
    again = plan.make(places.chosen(), TODAY, size=SMALL)
    assert again.tree.organisations == small.tree.organisations
    assert again.roster.people == small.roster.people
    assert again.enterprises == small.enterprises


def test_codes_names_logins_and_ids_are_each_given_once(county: County) -> None:
    for values in (
        [o.code for o in county.tree.organisations],
        [o.name for o in county.tree.organisations],
        [o.id for o in (*county.tree.organisations, *county.directory)],
        [m.id for m in county.roster.members],
        [e.credit_code for e in county.enterprises],
        [e.name for e in county.enterprises],
        [p.typed.id_number for p in county.roster.people],
        [a.login for a in county.staff.accounts],
    ):
        assert len(set(values)) == len(values)


def test_every_number_is_one_that_only_the_demonstration_accepts(small: County) -> None:
    for person in small.roster.people[:200]:
        number = str(person.typed.id_number)
        assert check_id_number(number, today=TODAY, demo=True) == number
        with pytest.raises(RuleBroken):
            check_id_number(number, today=TODAY, demo=False)
        assert str(person.typed.phone).startswith("100")


def test_every_enterprise_says_that_it_is_an_example(county: County) -> None:
    assert all("示例" in enterprise.name for enterprise in county.enterprises)


def test_rare_characters_and_the_middle_dot_occur(county: County) -> None:
    names = "".join(person.typed.name for person in county.roster.people)
    assert all(character in names for character in "𠮷㛃䶮·")


def test_a_branch_has_three_full_members_and_at_most_fifty(county: County) -> None:
    """BR18 Art. 4."""
    for members in county.roster.of_branch.values():
        full = [m for m in members if m.standing is Standing.FULL]
        assert len(full) >= 3
        assert len(members) <= 50


def test_a_joint_branch_covers_at_most_five_units(county: County) -> None:
    """BR18 Art. 5."""
    covered = Counter(e.covering_org_id for e in county.enterprises if e.covering_org_id)
    joint = [o for o in county.tree.organisations if o.kind is OrganisationKind.JOINT_BRANCH]
    assert joint
    assert all(1 < covered[o.id] <= 5 for o in joint)


def test_the_county_sends_no_members_itself(county: County) -> None:
    """Two townships share no committee with approval rights, so the county rules on refusals."""
    assert not county.tree.root.approves_members
    assert sum(o.approves_members for o in county.tree.organisations) > 20


def test_some_terms_end_within_six_months(county: County) -> None:
    soon = [t for t in county.roster.terms if t.term_to <= TODAY + timedelta(days=183)]
    assert 50 < len(soon) < len(county.roster.terms) // 2
    assert all(t.term_from < TODAY < t.term_to for t in county.roster.terms)


def test_a_tenth_of_the_open_transfers_is_overdue(county: County) -> None:
    transfers = planned(county, FULL.transfers, TODAY)
    assert len(transfers) == FULL.transfers
    assert sum(t.kind.overdue for t in transfers) == FULL.transfers // 10
    assert len({t.member.id for t in transfers}) == len(transfers)
    assert {kind.stage for kind in KINDS} == set(Stage)


def test_nobody_who_moves_holds_a_post_or_an_account(county: County) -> None:
    busy = {p.person_id for p in county.roster.posts}
    busy |= {a.person_id for a in county.staff.accounts if a.person_id}
    assert not any(t.member.person_id in busy for t in planned(county, 300, TODAY))


async def test_a_county_is_loaded_once(small: County, settings: OrgsSettings) -> None:
    said: list[str] = []
    assert await loading.load(small, settings, "not-a-secret-1", said.append)
    assert not await loading.load(small, settings, "not-a-secret-1", said.append)
    assert await counted(settings) == {
        "organisations": SMALL.organisations + SMALL.external,
        "members": SMALL.members,
        "enterprises": SMALL.enterprises,
        "accounts": len(small.staff.accounts),
    }


async def counted(settings: OrgsSettings) -> dict[str, Any]:
    on = engine(settings.database_url, pool_size=1)
    try:
        async with system_transaction(on) as session:
            return {
                table: (await session.execute(text(f"select count(*) from {table}"))).scalar_one()  # noqa: S608
                for table in ("organisations", "members", "enterprises", "accounts")
            }
    finally:
        await on.dispose()
