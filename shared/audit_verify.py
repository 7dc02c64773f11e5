"""Checks an audit trail offline: `python -m shared.audit_verify orgs --anchor FILE`.

Recomputes the chain of seals with the audit key, and compares it with every head that was
anchored outside the database: a chain by itself can't see that its tail was cut. Needs
DANGJIAN_<SERVICE>_AUDIT_KEY and DANGJIAN_<SERVICE>_DATABASE_URL (or --url). Ends with 1 when
something was tampered with.
"""

import argparse
import asyncio
import base64
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.audit import EVENT_COLUMNS, GENESIS, canonical, link
from shared.database import engine, transaction

Row = Mapping[str, Any]


async def verify(on: AsyncEngine, key: bytes, anchored: Sequence[str]) -> list[str]:
    """What is wrong, in words; empty when every sealed event is as it was written."""
    async with transaction(on) as session:
        # One snapshot for both tables, or a seal made in between would look like a forgery.
        await session.execute(text("set transaction isolation level repeatable read, read only"))
        events = await session.execute(
            text(f"select {EVENT_COLUMNS} from audit_events order by xid, id")  # noqa: S608
        )
        by_id = {row["id"]: dict(row) for row in events.mappings()}
        seals = await session.execute(text("select * from audit_seals order by seq"))
        chain = [dict(row) for row in seals.mappings()]
    return [
        *_broken_links(chain, by_id, key),
        *_unsealed(chain, by_id),
        *_lost_heads(chain, anchored),
    ]


def _broken_links(chain: Sequence[Row], by_id: Mapping[int, Row], key: bytes) -> Iterable[str]:
    previous, place = GENESIS, (0, 0)
    for number, seal in enumerate(chain, start=1):
        if seal["seq"] != number:
            yield f"seal {number} is missing"
            return
        event = by_id.get(seal["event_id"])
        if event is None:
            yield f"event {seal['event_id']} (seal {number}) was deleted"
        elif link(key, previous, canonical(dict(event))) != seal["hash"]:
            yield f"event {seal['event_id']} or its seal {number} was changed"
        elif (event["xid"], event["id"]) <= place:
            yield f"event {seal['event_id']} (seal {number}) stands out of order"
        else:
            place = (event["xid"], event["id"])
        previous = seal["hash"]


def _unsealed(chain: Sequence[Row], by_id: Mapping[int, Row]) -> Iterable[str]:
    """The newest events wait for their seal; one that stands before the head was slipped in."""
    if not chain:
        return
    head = (chain[-1]["xid"], chain[-1]["event_id"])
    sealed = {seal["event_id"] for seal in chain}
    for event in by_id.values():
        if event["id"] not in sealed and (event["xid"], event["id"]) <= head:
            yield f"event {event['id']} was added later"


def _lost_heads(chain: Sequence[Row], anchored: Sequence[str]) -> Iterable[str]:
    known = {f"{seal['seq']}:{seal['hash']}" for seal in chain}
    for head in anchored:
        if head not in known:
            yield f"the anchored head at seal {head.split(':')[0]} is not in the chain"


def heads(anchor: Path) -> list[str]:
    """`<seq>:<hash>` of each line; the time stands before it."""
    return [line.rsplit(" ", 1)[-1] for line in anchor.read_text().splitlines() if line.strip()]


async def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="shared.audit_verify")
    parser.add_argument("service", choices=["orgs", "workflows", "notifications"])
    parser.add_argument("--anchor", type=Path, required=True)
    parser.add_argument("--url", help="address of the database; may be a restored copy")
    given = parser.parse_args(arguments)
    prefix = f"DANGJIAN_{given.service.upper()}"
    on = engine(given.url or os.environ[f"{prefix}_DATABASE_URL"], pool_size=1)
    key = base64.b64decode(os.environ[f"{prefix}_AUDIT_KEY"])
    anchored = heads(given.anchor)
    try:
        wrong = await verify(on, key, anchored)
    finally:
        await on.dispose()
    sys.stdout.write("".join(f"{line}\n" for line in wrong or [f"intact: {len(anchored)} heads"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
