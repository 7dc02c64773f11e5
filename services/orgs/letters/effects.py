"""Effects of a transfer on its letter: issue, void, accept, receipt, each with its due dates."""

from sqlmodel.ext.asyncio.session import AsyncSession

from services.orgs.exchange.due.repository import DueState, close_due, set_due
from services.orgs.letters import repository, rules
from services.orgs.letters.tables import LetterRow
from services.orgs.rulebook import values
from services.orgs.rulebook.calendar.repository import working_days
from shared.calendar import Period, Unit, due_on
from shared.contracts.register import (
    LetterAcceptance,
    LetterIssue,
    LetterReceipt,
    LetterState,
    LetterVoid,
)
from shared.ids import new_id

VALIDITY = "transfer.letter.validity"
"""Due rule: the letter lapses; the sender has to reissue it."""
RECEIPT = "transfer.receipt"
"""Due rule and rulebook key: the receiver owes the receipt."""
VALIDITY_MAX = "transfer.letter.validity_max"


async def issue(session: AsyncSession, body: LetterIssue) -> LetterRow:
    """Draw the serial and write the letter; a replaced letter becomes void in the same breath."""
    sender = await repository.party(session, body.from_org_id, "from_org_id")
    receiver = await repository.party(session, body.to_org_id, "to_org_id")
    rules.must_have_right(sender, receiver)
    await _must_be_valid(session, body, sender.path)
    old = await _replaced(session, body)
    rules.must_belong(await repository.named(session, body.member_ids), body, sender)
    number = await repository.draw_number(session, sender.id, body.issued_on.year, sender.code)
    row = LetterRow(
        id=new_id(),
        serial=rules.serial(sender.code, body.issued_on.year, number),
        from_path=sender.path,
        to_path=receiver.path,
        **body.model_dump(exclude={"member_ids"}),
    )
    await repository.add(session, row, body.member_ids)
    if old is not None:
        old.replaced_by_id = row.id
        await repository.save(session, old)
    await set_due(
        session, VALIDITY, row.id, org_id=sender.id, org_path=sender.path, on=row.valid_until
    )
    return row


async def void(session: AsyncSession, row: LetterRow, body: LetterVoid) -> None:
    rules.may_void(repository.shown(row), body.on)
    row.state = LetterState.VOID.value
    row.voided_on, row.void_reason = body.on, body.reason
    await repository.save(session, row)
    await repository.release_members(session, row.id)
    await close_due(session, VALIDITY, row.id, DueState.VOID)


async def accept(session: AsyncSession, row: LetterRow, body: LetterAcceptance) -> None:
    rules.may_accept(repository.shown(row), body.on)
    row.state, row.accepted_on = LetterState.ACCEPTED.value, body.on
    await repository.save(session, row)
    await repository.release_members(session, row.id)
    await close_due(session, VALIDITY, row.id)
    await _owe_receipt(session, row, body)


async def receipt(session: AsyncSession, row: LetterRow, body: LetterReceipt) -> None:
    earlier = await repository.void_serials(session, row)
    rules.may_receipt(repository.shown(row), body.serial, body.on, earlier)
    row.state, row.receipt_on = LetterState.CLOSED.value, body.on
    await repository.save(session, row)
    await close_due(session, RECEIPT, row.id)


async def _must_be_valid(session: AsyncSession, body: LetterIssue, path: str) -> None:
    longest = await values.rule(session, path, VALIDITY_MAX)
    period = Period(value=int(longest.value), unit=Unit(longest.unit))
    limit = due_on(body.issued_on, period, await working_days(session))
    rules.must_be_valid_for(body, limit, longest.basis)


async def _replaced(session: AsyncSession, body: LetterIssue) -> LetterRow | None:
    """The old letter of a reissue, void from now on."""
    if body.replaces_id is None:
        return None
    old = await repository.locked(session, body.replaces_id)
    rules.may_replace(repository.shown(old), await repository.members_of(session, old.id), body)
    if old.state == LetterState.ISSUED.value:
        reason = LetterVoid(case_id=body.case_id, on=body.issued_on, reason="replaced")
        await void(session, old, reason)
    return old


async def _owe_receipt(session: AsyncSession, row: LetterRow, body: LetterAcceptance) -> None:
    """Whoever works in this register and can do something about it: the receiver, or the sender
    who waits for a committee outside."""
    receiver = await repository.party(session, row.to_org_id, "to_org_id")
    org_id, path = (
        (row.from_org_id, row.from_path) if receiver.external else (row.to_org_id, row.to_path)
    )
    period = await values.period(session, path, RECEIPT)
    on = due_on(body.on, period, await working_days(session))
    await set_due(session, RECEIPT, row.id, org_id=org_id, org_path=path, on=on)
