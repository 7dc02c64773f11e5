"""The typed client of the register against the real register: a changed route or model fails."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from services.notifications.deliveries.contacts import ContactsClient
from shared import clock
from shared.clients.orgs import OrgsClient
from shared.contracts.changes import ChangeKind
from shared.contracts.register import (
    Departure,
    LetterAcceptance,
    LetterIssue,
    LetterReceipt,
    LetterState,
    LetterVoid,
    MemberState,
    Move,
    TransitEnd,
    TransitStart,
)
from shared.ids import new_id
from shared.problems import Conflict, Invalid, NotFound
from tests.apps import Apps

pytestmark = pytest.mark.asyncio(loop_scope="module")

ON = date(2026, 3, 2)


@pytest.fixture
def register(apps: Apps) -> OrgsClient:
    return OrgsClient(apps.apps["workflows"].state.orgs_http)


async def test_facts(apps: Apps, register: OrgsClient) -> None:
    orgs = apps.village.orgs
    member = await register.member_facts(apps.village.members[0])
    assert (member.org_id, member.committee_id) == (orgs["east-1"], orgs["east"])
    branch = await register.organisation_facts(orgs["west-1"])
    assert (branch.parent_id, branch.committee_id) == (orgs["west"], orgs["west"])
    superior = await register.common_superior(orgs["east"], orgs["west"])
    assert superior is not None
    assert superior.id == orgs["county"]
    assert await register.common_superior(orgs["east"], orgs["far"]) is None
    with pytest.raises(NotFound):
        await register.member_facts(new_id())


async def test_effects_on_a_member_from_transit_to_the_move(
    apps: Apps, register: OrgsClient
) -> None:
    case, (member, other, third) = new_id(), apps.village.members[:3]
    west, branch = apps.village.orgs["west"], apps.village.orgs["west-1"]
    transit = TransitStart(case_id=case, to_org_id=west, on=ON)
    for _ in range(2):
        await effect(register, member, "transits", transit, f"{case}:transit:1")
    assert (await register.member_facts(member)).state is MemberState.IN_TRANSIT
    move = Move(case_id=case, to_org_id=branch, on=ON)
    await effect(register, member, "moves", move, f"{case}:move:1")
    assert (await register.member_facts(member)).org_id == branch
    with pytest.raises(Invalid, match="key-reused"):
        await effect(register, member, "moves", transit, f"{case}:move:1")
    await effect(register, other, "transits", transit, f"{case}:transit-other:1")
    back = TransitEnd(case_id=case, on=ON, reason="withdrawn")
    await effect(register, other, "transit-ends", back, f"{case}:end:1")
    with pytest.raises(Conflict, match="not-in-transit"):
        await effect(register, other, "transit-ends", back, f"{case}:end:2")
    far = apps.village.orgs["far"]
    outside = TransitStart(case_id=case, to_org_id=far, on=ON)
    await effect(register, third, "transits", outside, f"{case}:transit-third:1")
    gone = Departure(case_id=case, to_org_id=far, on=ON)
    await effect(register, third, "departures", gone, f"{case}:departure:1")
    assert (await register.member_facts(third)).state is MemberState.TRANSFERRED_OUT


async def effect(
    register: OrgsClient,
    member: UUID,
    name: str,
    body: TransitStart | TransitEnd | Move | Departure,
    key: str,
) -> None:
    await register.member_effect(member, name, body.model_dump(mode="json"), key=key)


async def test_a_letter_from_issue_to_receipt(apps: Apps, register: OrgsClient) -> None:
    case = new_id()
    issue = LetterIssue(
        case_id=case,
        from_org_id=apps.village.orgs["east"],
        to_org_id=apps.village.orgs["west"],
        member_ids=[apps.village.members[3]],
        issued_on=ON,
        valid_until=ON + timedelta(days=30),
    )
    first = await register.issue_letter(issue, key=f"{case}:letter:1")
    assert first == await register.issue_letter(issue, key=f"{case}:letter:1")
    void = LetterVoid(case_id=case, on=ON, reason="lost").model_dump(mode="json")
    await register.letter_effect(first.id, "voids", void, key=f"{case}:void:1")
    second = await register.issue_letter(issue, key=f"{case}:letter:2")
    assert (second.state, second.serial == first.serial) == (LetterState.ISSUED, False)
    due = await register.due("transfer.letter.validity", before=clock.today(), after=None)
    assert [row.subject_id for row in due.items] == [second.id]
    accepted = LetterAcceptance(case_id=case, on=ON).model_dump(mode="json")
    await register.letter_effect(second.id, "acceptances", accepted, key=f"{case}:acceptance:1")
    receipt = LetterReceipt(case_id=case, serial=second.serial, on=ON).model_dump(mode="json")
    await register.letter_effect(second.id, "receipts", receipt, key=f"{case}:receipt:1")


async def test_rules_and_changes(apps: Apps, register: OrgsClient) -> None:
    rules = await register.rules(apps.village.orgs["east-1"], prefix="transfer.")
    assert {value.key.split(".")[0] for value in rules.values} == {"transfer"}
    first = await register.changes("0", limit=5)
    assert len(first.items) == 5
    following = await register.changes(first.next)
    kinds = {change.kind for change in (*first.items, *following.items)}
    assert {ChangeKind.ORGANISATION, ChangeKind.ACCOUNT, ChangeKind.GRANT} <= kinds
    assert (await register.changes(following.next)).items == []


async def test_contacts_of_accounts(apps: Apps) -> None:
    contacts = ContactsClient(apps.apps["notifications"].state.orgs_http)
    known, unknown = apps.village.accounts["member-0"], new_id()
    found = await contacts.of([known, unknown])
    assert set(found) == {known}
    assert found[known].email
