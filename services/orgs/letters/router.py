"""党员组织关系介绍信: effects of a transfer, and what both sides may read of it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from sqlmodel.ext.asyncio.session import AsyncSession

from services.orgs.letters import effects, repository
from services.orgs.letters.paper import LetterPaper
from services.orgs.letters.tables import LetterRow
from shared import audit
from shared.access import Access
from shared.contracts.register import (
    Letter,
    LetterAcceptance,
    LetterIssue,
    LetterReceipt,
    LetterState,
    LetterVoid,
)
from shared.pages import MAX_LIMIT, Page
from shared.web import AccessDep, Route, SessionDep

router = APIRouter(prefix="/v1/letters", tags=["letters"], route_class=Route)


@router.post("", status_code=201)
async def issue(session: SessionDep, access: AccessDep, body: LetterIssue) -> Letter:
    """Errors: 409 no-transfer-right, member-elsewhere, member-not-active, letter-accepted,
    replacement-differs, letter-open; 422 validity-too-long."""
    row = await effects.issue(session, body)
    return await _told(session, access, "letter.issued", row, body.case_id)


@router.post("/{letter_id}/voids")
async def void(session: SessionDep, access: AccessDep, letter_id: UUID, body: LetterVoid) -> Letter:
    """Errors: 409 letter-void, letter-accepted."""
    row = await repository.locked(session, letter_id)
    await effects.void(session, row, body)
    return await _told(session, access, "letter.voided", row, body.case_id)


@router.post("/{letter_id}/acceptances")
async def accept(
    session: SessionDep, access: AccessDep, letter_id: UUID, body: LetterAcceptance
) -> Letter:
    """Errors: 409 letter-void, letter-accepted, letter-expired."""
    row = await repository.locked(session, letter_id)
    await effects.accept(session, row, body)
    return await _told(session, access, "letter.accepted", row, body.case_id)


@router.post("/{letter_id}/receipts")
async def receipt(
    session: SessionDep, access: AccessDep, letter_id: UUID, body: LetterReceipt
) -> Letter:
    """Errors: 409 serial-void, serial-mismatch, receipt-entered, not-accepted."""
    row = await repository.locked(session, letter_id)
    await effects.receipt(session, row, body)
    return await _told(session, access, "letter.receipt", row, body.case_id)


@router.get("")
async def letters(
    session: SessionDep,
    org: UUID | None = None,
    state: LetterState | None = None,
    after: Annotated[str | None, Query(max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50,
) -> Page[Letter]:
    """Letters sent or received by organisations that the caller reads, newest first."""
    return await repository.page(session, org=org, state=state, after=after, limit=limit)


@router.get("/{letter_id}")
async def letter(session: SessionDep, access: AccessDep, letter_id: UUID) -> Letter:
    row = await repository.find(session, letter_id)
    _must_read(access, row)
    return repository.shown(row)


@router.get("/{letter_id}/paper")
async def paper(session: SessionDep, access: AccessDep, letter_id: UUID) -> LetterPaper:
    """What is printed on stub, letter and receipt."""
    row = await repository.find(session, letter_id)
    _must_read(access, row)
    await audit.record(
        session, access, "letter.printed", object_kind="letter", object_id=row.id,
        org_path=row.from_path,
    )  # fmt: skip
    sender = await repository.party(session, row.from_org_id, "from_org_id")
    receiver = await repository.party(session, row.to_org_id, "to_org_id")
    return LetterPaper(
        id=row.id,
        serial=row.serial,
        from_name=sender.name,
        to_name=receiver.name,
        names=await repository.names_of(session, row.id),
        member_count=len(await repository.members_of(session, row.id)),
        issued_on=row.issued_on,
        valid_until=row.valid_until,
        dues_paid_to=row.dues_paid_to,
        accepted_on=row.accepted_on,
        void_reason=row.void_reason,
    )


def _must_read(access: Access, row: LetterRow) -> None:
    if not access.reads(row.to_path):
        access.must_read(row.from_path)


async def _told(
    session: AsyncSession, access: Access, action: str, row: LetterRow, case_id: UUID
) -> Letter:
    await audit.record(
        session, access, action, object_kind="letter", object_id=row.id,
        org_path=row.from_path, case_id=case_id, serial=row.serial,
    )  # fmt: skip
    return repository.shown(row)
