"""Takes a file in: counted while it arrives, told by its first bytes, closed before it is kept."""

import asyncio
import hashlib
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from sqlmodel.ext.asyncio.session import AsyncSession

from services.orgs.exchange.imports import repository, work
from services.orgs.exchange.imports.columns import Kind
from services.orgs.exchange.imports.sealing import FileSealer
from services.orgs.exchange.imports.states import State
from services.orgs.exchange.imports.workbook.structure import OLE, not_a_workbook
from services.orgs.register.organisations.rules import Place
from shared import audit, clock
from shared.access import Access
from shared.contracts.words import one_line
from shared.ids import new_id
from shared.problems import TooLarge

MOST_BYTES = 20_000_000
ZIP = b"PK\x03\x04"


@dataclass(frozen=True)
class File:
    name: str
    kind: Kind | None
    content: bytes


async def received(request: Request) -> bytes:
    """The body, cut off where it grows too large.

    Errors: 413 file-too-large, 422 not-a-workbook.
    """
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > MOST_BYTES:
            raise TooLarge("file-too-large", "文件超过 20 MB，请拆成几个文件后重新上传。")
    if not content.startswith((ZIP, OLE)):
        raise not_a_workbook()
    return bytes(content)


async def stored(
    session: AsyncSession, access: Access, sealer: FileSealer, office: Place, file: File
) -> dict[str, Any]:
    """The new import, or the one of the very same file that is still open."""
    digest = hashlib.sha256(file.content).hexdigest()
    kind = file.kind.value if file.kind else None
    same = await repository.same_open(session, office.id, digest, kind)
    if same is not None:
        return same
    import_id = new_id()
    sealed = await asyncio.to_thread(sealer.close, file.content, work.place(import_id, "content"))
    row: dict[str, Any] = {
        "id": import_id, "org_id": office.id, "org_path": office.path, "kind": kind,
        "filename": one_line(file.name), "digest": digest, "state": State.UPLOADED.value,
        "mode": None, "headings": [], "counts": {}, "done": 0, "error_code": None,
        "error_detail": None, "created_by": access.principal.account_id,
        "created_at": clock.now(), "ended_at": None, "leased_until": None, "attempts": 0,
    }  # fmt: skip
    await repository.add(session, row | {"content": sealed})
    await audit.record(
        session, access, "import.uploaded", object_kind="import", object_id=import_id,
        org_path=office.path, digest=digest,
    )  # fmt: skip
    return row
