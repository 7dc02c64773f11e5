"""The rulebook as it applies to one organisation: the edition in force and the nearest override."""

from datetime import date

from sqlmodel.ext.asyncio.session import AsyncSession

from services.orgs.rulebook.editions import repository as editions
from services.orgs.rulebook.editions.rules import resolve
from services.orgs.rulebook.overrides import repository as overrides
from shared import clock
from shared.calendar import Period, Unit
from shared.contracts.register import RuleSet, RuleValue
from shared.problems import NotFound


async def rule_set(
    session: AsyncSession,
    path: str,
    *,
    keys: list[str] | None = None,
    prefix: str = "",
    on: date | None = None,
) -> RuleSet:
    """The values that apply at a path. Error: 404 no-rule when a named key is unknown."""
    day = on or clock.today()
    number = await editions.current(session, day)
    entries = await editions.entries(session, number, keys=keys, prefix=prefix)
    if keys is not None and len(entries) < len(set(keys)):
        raise NotFound("no-rule", "规则库中没有这一项，请核对名称。", field="keys")
    local = await overrides.above(session, path, day, [entry.key for entry in entries])
    return RuleSet(edition=number, values=resolve(entries, local))


async def rule(session: AsyncSession, path: str, key: str) -> RuleValue:
    """One value as it applies at a path today."""
    return (await rule_set(session, path, keys=[key])).values[0]


async def period(session: AsyncSession, path: str, key: str) -> Period:
    """One value that is a length of time."""
    found = await rule(session, path, key)
    return Period(value=int(found.value), unit=Unit(found.unit))
