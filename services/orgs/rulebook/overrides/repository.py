"""Reads and writes local settings."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.orgs.rulebook.overrides.tables import RuleOverride
from shared.contracts.register import RuleValue
from shared.problems import NotFound


async def path_of(session: AsyncSession, org_id: UUID) -> str:
    """Where the organisation stands in today's tree. Error: 404 no-organisation."""
    found = await session.execute(
        text("select path from organisations where id = :id"), {"id": org_id}
    )
    path = found.scalar_one_or_none()
    if path is None:
        raise NotFound("no-organisation", "没有找到该组织，请核对后再查。", field="organisation")
    return path


async def above(
    session: AsyncSession, path: str, on: date, keys: Sequence[str]
) -> list[tuple[str, RuleValue]]:
    """Settings in force on that day at the path or above it, each with the path it stands at."""
    rows = await session.execute(
        _ABOVE,
        {"paths": [path[:end] for end in range(1, len(path) + 1)], "keys": list(keys), "on": on},
    )
    return [(row.path, RuleValue.model_validate(dict(row.value))) for row in rows]


_ABOVE = text("""
select o.path, jsonb_build_object('key', r.key, 'value', r.value, 'unit', e.unit,
  'basis', r.basis, 'verified', 'local', 'set_at', r.org_id) as value
from rule_overrides r
join organisations o on o.id = r.org_id
join lateral (select unit from rule_entries where key = r.key order by edition desc limit 1) e
  on true
where o.path = any(:paths) and r.key = any(:keys)
  and r.valid_from <= :on and (r.valid_to is null or r.valid_to >= :on)""")


async def add(session: AsyncSession, override: RuleOverride) -> None:
    session.add(override)
    await session.flush()


async def locked(session: AsyncSession, override_id: UUID) -> RuleOverride:
    """The setting, locked for a change. Error: 404 no-override."""
    found = await session.exec(
        select(RuleOverride).where(RuleOverride.id == override_id).with_for_update()
    )
    row = found.one_or_none()
    if row is None:
        raise NotFound("no-override", "没有找到这项本地设置，请刷新后再试。")
    return row


async def at(session: AsyncSession, org_id: UUID) -> list[RuleOverride]:
    rows = await session.exec(
        select(RuleOverride)
        .where(RuleOverride.org_id == org_id)
        .order_by(col(RuleOverride.key), col(RuleOverride.valid_from).desc())
    )
    return list(rows)
