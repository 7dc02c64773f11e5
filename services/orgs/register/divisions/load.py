"""`python -m services.orgs.register.divisions.load` brings the division table up to date."""

import asyncio
import csv
import lzma
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from services.orgs.register.batches import insert_rows
from services.orgs.register.divisions.tables import DIVISIONS
from services.orgs.settings import OrgsSettings
from shared.database import engine, transaction

DATA = Path(__file__).parent / "data"
# "Directly under the city" and the like are levels of the code, not names that people write.
_UNNAMED = frozenset({"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"})


def rows() -> Iterator[dict[str, Any]]:
    """Every division of the files with its full name, superiors first."""
    full: dict[str, str] = {}
    for file in ("divisions.csv.xz", *sorted(p.name for p in DATA.glob("villages-*.csv.xz"))):
        with lzma.open(DATA / file, "rt", encoding="utf-8", newline="") as text:
            for row in csv.DictReader(text):
                code, name, parent = row["code"], row["name"], row["parent_code"] or None
                above = full[parent] if parent else ""
                level = int(row["level"])
                full[code] = above if level == 2 and name in _UNNAMED else above + name
                yield {
                    "code": code,
                    "name": name,
                    "full_name": full[code] if full[code] != above else above + name,
                    "level": level,
                    "parent_code": parent,
                    "path": code,
                }


async def load(session: AsyncSession) -> int:
    """Insert what is new and correct what differs; running it again changes nothing."""
    found = list(rows())
    await insert_rows(session, DIVISIONS, found, replace=("name", "full_name"))
    return len(found)


async def main() -> None:
    on = engine(OrgsSettings().database_url)  # pyright: ignore[reportCallIssue]
    try:
        async with transaction(on) as session:
            await load(session)
    finally:
        await on.dispose()


if __name__ == "__main__":
    asyncio.run(main())
