"""Where the per-person keys are: a database of their own, with its own backup.

`python -m services.orgs.register.people.keystore` creates its table as the keys' owner.
"""

import asyncio
import os
from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import ARRAY, LargeBinary, String, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.orgs.register.people.vault import Vault, WrappedKey
from shared.database import engine
from shared.problems import NotFound, Unavailable

TABLE = """
create table if not exists person_keys (
  person_id uuid not null, key_id text not null, wrapped bytea not null,
  constraint pk_person_keys primary key (person_id))"""
_INSERT = text(
    "insert into person_keys (person_id, key_id, wrapped)"
    " select * from unnest(cast(:people as uuid[]), cast(:ids as text[]),"
    " cast(:wrapped as bytea[]))"
).bindparams(
    bindparam("people", type_=ARRAY(Uuid())),
    bindparam("ids", type_=ARRAY(String())),
    bindparam("wrapped", type_=ARRAY(LargeBinary())),
)
_SELECT = text(
    "select person_id, key_id, wrapped from person_keys"
    " where person_id = any(cast(:people as uuid[]))"
).bindparams(bindparam("people", type_=ARRAY(Uuid())))


class Keystore:
    """Keys by person; they are committed before the row that they open."""

    def __init__(self, vault: Vault, on: AsyncEngine | None) -> None:
        self.vault = vault
        self._engine = on

    async def create(self, people: Sequence[UUID]) -> dict[UUID, bytes]:
        """A new key for each; one left over by a failed write opens nothing and does no harm."""
        keys = {person: self.vault.new_key() for person in people}
        wrapped = [self.vault.wrap(person, key) for person, key in keys.items()]
        async with self._on().begin() as connection:
            await connection.execute(
                _INSERT,
                {
                    "people": [one.person_id for one in wrapped],
                    "ids": [one.key_id for one in wrapped],
                    "wrapped": [one.wrapped for one in wrapped],
                },
            )
        return keys

    async def keys(self, people: Iterable[UUID]) -> dict[UUID, bytes]:
        """The keys that still exist; a destroyed one is absent."""
        async with self._on().connect() as connection:
            rows = await connection.execute(_SELECT, {"people": list(people)})
            found = [WrappedKey(row.person_id, row.key_id, bytes(row.wrapped)) for row in rows]
        return {one.person_id: self.vault.unwrap(one) for one in found}

    async def key(self, person: UUID) -> bytes:
        found = await self.keys([person])
        if person not in found:
            raise NotFound("key-destroyed", "该人员的加密内容已按规定销毁，不能再查看。")
        return found[person]

    async def destroy(self, person: UUID) -> None:
        """Crypto-erasure: what the key sealed can't be read again, in no backup of the register."""
        async with self._on().begin() as connection:
            await connection.execute(
                text("delete from person_keys where person_id = :person"), {"person": person}
            )

    def _on(self) -> AsyncEngine:
        if self._engine is None:
            raise Unavailable("keys-away", "密钥库未配置，请联系系统管理员。")
        return self._engine


async def create_table(owner_url: str) -> None:
    on = engine(owner_url)
    try:
        async with on.begin() as connection:
            await connection.execute(text(TABLE))
    finally:
        await on.dispose()


if __name__ == "__main__":
    asyncio.run(create_table(os.environ["DANGJIAN_ORGS_KEYS_OWNER_URL"]))
