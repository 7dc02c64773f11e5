"""The committed edition, and what a local setting may change."""

from fractions import Fraction

import pytest

from services.orgs.rulebook.editions import load, rules
from services.orgs.rulebook.editions.rules import Edition, Entry, Mark
from shared.contracts.register import RuleValue
from shared.ids import new_id
from shared.problems import Problem


def first() -> Edition:
    return rules.parse(load.committed()[0])


def entry(key: str) -> Entry:
    return next(entry for entry in first().entries if entry.key == key)


@pytest.mark.parametrize(
    ("key", "value", "unit", "mark"),
    [
        ("transfer.letter.validity_in_city", "30", "day", "disputed"),
        ("transfer.letter.validity_elsewhere", "90", "day", "disputed"),
        ("transfer.letter.validity_max", "90", "day", "disputed"),
        ("transfer.receipt", "1", "month", "verified"),
        ("transfer.away_condition", "6", "month", "verified"),
        ("transfer.branch_check", "5", "working_day", "unverified"),
        ("organisation.full_members_min", "3", "count", "verified"),
        ("branch.max_members", "50", "count", "verified"),
        ("committee.full_members_min", "7", "count", "verified"),
        ("approval.establish", "1", "month", "verified"),
        ("election.quorum", "4/5", "fraction", "verified"),
        ("election.quorum_strict", "false", "flag", "disputed"),
        ("term.branch", "3", "year", "verified"),
        ("term.committee", "5", "year", "verified"),
        ("term.reminder", "6", "month", "verified"),
        ("mentor.term", "24", "month", "local"),
    ],
)
def test_first_edition_gives_each_number_with_its_mark(
    key: str, value: str, unit: str, mark: str
) -> None:
    found = entry(key)
    assert (found.value, found.unit, found.verified.value) == (value, unit, mark)


def test_every_basis_names_document_year_and_article() -> None:
    assert [e.key for e in first().entries if e.basis.count(" · ") != 2] == []


def test_a_setting_of_ours_is_never_marked_as_law() -> None:
    ours = [e for e in first().entries if e.basis.startswith("系统设置")]
    assert ours
    assert {e.verified for e in ours} == {Mark.UNVERIFIED}


def test_changed_file_under_the_same_number_is_refused() -> None:
    edition = first()
    rules.must_be_same(edition, edition.digest)
    changed = load.committed()[0].replace(b'value = "50"', b'value = "60"', 1)
    with pytest.raises(Problem) as error:
        rules.must_be_same(rules.parse(changed), edition.digest)
    assert error.value.code == "edition-changed"


def test_national_rule_is_not_set_locally_and_says_its_basis() -> None:
    with pytest.raises(Problem) as error:
        rules.may_override(entry("transfer.receipt"), "2")
    assert error.value.code == "rule-national"
    assert "组通字〔2006〕45号" in str(error.value.basis)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("transfer.letter.validity_in_city", "10"),
        ("transfer.letter.validity_elsewhere", "90"),
        ("transfer.branch_check", "3"),
        ("election.quorum_strict", "true"),
        ("joint_branch.units_max", "10"),
    ],
)
def test_unsettled_rule_may_be_set_within_its_bounds(key: str, value: str) -> None:
    rules.may_override(entry(key), value)


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("transfer.letter.validity_elsewhere", "91", "rule-bounds"),
        ("transfer.letter.validity_max", "180", "rule-bounds"),
        ("transfer.letter.validity_in_city", "0", "rule-bounds"),
        ("transfer.branch_check", "-1", "rule-value"),
        ("transfer.branch_check", "1.5", "rule-value"),
        ("transfer.branch_check", "٣", "rule-value"),
        ("election.quorum_strict", "yes", "rule-value"),
        ("transfer.letter.reminder_fraction", "5/4", "rule-value"),
        ("transfer.letter.reminder_fraction", "1/0", "rule-value"),
    ],
)
def test_value_outside_its_bounds_or_unit_is_refused(key: str, value: str, code: str) -> None:
    with pytest.raises(Problem) as error:
        rules.may_override(entry(key), value)
    assert error.value.code == code


def test_nearest_ancestor_wins() -> None:
    key = "transfer.branch_check"
    base = rules.national(entry(key))

    def at(value: str) -> RuleValue:
        return base.model_copy(update={"value": value, "set_at": new_id(), "verified": "local"})

    settings = [("000010002", at("2")), ("0", at("9")), ("00001", at("4"))]
    assert rules.resolve([entry(key)], settings)[0].value == "2"
    assert rules.resolve([entry(key)], settings[1:])[0].value == "4"
    assert rules.resolve([entry(key)], [])[0].set_at is None


def test_amounts_are_exact() -> None:
    assert rules.amount("4/5", "fraction") == Fraction(4, 5)
    assert rules.amount("true", "flag") == 1


@pytest.mark.parametrize(
    "content",
    [
        b"not toml [",
        b"[edition]\nnumber = 0\nfrom = 2026-01-01\n",
        b'[edition]\nnumber = 2\nfrom = 2026-01-01\n["a.b"]\nvalue = "x"\nunit = "day"\n'
        b'basis = "b"\nverified = "local"\n',
        b'[edition]\nnumber = 2\nfrom = 2026-01-01\n["a.b"]\nvalue = "9"\nunit = "day"\n'
        b'basis = "b"\nverified = "local"\nat_most = "8"\n',
    ],
)
def test_malformed_edition_file_is_refused(content: bytes) -> None:
    with pytest.raises(Problem):
        rules.parse(content)
