"""A small register for end-to-end, fault and security tests: two committees under one county."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from services.orgs.access.accounts.passwords import hash_password
from services.orgs.access.bulk import LoadedAccount, load_accounts
from services.orgs.register import bulk
from services.orgs.register.bulk import LoadedMember, LoadedOrganisation, LoadedPerson
from services.orgs.register.people.keystore import Keystore
from services.orgs.register.people.rules import demonstration_id_number
from services.orgs.register.people.sealing import Typed
from services.orgs.register.people.vault import Vault
from services.orgs.rulebook.calendar import load as calendar
from services.orgs.rulebook.editions import load as editions
from services.orgs.settings import OrgsSettings
from shared.access import Role
from shared.contracts.register import OrganisationKind, Standing
from shared.database import engine, system_transaction

PASSWORD = "示例-village-2026"  # noqa: S105
SINCE = date(2020, 1, 1)


@dataclass
class Village:
    """Ids of what was loaded; logins are named after role and place."""

    orgs: dict[str, UUID] = field(default_factory=dict[str, UUID])
    members: list[UUID] = field(default_factory=list[UUID])
    people: list[UUID] = field(default_factory=list[UUID])
    accounts: dict[str, UUID] = field(default_factory=dict[str, UUID])
    names: list[str] = field(default_factory=list[str])
    numbers: list[str] = field(default_factory=list[str])


ORGANISATIONS = (
    ("county", OrganisationKind.COMMITTEE, None, False),
    ("east", OrganisationKind.COMMITTEE, "county", True),
    ("west", OrganisationKind.COMMITTEE, "county", True),
    ("east-1", OrganisationKind.BRANCH, "east", False),
    ("east-2", OrganisationKind.BRANCH, "east", False),
    ("west-1", OrganisationKind.BRANCH, "west", False),
    ("west-2", OrganisationKind.BRANCH, "west", False),
)
ACCOUNTS = (
    ("organiser", Role.ORGANISER, "county"),
    ("operator", Role.OPERATOR, "county"),
    ("security", Role.SECURITY_ADMIN, "county"),
    ("auditor", Role.AUDITOR, "county"),
    ("committee-east", Role.COMMITTEE, "east"),
    ("colleague-east", Role.COMMITTEE, "east"),
    ("committee-west", Role.COMMITTEE, "west"),
    ("secretary-east-1", Role.SECRETARY, "east-1"),
    ("secretary-east-2", Role.SECRETARY, "east-2"),
    ("secretary-west-1", Role.SECRETARY, "west-1"),
)


@contextmanager
def settings_from(env: dict[str, str]) -> Generator[OrgsSettings]:
    """The register's own settings, as its process reads them."""
    kept = dict(os.environ)
    os.environ.update({name: value for name, value in env.items() if name.startswith("DANGJIAN_")})
    try:
        yield OrgsSettings()  # pyright: ignore[reportCallIssue]
    finally:
        os.environ.clear()
        os.environ.update(kept)


async def load(env: dict[str, str], *, members: int = 40) -> Village:
    """Load through the bulk functions of the register, as the demonstration county is."""
    with settings_from(env) as settings:
        on, keys_on = engine(settings.database_url), engine(settings.keys_url)
        vault = Vault(settings.master_keys, settings.index_key.get_secret_value())
        keystore = Keystore(vault, keys_on)
        village = Village()
        async with system_transaction(on) as session:
            await editions.load_all(session)
            await calendar.load_all(session)
            await bulk.load_organisations(session, _organisations(village))
            people = _people(village, members)
            await bulk.load_people(session, keystore, people)
            await bulk.load_members(session, _members(village, people))
            await load_accounts(
                session, _accounts(village), password_hash=hash_password(PASSWORD), valid_from=SINCE
            )
        await on.dispose()
        await keys_on.dispose()
    return village


def _organisations(village: Village) -> list[LoadedOrganisation]:
    rows: list[LoadedOrganisation] = []
    for name, kind, parent, approves in ORGANISATIONS:
        row = LoadedOrganisation(
            code=f"T-{name}",
            name=f"示例{name}",
            kind=kind,
            parent_id=village.orgs[parent] if parent else None,
            since=SINCE,
            approves_members=approves,
            phone="100-0000",
        )
        village.orgs[name] = row.id
        rows.append(row)
    abroad = LoadedOrganisation(
        code="X-far", name="示例外地党委", kind=OrganisationKind.COMMITTEE, parent_id=None,
        since=SINCE, approves_members=True, external=True,
    )  # fmt: skip
    village.orgs["far"] = abroad.id
    return [*rows, abroad]


def _people(village: Village, count: int) -> list[LoadedPerson]:
    rows: list[LoadedPerson] = []
    for n in range(count):
        number = demonstration_id_number(date(1980, 1, 1 + n % 28), n)
        typed = Typed(
            name=f"示例党员{chr(0x4E00 + n)}", id_number=number, email=f"person-{n}@example.cn"
        )
        person = LoadedPerson(typed, village.orgs["east-1" if n < count - 2 else "east-2"])
        village.people.append(person.id)
        village.names.append(typed.name)
        village.numbers.append(number)
        rows.append(person)
    return rows


def _members(village: Village, people: list[LoadedPerson]) -> list[LoadedMember]:
    rows = [
        LoadedMember(
            person_id=person.id,
            org_id=person.home_org_id,
            standing=Standing.FULL,
            joined_on=SINCE,
            since=SINCE,
            full_on=SINCE,
        )
        for person in people
    ]
    village.members.extend(row.id for row in rows)
    return rows


def _accounts(village: Village) -> list[LoadedAccount]:
    rows: list[LoadedAccount] = []
    for login, role, place in ACCOUNTS:
        org = village.orgs[place]
        row = LoadedAccount(login=login, name=f"示例{login}", org_id=org, grants=[(role, org)])
        village.accounts[login] = row.id
        rows.append(row)
    own = LoadedAccount(
        login="member-0",
        name="示例党员账号",
        org_id=village.orgs["east-1"],
        grants=[(Role.MEMBER, village.orgs["east-1"])],
        person_id=village.people[0],
    )
    village.accounts["member-0"] = own.id
    return [*rows, own]
