"""The rulebook: its editions, and the values that apply to one organisation today."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.orgs.rulebook import values
from services.orgs.rulebook.editions import repository
from services.orgs.rulebook.editions.rules import Entry
from services.orgs.rulebook.overrides.repository import path_of
from services.orgs.rulebook.startup import loaded
from shared import clock
from shared.contracts.base import Contract
from shared.contracts.register import RuleSet
from shared.web import Route, SessionDep

router = APIRouter(prefix="/v1/rulebook", tags=["rulebook"], route_class=Route, lifespan=loaded)


class EditionSummary(Contract):
    number: int
    since: date
    note: str
    digest: str
    """SHA-256 of the file it was loaded from."""
    loaded_at: datetime


class EditionList(Contract):
    items: list[EditionSummary]


class EditionEntries(Contract):
    number: int
    entries: list[Entry]


@router.get("/editions")
async def editions(session: SessionDep) -> EditionList:
    """Every edition, newest first."""
    rows = await repository.listed(session)
    return EditionList(items=[EditionSummary.model_validate(row.model_dump()) for row in rows])


@router.get("/editions/{number}")
async def edition(session: SessionDep, number: int) -> EditionEntries:
    """The entries of one edition with basis, mark and bounds."""
    found = await repository.entries(session, number)
    return EditionEntries(number=number, entries=found)


@router.get("/values")
async def rule_values(
    session: SessionDep,
    organisation: UUID,
    keys: Annotated[str | None, Query(max_length=4000)] = None,
    prefix: Annotated[str, Query(max_length=80)] = "",
) -> RuleSet:
    """What applies to the organisation today: its own or its nearest superior's setting, else the
    national edition. `keys` is a comma-separated list; an unknown key is refused with 404."""
    wanted = [key for key in keys.split(",") if key] if keys is not None else None
    path = await path_of(session, organisation)
    return await values.rule_set(session, path, keys=wanted, prefix=prefix, on=clock.today())
