"""TR06: amounts and dates on the letter stand in capital numerals (大写)."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.orgs.letters import capitals

PLACES = {"拾": 10, "佰": 100, "仟": 1000}
GROUPS = {"万": 10_000, "亿": 100_000_000}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "零"),
        (1, "壹"),
        (10, "壹拾"),
        (15, "壹拾伍"),
        (20, "贰拾"),
        (30, "叁拾"),
        (90, "玖拾"),
        (100, "壹佰"),
        (105, "壹佰零伍"),
        (110, "壹佰壹拾"),
        (500, "伍佰"),
        (1005, "壹仟零伍"),
        (1050, "壹仟零伍拾"),
        (10_000, "壹万"),
        (10_005, "壹万零伍"),
        (20_500, "贰万零伍佰"),
        (100_000_000, "壹亿"),
        (100_000_001, "壹亿零壹"),
        (120_003_400, "壹亿贰仟万叁仟肆佰"),
    ],
)
def test_numbers(value: int, words: str) -> None:
    assert capitals.number(value) == words


def test_dates_name_year_by_digits_and_month_and_day_as_numbers() -> None:
    assert capitals.day(date(2026, 11, 3)) == "贰零贰陆年壹拾壹月叁日"
    assert capitals.day(date(2030, 10, 20)) == "贰零叁零年壹拾月贰拾日"
    assert capitals.month(date(2026, 1, 1)) == "贰零贰陆年壹月"


def test_there_is_no_capital_numeral_below_zero() -> None:
    with pytest.raises(ValueError, match="zero"):
        capitals.number(-1)


@given(st.integers(min_value=1, max_value=999_999_999_999))
def test_every_number_reads_back(value: int) -> None:
    words = capitals.number(value)
    assert _read(words) == value
    assert "零零" not in words
    assert not words.endswith("零")


def _read(words: str) -> int:
    total = group = figure = 0
    for word in words:
        if word in PLACES:
            group, figure = group + figure * PLACES[word], 0
        elif word in GROUPS:
            total, group, figure = total + (group + figure) * GROUPS[word], 0, 0
        else:
            figure = capitals.DIGITS.index(word)
    return total + group + figure
