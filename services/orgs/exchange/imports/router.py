"""Imports of an office's own workbooks: template, upload, headings, report, confirmation."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, FastAPI, Query, Request, Response
from pydantic import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from services.orgs.exchange.imports import repository, upload, work
from services.orgs.exchange.imports.checks.plans import Verdict
from services.orgs.exchange.imports.columns import COLUMNS, Kind
from services.orgs.exchange.imports.sealing import FileSealer
from services.orgs.exchange.imports.states import MAPPABLE, Mode, State, may_confirm, must_be
from services.orgs.exchange.imports.workbook import template
from services.orgs.register.organisations import repository as organisations
from services.orgs.register.settings import SettingsDep
from shared import audit
from shared.access import Access, Role
from shared.contracts.base import Contract
from shared.contracts.words import Line
from shared.database import scope_of, transaction
from shared.pages import MAX_LIMIT, Page, decode_cursor, encode_cursor
from shared.problems import Invalid, NotFound
from shared.web import AccessDep, Route, SessionDep, StreamRoute


@asynccontextmanager
async def _with_worker(app: FastAPI) -> AsyncGenerator[None]:
    """Work through imports for as long as the service runs."""
    working = asyncio.ensure_future(work.forever(app))
    try:
        yield
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


router = APIRouter(prefix="/v1/imports", tags=["imports"], route_class=Route, lifespan=_with_worker)
uploads = APIRouter(prefix="/v1/imports", tags=["imports"], route_class=StreamRoute)
"""Without a transaction while a slow line sends its file."""
IMPORTERS = (Role.COMMITTEE, Role.ORGANISER)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class SheetHeadings(Contract):
    kind: Kind
    sheet: str
    found: list[str]
    unknown: list[str]
    """Headings whose columns are left out until somebody says what they are."""
    missing: list[str]


class Import(Contract):
    """One upload; its progress is read here until the state no longer changes."""

    id: UUID
    org_id: UUID
    kind: Kind | None
    """Absent: sheets are told apart by their names."""
    filename: str
    state: State
    mode: Mode | None
    headings: list[SheetHeadings]
    counts: dict[str, int]
    """rows, create, correct, unchanged, refused"""
    done: int
    """New records written so far, while it is applying."""
    error_code: str | None
    error_detail: str | None
    has_report: bool
    created_at: datetime
    ended_at: datetime | None


class ImportList(Contract):
    items: list[Import]


class ColumnChoice(Contract):
    """PUT /v1/imports/{id}/headings — the office's heading → our field; kept for next time."""

    kind: Kind
    headings: dict[Line, str] = Field(max_length=100)


class Confirmation(Contract):
    """POST /v1/imports/{id}/confirmation"""

    mode: Mode


class CellVerdict(Contract):
    field: str
    code: str
    detail: str


class RowVerdict(Contract):
    kind: Kind
    sheet: str
    number: int
    verdict: Verdict
    errors: list[CellVerdict]
    object_id: UUID | None
    applied: bool


class PreviewRow(Contract):
    sheet: str
    number: int
    verdict: Verdict
    values: dict[str, str]


class Preview(Contract):
    items: list[PreviewRow]


@router.get("/templates/{kind}.xlsx")
async def blank(kind: str) -> Response:
    """An empty workbook with headings and hints; `all` has one sheet for each kind."""
    if kind != "all" and kind not in set(Kind):
        raise NotFound("no-template", "没有这种模板，请从列表中选择。")
    kinds = list(Kind) if kind == "all" else [Kind(kind)]
    content = await asyncio.to_thread(template.workbook, kinds)
    return _download(content, f"导入模板-{kind}.xlsx")


@uploads.post("", status_code=202)
async def start(
    request: Request,
    settings: SettingsDep,
    organisation: UUID,
    filename: Annotated[str, Query(max_length=200)],
    kind: Kind | None = None,
) -> Import:
    """The body is the file itself. The same file again is the same import until that has ended;
    afterwards it is checked anew and changes nothing that stands already.

    Errors: 413 file-too-large, 422 not-a-workbook.
    """
    access: Access = request.state.access
    content = await upload.received(request)
    async with transaction(request.app.state.engine) as session:
        await scope_of(session, access)
        office = await organisations.place(session, organisation)
        access.must_cover(office.path, *IMPORTERS)
        file = upload.File(filename, kind, content)
        sealer = FileSealer(settings.master_keys)
        return _shown(await upload.stored(session, access, sealer, office, file))


@router.get("")
async def imports(session: SessionDep, access: AccessDep, organisation: UUID) -> ImportList:
    """An organisation's last imports."""
    office = await organisations.place(session, organisation)
    access.must_cover(office.path, *IMPORTERS)
    rows = await repository.listed(session, organisation, MAX_LIMIT)
    return ImportList(items=[_shown(row) for row in rows])


@router.get("/{import_id}")
async def one(session: SessionDep, access: AccessDep, import_id: UUID) -> Import:
    """State, counts and headings."""
    row = await _mine(session, access, import_id)
    report = await repository.file(session, import_id, "report")
    return _shown(row, has_report=report is not None)


@router.put("/{import_id}/headings")
async def choose(
    session: SessionDep, access: AccessDep, import_id: UUID, body: ColumnChoice
) -> Import:
    """Say which heading is which field; the file is checked again. Errors: 409 import-state,
    422 no-field."""
    row = await _mine(session, access, import_id, lock=True)
    must_be(row["state"], *MAPPABLE)
    if row["ended_at"] is not None:
        must_be(row["state"], State.CHECKED)
    fields = {column.name for column in COLUMNS[body.kind]}
    if not set(body.headings.values()) <= fields:
        raise Invalid("no-field", "没有这个栏目，请从列表中选择。", field="headings")
    await repository.keep_headings(session, row["org_id"], body.kind.value, body.headings)
    again = {"state": State.UPLOADED.value, "error_code": None, "error_detail": None}
    await repository.change(session, import_id, attempts=0, leased_until=None, **again)
    return _shown(row | again)


@router.get("/{import_id}/preview")
async def preview(
    session: SessionDep, access: AccessDep, settings: SettingsDep, import_id: UUID
) -> Preview:
    """The first rows of each sheet with their verdicts."""
    await _mine(session, access, import_id)
    content = await _opened(session, FileSealer(settings.master_keys), import_id, "preview")
    return Preview.model_validate({"items": json.loads(content)})


@router.get("/{import_id}/rows")
async def rows(
    session: SessionDep,
    access: AccessDep,
    import_id: UUID,
    verdict: Verdict | None = None,
    after: Annotated[str | None, Query(max_length=60)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50,
) -> Page[RowVerdict]:
    """Verdict of every row, in the order in which they are applied."""
    await _mine(session, access, import_id)
    last = decode_cursor(after, 1)[0] if after else -1
    if not isinstance(last, int):
        raise Invalid("bad-cursor", "翻页标记无效，请从第一页重新查询。", field="after")
    wanted = verdict.value if verdict else None
    found = await repository.rows(session, import_id, wanted, last, limit + 1)
    more = encode_cursor(found[limit - 1]["position"]) if len(found) > limit else None
    names = RowVerdict.model_fields
    items = [RowVerdict.model_validate({n: row[n] for n in names}) for row in found[:limit]]
    return Page(items=items, next=more)


@router.get("/{import_id}/report.xlsx")
async def report(
    session: SessionDep, access: AccessDep, settings: SettingsDep, import_id: UUID
) -> Response:
    """The workbook back, bad cells marked, reasons in the last column."""
    row = await _mine(session, access, import_id)
    content = await _opened(session, FileSealer(settings.master_keys), import_id, "report")
    await _audit(session, access, "import.report", row)
    stem = row["filename"].rpartition(".")[0] or row["filename"]
    return _download(content, f"{stem}-不合格.xlsx")


@router.post("/{import_id}/confirmation", status_code=202)
async def confirm(
    session: SessionDep, access: AccessDep, import_id: UUID, body: Confirmation
) -> Import:
    """Write it in the background: everything, or the good rows. Errors: 409 rows-refused,
    nothing-to-apply, import-state."""
    row = await _mine(session, access, import_id, lock=True)
    may_confirm(row["state"], body.mode, row["counts"])
    ordered = {"state": State.CONFIRMED.value, "mode": body.mode.value}
    await repository.change(session, import_id, attempts=0, leased_until=None, **ordered)
    await _audit(session, access, "import.confirmed", row)
    return _shown(row | ordered)


@router.post("/{import_id}/discard")
async def discard(session: SessionDep, access: AccessDep, import_id: UUID) -> Import:
    """Erase the file; nothing was or will be written."""
    row = await _mine(session, access, import_id, lock=True)
    must_be(row["state"], State.CHECKED, State.FAILED)
    await repository.end(session, import_id, State.DISCARDED)
    await _audit(session, access, "import.discarded", row)
    return _shown(await repository.get(session, import_id))


async def _mine(
    session: AsyncSession, access: Access, import_id: UUID, *, lock: bool = False
) -> dict[str, Any]:
    row = await repository.get(session, import_id, lock=lock)
    access.must_cover(row["org_path"], *IMPORTERS)
    return row


async def _opened(session: AsyncSession, sealer: FileSealer, import_id: UUID, column: str) -> bytes:
    sealed = await repository.file(session, import_id, column)
    if sealed is None:
        raise NotFound("no-file", "没有可下载的内容：尚未检查完，或文件已清除。")
    return sealer.open(sealed, work.place(import_id, column))


async def _audit(session: AsyncSession, access: Access, action: str, row: dict[str, Any]) -> None:
    await audit.record(
        session, access, action, object_kind="import", object_id=row["id"],
        org_path=row["org_path"],
    )  # fmt: skip


def _download(content: bytes, name: str) -> Response:
    disposition = f"attachment; filename*=UTF-8''{quote(name)}"
    return Response(content, media_type=XLSX, headers={"Content-Disposition": disposition})


def _shown(row: dict[str, Any], *, has_report: bool | None = None) -> Import:
    """`has_report` is known where the file was looked for, else told from the counts."""
    names = set(Import.model_fields) - {"has_report"}
    bad = bool(row["counts"].get("refused")) and row["ended_at"] is None
    shown = {name: row[name] for name in names}
    return Import.model_validate(shown | {"has_report": bad if has_report is None else has_report})
