"""`python -m services.orgs.rulebook.editions.load` loads every edition file; repeating is safe."""

import asyncio
import sys
from pathlib import Path

from sqlmodel.ext.asyncio.session import AsyncSession

from services.orgs.rulebook.editions import repository, rules
from services.orgs.settings import OrgsSettings
from shared.database import engine, system_transaction

DATA = Path(__file__).parent.parent / "data"


async def load(session: AsyncSession, content: bytes) -> bool:
    """True when the edition was new. Error: 409 edition-changed for a changed file."""
    edition = rules.parse(content)
    loaded = await repository.digest_of(session, edition.number)
    if loaded is None:
        await repository.add(session, edition)
        return True
    rules.must_be_same(edition, loaded)
    return False


def committed(folder: Path = DATA) -> list[bytes]:
    """The edition files of this release, in the order of their numbers."""
    return [file.read_bytes() for file in sorted(folder.glob("edition-*.toml"))]


async def load_all(session: AsyncSession) -> int:
    """Load every committed edition; how many were new."""
    return sum([await load(session, content) for content in committed()])


async def main() -> None:
    settings = OrgsSettings()  # pyright: ignore[reportCallIssue]
    on = engine(settings.database_url, pool_size=1)
    try:
        async with system_transaction(on) as session:
            new = await load_all(session)
    finally:
        await on.dispose()
    sys.stdout.write(f"rulebook: {new} new edition(s)\n")


if __name__ == "__main__":
    asyncio.run(main())
