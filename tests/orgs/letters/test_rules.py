"""Rules of 介绍信, named after the items of 组通字〔2006〕45号 (TR06) and ED19 Art. 25."""

from datetime import date
from typing import Any

import pytest

from services.orgs.letters import rules
from services.orgs.letters.rules import Named, Party
from shared.contracts.register import Letter, LetterIssue, LetterState
from shared.ids import new_id
from shared.problems import Problem

ISSUED = date(2026, 3, 2)
UNTIL = date(2026, 5, 31)
SERIAL = "330482〔2026〕0007"
CASE = new_id()


def party(**changes: Any) -> Party:
    facts: dict[str, Any] = {
        "id": new_id(), "name": "城关镇党委", "code": "330482", "path": "00001",
        "approves_members": True, "external": False, "active": True,
    }  # fmt: skip
    return Party(**facts | changes)


def letter(**changes: Any) -> Letter:
    facts: dict[str, Any] = {
        "id": new_id(), "serial": SERIAL, "state": LetterState.ISSUED, "from_org_id": new_id(),
        "to_org_id": new_id(), "issued_on": ISSUED, "valid_until": UNTIL,
    }  # fmt: skip
    return Letter(**facts | changes)


def request(**changes: Any) -> LetterIssue:
    facts: dict[str, Any] = {
        "case_id": CASE, "from_org_id": new_id(), "to_org_id": new_id(),
        "member_ids": [new_id()], "issued_on": ISSUED, "valid_until": UNTIL,
    }  # fmt: skip
    return LetterIssue(**facts | changes)


def code_of(error: pytest.ExceptionInfo[Problem]) -> str:
    return error.value.code


def test_serial_names_organisation_year_and_number() -> None:
    assert rules.serial("330482", 2026, 7) == SERIAL


def test_ed19_25_committees_that_approve_members_send_and_receive() -> None:
    rules.must_have_right(party(), party())
    rules.must_have_right(party(), party(external=True))


@pytest.mark.parametrize(
    ("sender", "receiver", "code"),
    [
        ({"approves_members": False}, {}, "no-transfer-right"),
        ({}, {"approves_members": False}, "no-transfer-right"),
        ({"active": False}, {}, "organisation-dissolved"),
        ({}, {"active": False}, "organisation-dissolved"),
        ({"external": True}, {}, "sender-external"),
    ],
)
def test_ed19_25_others_do_not(sender: dict[str, Any], receiver: dict[str, Any], code: str) -> None:
    with pytest.raises(Problem) as error:
        rules.must_have_right(party(**sender), party(**receiver))
    assert code_of(error) == code


def test_no_letter_within_one_committee() -> None:
    same = party()
    with pytest.raises(Problem) as error:
        rules.must_have_right(same, same)
    assert code_of(error) == "same-committee"


@pytest.mark.parametrize(
    ("until", "code"),
    [(date(2026, 6, 1), "validity-too-long"), (date(2026, 3, 1), "validity-reversed")],
)
def test_validity_of_the_letter_has_an_upper_limit(until: date, code: str) -> None:
    with pytest.raises(Problem) as error:
        rules.must_be_valid_for(request(valid_until=until), UNTIL, "依据")
    assert code_of(error) == code
    rules.must_be_valid_for(request(), UNTIL, "依据")


@pytest.mark.parametrize(
    ("state", "path", "case", "code"),
    [
        ("active", "000010001", None, None),
        ("in_transit", "000010001", CASE, None),
        ("in_transit", "000010001", new_id(), "member-not-active"),
        ("died", "000010001", None, "member-not-active"),
        ("active", "00002", None, "member-elsewhere"),
    ],
)
def test_a_letter_names_members_of_the_sender_on_no_other_way(
    state: str, path: str, case: Any, code: str | None
) -> None:
    body = request()
    members = [Named(body.member_ids[0], state, path, case)]
    if code is None:
        rules.must_belong(members, body, party())
        return
    with pytest.raises(Problem) as error:
        rules.must_belong(members, body, party())
    assert code_of(error) == code


def test_a_member_the_register_does_not_know_is_refused() -> None:
    with pytest.raises(Problem) as error:
        rules.must_belong([], request(), party())
    assert code_of(error) == "member-elsewhere"


def test_tr06_acceptance_on_the_last_day_counts() -> None:
    rules.may_accept(letter(), UNTIL)
    rules.may_accept(letter(), ISSUED)


@pytest.mark.parametrize(
    ("state", "on", "code"),
    [
        (LetterState.ISSUED, date(2026, 6, 1), "letter-expired"),
        (LetterState.VOID, ISSUED, "letter-void"),
        (LetterState.ACCEPTED, ISSUED, "letter-accepted"),
        (LetterState.ISSUED, date(2026, 3, 1), "date-too-early"),
    ],
)
def test_tr06_a_late_void_or_used_letter_is_not_accepted(
    state: LetterState, on: date, code: str
) -> None:
    with pytest.raises(Problem) as error:
        rules.may_accept(letter(state=state), on)
    assert code_of(error) == code


def accepted(**changes: Any) -> Letter:
    return letter(**{"state": LetterState.ACCEPTED, "accepted_on": date(2026, 4, 1)} | changes)


def test_tr06_receipt_carries_the_serial_of_the_accepted_letter() -> None:
    rules.may_receipt(accepted(), SERIAL, date(2026, 4, 1), set())


@pytest.mark.parametrize(
    ("state", "given", "on", "code"),
    [
        ("accepted", "330482〔2026〕0008", date(2026, 4, 2), "serial-mismatch"),
        ("accepted", "330482〔2026〕0003", date(2026, 4, 2), "serial-void"),
        ("void", SERIAL, date(2026, 4, 2), "serial-void"),
        ("closed", SERIAL, date(2026, 4, 2), "receipt-entered"),
        ("accepted", SERIAL, date(2026, 3, 31), "date-too-early"),
    ],
)
def test_tr06_receipt_of_another_or_void_letter_is_refused(
    state: str, given: str, on: date, code: str
) -> None:
    with pytest.raises(Problem) as error:
        rules.may_receipt(accepted(state=state), given, on, {"330482〔2026〕0003"})
    assert code_of(error) == code


def test_tr06_receipt_before_acceptance_is_refused() -> None:
    with pytest.raises(Problem) as error:
        rules.may_receipt(letter(), SERIAL, date(2026, 4, 2), set())
    assert code_of(error) == "not-accepted"


def test_lost_or_expired_letter_is_reissued_once_by_the_same_committee() -> None:
    body = request()
    old = letter(from_org_id=body.from_org_id)
    rules.may_replace(old, body.member_ids, body)
    rules.may_replace(old, [*body.member_ids, new_id()], body)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"state": LetterState.ACCEPTED}, "letter-accepted"),
        ({"state": LetterState.CLOSED}, "letter-accepted"),
        ({"state": LetterState.VOID, "replaced_by_id": new_id()}, "letter-replaced"),
        ({"from_org_id": new_id()}, "replacement-differs"),
    ],
)
def test_other_letters_are_not_reissued(changes: dict[str, Any], code: str) -> None:
    body = request()
    old = letter(**{"from_org_id": body.from_org_id} | changes)
    with pytest.raises(Problem) as error:
        rules.may_replace(old, body.member_ids, body)
    assert code_of(error) == code


def test_reissue_for_somebody_else_is_refused() -> None:
    body = request()
    with pytest.raises(Problem) as error:
        rules.may_replace(letter(from_org_id=body.from_org_id), [new_id()], body)
    assert code_of(error) == "replacement-differs"


@pytest.mark.parametrize(
    ("state", "on", "code"),
    [
        (LetterState.VOID, ISSUED, "letter-void"),
        (LetterState.ACCEPTED, ISSUED, "letter-accepted"),
        (LetterState.ISSUED, date(2026, 3, 1), "date-too-early"),
    ],
)
def test_only_a_letter_that_is_out_can_be_voided(state: LetterState, on: date, code: str) -> None:
    with pytest.raises(Problem) as error:
        rules.may_void(letter(state=state), on)
    assert code_of(error) == code
