"""Checks a whole workbook against the register; writes nothing."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from services.orgs.exchange.imports.checks import enterprises, loading, members, organisations
from services.orgs.exchange.imports.checks.directory import Directory
from services.orgs.exchange.imports.checks.plans import Office, Planned, Verdict
from services.orgs.exchange.imports.columns import Kind
from services.orgs.exchange.imports.rows import Part, Row
from services.orgs.register.people.keystore import Keystore


async def check(
    session: AsyncSession, keystore: Keystore, office: Office, parts: Sequence[Part]
) -> list[Planned]:
    """One plan per row, in an order that can be applied.

    The session must see every row: a record of another office has to be recognised. What only
    computes runs in a thread, so that the service keeps answering.
    """
    rows = {
        kind: [row for part in parts if part.kind is kind for row in part.rows] for kind in Kind
    }
    await asyncio.to_thread(_normalise, rows, office)
    everything = [row for found in rows.values() for row in found]
    known = Known(
        Directory(office, await loading.organisations(session, office, everything)),
        await loading.enterprises(session, _keys(rows[Kind.ENTERPRISES], "credit_code")),
        await loading.people(session, keystore, _keys(rows[Kind.MEMBERS], "id_number")),
    )
    return await asyncio.to_thread(_check, rows, known)


@dataclass(frozen=True)
class Known:
    """What the register knows of the records in the workbook."""

    directory: Directory
    enterprises: dict[str, dict[str, Any]]
    people: dict[str, dict[str, Any]]


def _normalise(rows: dict[Kind, list[Row]], office: Office) -> None:
    enterprises.normalise(rows[Kind.ENTERPRISES], demo=office.demo)
    members.normalise(rows[Kind.MEMBERS], today=office.today, demo=office.demo)


def _check(rows: dict[Kind, list[Row]], known: Known) -> list[Planned]:
    directory = known.directory
    founded = organisations.check(rows[Kind.ORGANISATIONS], directory)
    directory.keep_founded({p.values["code"] for p in founded if p.verdict is Verdict.CREATE})
    return [
        *founded,
        *enterprises.check(rows[Kind.ENTERPRISES], directory, known.enterprises),
        *members.check(rows[Kind.MEMBERS], directory, known.people),
    ]


def _keys(rows: list[Row], name: str) -> set[str]:
    return {row.values[name] for row in rows if name in row.values}
