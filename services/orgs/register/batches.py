"""Many rows in one statement: arrays through `unnest`, because COPY refuses row security."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ARRAY, Column, Table, bindparam, func, literal_column, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel.ext.asyncio.session import AsyncSession

ROWS_A_STATEMENT = 5000


async def insert_rows(
    session: AsyncSession,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    replace: Sequence[str] = (),
) -> None:
    """Insert rows that all have the keys of the first; `replace` names columns to bring up to
    date where the primary key exists already."""
    if not rows:
        return
    columns = [table.c[name] for name in rows[0]]
    arrays = [bindparam(column.name, type_=ARRAY(column.type)) for column in columns]
    source = func.unnest(*arrays).table_valued(*(column.name for column in columns))
    picked = select(
        *(literal_column(f'"{column.name}"', column.type) for column in columns)
    ).select_from(source.render_derived())
    statement = insert(table).from_select([column.name for column in columns], picked)
    if replace:
        statement = statement.on_conflict_do_update(
            index_elements=[column.name for column in table.primary_key],
            set_={name: statement.excluded[name] for name in replace},
            where=_differs(table, statement.excluded, replace),
        )
    for start in range(0, len(rows), ROWS_A_STATEMENT):
        chunk = rows[start : start + ROWS_A_STATEMENT]
        await session.execute(
            statement, {column.name: [row[column.name] for row in chunk] for column in columns}
        )


def _differs(table: Table, excluded: Any, names: Sequence[str]) -> Any:
    changed: list[Any] = [_distinct(table.c[name], excluded[name]) for name in names]
    condition = changed[0]
    for more in changed[1:]:
        condition = condition | more
    return condition


def _distinct(column: Column[Any], other: Any) -> Any:
    return column.is_distinct_from(other)
