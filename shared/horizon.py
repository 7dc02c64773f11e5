"""How far a log that is ordered by transaction may be read without missing a late commit.

`pg_snapshot_xmin` would do, but it looks at the whole server: a long transaction in any other
database would hold up feeds, seals and streams. This looks at this role's own transactions in
this database (nobody else writes these logs, and Postgres shows a role only its own).
"""

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

_HORIZON = text(
    "with now as (select pg_snapshot_xmax(pg_current_snapshot())::text::bigint as xmax)"
    " select least(xmax, (select min(xmax -"
    " mod(mod(xmax, 4294967296) - backend_xid::text::bigint + 4294967296, 4294967296))"
    " from pg_stat_activity where datname = current_database() and backend_xid is not null"
    " and pid <> pg_backend_pid())) from now"
)


async def horizon(session: AsyncSession) -> int:
    """The first transaction that may still be open; nothing before it can appear any more.

    Ask in a statement of its own, before the rows: the rows' snapshot must be the later one.
    """
    return int((await session.execute(_HORIZON)).scalar_one())
