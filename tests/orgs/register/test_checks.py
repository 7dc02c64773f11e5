"""Identity numbers, credit codes, names, telephones: pure rules."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.orgs.register.enterprises import rules as enterprises
from services.orgs.register.people import rules
from services.orgs.register.people.rules import check_id_number, demonstration_id_number
from services.orgs.register.search import grams, grams_of_query, spell, spell_person
from shared.validation import RuleBroken

TODAY = date(2026, 11, 1)
DAYS = st.dates(rules.EARLIEST, TODAY)
SERIALS = st.integers(0, 9_999_999)


def broken(value: str, *, demo: bool = True) -> str:
    with pytest.raises(RuleBroken) as caught:
        check_id_number(value, today=TODAY, demo=demo)
    assert value not in caught.value.detail
    assert caught.value.basis == rules.GB11643
    return caught.value.code


def test_a_published_example_passes() -> None:
    assert check_id_number("11010519491231002x", today=TODAY, demo=False) == "11010519491231002X"


def test_pasted_full_width_digits_and_spaces_pass() -> None:
    assert check_id_number(" 110105 １９４９1231 002X", today=TODAY, demo=False)


@given(DAYS, SERIALS)
def test_every_invented_number_passes_in_the_demonstration_only(born: date, serial: int) -> None:
    number = demonstration_id_number(born, serial)
    assert check_id_number(number, today=TODAY, demo=True) == number
    assert broken(number, demo=False) == "id-number-region"


@given(DAYS, SERIALS, st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_is_always_found(born: date, serial: int, at: int, by: int) -> None:
    number = demonstration_id_number(born, serial)
    wrong = number[:at] + str((int(number[at]) + by) % 10) + number[at + 1 :]
    assert broken(wrong) in {
        "id-number-checksum", "id-number-date", "id-number-year", "id-number-region",
    }  # fmt: skip


@given(DAYS, SERIALS, st.integers(14, 15))
def test_two_swapped_digits_are_always_found(born: date, serial: int, at: int) -> None:
    number = demonstration_id_number(born, serial)
    swapped = number[:at] + number[at + 1] + number[at] + number[at + 2 :]
    if swapped != number:
        assert broken(swapped) == "id-number-checksum"


@pytest.mark.parametrize(
    ("day", "code"),
    [
        ("19900230", "id-number-date"),
        ("20230229", "id-number-date"),
        ("19901301", "id-number-date"),
        ("18991231", "id-number-year"),
        ("20261102", "id-number-year"),
    ],
)
def test_a_day_that_cannot_be_a_birthday_is_refused(day: str, code: str) -> None:
    first = f"110105{day}002"
    assert broken(first + rules.id_check_digit(first)) == code


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("110105491231002", "id-number-length"),
        ("1101051949123100２Y", "id-number-characters"),
        ("1101051949123X002X", "id-number-characters"),
        ("160105194912310029", "id-number-region"),
    ],
)
def test_each_mistake_has_its_own_code(value: str, code: str) -> None:
    assert broken(value) == code


def test_a_mask_keeps_first_and_last_four() -> None:
    assert rules.mask_id_number("33062419900203017X") == "3306**********017X"


@pytest.mark.parametrize("dot", list("•‧・･∙⋅．·"))
def test_every_middle_dot_becomes_one(dot: str) -> None:
    assert rules.clean_name(f"阿卜杜拉{dot}买买提") == "阿卜杜拉·买买提"


@pytest.mark.parametrize("name", ["𠮷野", "㛃", "王𬭊", "李\U0002b7f7", "张〇", "赵\U00030edd"])
def test_rare_characters_survive(name: str) -> None:
    assert rules.clean_name(name) == name


def test_spaces_that_align_two_characters_go_and_those_of_latin_names_stay() -> None:
    assert rules.clean_name("王\u3000明") == "王明"
    assert rules.clean_name("王 明") == "王明"
    assert rules.clean_name("John Smith") == "John Smith"


@pytest.mark.parametrize("name", ["王1明", "=1+1", "<b>", "王,明", "\ue000"])
def test_what_cannot_be_a_name_is_refused(name: str) -> None:
    with pytest.raises(RuleBroken, match="name-characters"):
        rules.clean_name(name)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("+86 138-0013-8000", "13800138000"),
        ("0575-8600 1234", "057586001234"),
        ("１３８００１３８０００", "13800138000"),
    ],
)
def test_telephones_are_kept_in_digits(typed: str, kept: str) -> None:
    assert rules.check_phone(typed, demo=False) == kept


def test_demonstration_telephones_are_refused_in_normal_use() -> None:
    assert rules.check_phone("10000000001", demo=True) == "10000000001"
    with pytest.raises(RuleBroken, match="phone-format"):
        rules.check_phone("10000000001", demo=False)


def test_masked_contacts() -> None:
    assert rules.mask_phone("13800138000") == "138****8000"
    assert rules.mask_phone("057586001234") == "0575****1234"
    assert rules.mask_email("wang@example.cn") == "w***@example.cn"


def broken_code(value: str, *, demo: bool = False) -> str:
    with pytest.raises(RuleBroken) as caught:
        enterprises.check_credit_code(value, demo=demo)
    assert caught.value.basis == enterprises.GB32100
    return caught.value.code


def test_a_published_credit_code_passes() -> None:
    assert enterprises.check_credit_code("91350100m000100y43", demo=False) == "91350100M000100Y43"


@given(st.integers(0, 999_999_999), st.integers(2, 16))
def test_every_swapped_pair_in_a_credit_code_is_found(serial: int, at: int) -> None:
    code = enterprises.demonstration_credit_code(serial)
    assert enterprises.check_credit_code(code, demo=True) == code
    swapped = code[:at] + code[at + 1] + code[at] + code[at + 2 :]
    if swapped != code:
        assert broken_code(swapped, demo=True) == "credit-code-checksum"


@pytest.mark.parametrize("letter", "IOSVZ")
def test_letters_that_the_standard_leaves_out_are_refused(letter: str) -> None:
    assert broken_code(f"9135010{letter}M000100Y43") == "credit-code-characters"


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("91350100M000100Y4", "credit-code-length"),
        ("81350100M000100Y43", "credit-code-checksum"),
        ("D1350100M000100Y43", "credit-code-department"),
        ("91160100M000100Y43", "credit-code-division"),
        ("91350100M000100Y44", "credit-code-checksum"),
    ],
)
def test_each_mistake_in_a_credit_code_has_its_own_code(value: str, code: str) -> None:
    assert broken_code(value) == code


def test_invented_credit_codes_are_refused_in_normal_use() -> None:
    invented = enterprises.demonstration_credit_code(7)
    assert broken_code(invented) == "credit-code-characters"


@pytest.mark.parametrize(
    ("name", "pinyin", "initials"),
    [
        ("单雄信", "shanxiongxin", "sxx"),
        ("尉迟恭", "yuchigong", "ycg"),
        ("解晓东", "xiexiaodong", "xxd"),
        ("买买提·艾力", "maimaitiaili", "mmtal"),
    ],
)
def test_surnames_are_read_as_surnames(name: str, pinyin: str, initials: str) -> None:
    spelling = spell_person(name)
    assert (spelling.pinyin, spelling.initials) == (pinyin, initials)


def test_a_name_of_rare_characters_has_a_spelling_all_the_same() -> None:
    assert spell("㛃").initials


@given(st.text("新昌县城东机械有限公司", min_size=1, max_size=12), st.data())
def test_a_name_has_the_grams_of_every_part_of_it(name: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(name) - 1))
    part = name[start : data.draw(st.integers(start + 1, len(name)))]
    assert set(grams_of_query(part)) <= set(grams(name))
