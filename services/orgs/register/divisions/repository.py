"""Reading the division tree."""

from sqlalchemy import select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.orgs.register.divisions.tables import DIVISIONS
from services.orgs.register.search import like
from shared.contracts.divisions import Division
from shared.pages import Page, decode_cursor, encode_cursor
from shared.problems import Invalid, NotFound

_C = DIVISIONS.c
_COLUMNS = (_C.code, _C.name, _C.full_name, _C.level, _C.parent_code)


async def get(session: AsyncSession, code: str) -> Division:
    row = (await session.execute(select(*_COLUMNS).where(_C.code == code))).mappings().one_or_none()
    if row is None:
        raise NotFound("division-not-found", "没有这个行政区划代码，请核对。")
    return Division.model_validate(dict(row))


async def listed(
    session: AsyncSession, parent: str | None, q: str | None, after: str | None, limit: int
) -> Page[Division]:
    """The children of a division, or what is named so anywhere below it; by code."""
    statement = select(*_COLUMNS).order_by(_C.code).limit(limit + 1)
    if q:
        statement = statement.where(_C.name.like(like(q)))
        if parent:
            statement = statement.where(_C.path >= parent, _C.path < parent + "~")
    else:
        statement = statement.where(_C.parent_code == parent)
    if after:
        statement = statement.where(_C.code > str(decode_cursor(after, 1)[0]))
    rows = (await session.execute(statement)).mappings().all()
    items = [Division.model_validate(dict(row)) for row in rows[:limit]]
    more = len(rows) > limit
    return Page(items=items, next=encode_cursor(items[-1].code) if more else None)


async def must_exist(session: AsyncSession, code: str | None, field: str) -> None:
    if code is None:
        return
    found = await session.execute(select(_C.code).where(_C.code == code))
    if found.one_or_none() is None:
        raise Invalid("division-unknown", "行政区划代码不存在，请从列表中选择。", field=field)
