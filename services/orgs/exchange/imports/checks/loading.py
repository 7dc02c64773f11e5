"""What the register knows of the records that a workbook names, asked in a few large queries."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.orgs.exchange.imports.checks.plans import Office
from services.orgs.exchange.imports.rows import Row
from services.orgs.register.enterprises.tables import ENTERPRISES
from services.orgs.register.members.tables import MEMBERS, TRANSITS
from services.orgs.register.organisations.tables import ORGANISATIONS
from services.orgs.register.people.keystore import Keystore
from services.orgs.register.people.tables import PEOPLE
from shared.contracts.register import OrganisationState

CHUNK = 5000
Found = dict[str, Any]
_O, _P, _M = ORGANISATIONS.c, PEOPLE.c, MEMBERS.c


async def organisations(session: AsyncSession, office: Office, rows: Iterable[Row]) -> list[Found]:
    """Every organisation within reach, and those outside that the workbook names."""
    texts = {
        row.values[name]
        for row in rows
        for name in ("code", "parent", "organisation")
        if name in row.values
    }
    live = _O.state != OrganisationState.DISSOLVED.value
    within = _O.path.between(office.path, office.path + "~") & live
    found = (await session.execute(select(ORGANISATIONS).where(within))).mappings()
    known = {row["id"]: dict(row) for row in found}
    for part in _chunks(sorted(texts)):
        named = or_(_O.code.in_(part), _O.name.in_(part) & live)
        found = (await session.execute(select(ORGANISATIONS).where(named))).mappings()
        known |= {row["id"]: dict(row) for row in found}
    return list(known.values())


async def enterprises(session: AsyncSession, codes: Iterable[str]) -> dict[str, Found]:
    """By credit code."""
    known: dict[str, Found] = {}
    for part in _chunks(sorted(codes)):
        statement = select(ENTERPRISES).where(ENTERPRISES.c.credit_code.in_(part))
        found = (await session.execute(statement)).mappings()
        known |= {row["credit_code"]: dict(row) for row in found}
    return known


async def people(
    session: AsyncSession, keystore: Keystore, numbers: Iterable[str]
) -> dict[str, Found]:
    """By identity number, with the columns of the member and the telephone in plain."""
    known: dict[str, Found] = {}
    for part in _chunks(sorted(numbers)):
        by_index = {keystore.vault.index("id_number", number): number for number in part}
        found = (await session.execute(_people(list(by_index)))).mappings()
        rows = {by_index[bytes(row["id_number_index"])]: dict(row) for row in found}
        known |= await _opened(keystore, rows)
    return known


def _people(indexes: Sequence[bytes]) -> Any:
    transit = (TRANSITS.c.member_id == _M.id) & TRANSITS.c.ended_on.is_(None)
    return (
        select(
            _P.id,
            _P.id.label("person_id"),
            _P.name,
            _P.id_number_index,
            _P.phone_sealed,
            _P.home_org_id,
            func.coalesce(_M.org_path, _P.home_path).label("path"),
            _M.id.label("member_id"),
            _M.org_id,
            _M.standing,
            _M.state,
            _M.joined_on,
            _M.full_on,
            _M.probation_ends_on,
            _M.dues_paid_to,
            TRANSITS.c.id.is_not(None).label("transit_open"),
        )
        .select_from(PEOPLE.outerjoin(MEMBERS, _M.person_id == _P.id).outerjoin(TRANSITS, transit))
        .where(_P.id_number_index.in_(indexes))
    )


async def _opened(keystore: Keystore, rows: dict[str, Found]) -> dict[str, Found]:
    """A telephone is compared in plain; one whose key was destroyed counts as none."""
    sealed = [row["id"] for row in rows.values() if row["phone_sealed"]]
    keys = await keystore.keys(sealed) if sealed else {}
    for row in rows.values():
        key, closed = keys.get(row["id"]), row.pop("phone_sealed")
        row["phone"] = (
            keystore.vault.open(key, row["id"], "phone", bytes(closed)) if key and closed else None
        )
    return rows


def _chunks(values: list[str]) -> Iterable[list[str]]:
    return (values[start : start + CHUNK] for start in range(0, len(values), CHUNK))
