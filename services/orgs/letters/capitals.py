"""Capital numerals (大写) that the letter's form asks for, so that nobody adds a stroke."""

from datetime import date

DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = ("", "拾", "佰", "仟")
GROUPS = ("", "万", "亿", "万亿")


def number(value: int) -> str:
    """A whole number up to 9999 万亿: 105 → 壹佰零伍."""
    if value < 0:
        raise ValueError("capital numerals count from zero")
    if value == 0:
        return DIGITS[0]
    words = ""
    for index, group in reversed(list(enumerate(_groups(value)))):
        if group == 0:
            words = words.rstrip("零") + "零"
            continue
        gap = "零" if words and group < 1000 and not words.endswith("零") else ""
        words += gap + _below_ten_thousand(group) + GROUPS[index]
    return words.rstrip("零")


def digits(value: int, width: int = 0) -> str:
    """Digit by digit, as years are written: 2026 → 贰零贰陆."""
    return "".join(DIGITS[int(figure)] for figure in f"{value:0{width}d}")


def day(value: date) -> str:
    """2026-11-23 → 贰零贰陆年壹拾壹月贰拾叁日."""
    return f"{month(value)}{number(value.day)}日"


def month(value: date) -> str:
    """2026-11-01 → 贰零贰陆年壹拾壹月."""
    return f"{digits(value.year, 4)}年{number(value.month)}月"


def _groups(value: int) -> list[int]:
    groups: list[int] = []
    while value:
        value, low = divmod(value, 10_000)
        groups.append(low)
    return groups


def _below_ten_thousand(value: int) -> str:
    words = ""
    for place in range(3, -1, -1):
        figure = value // 10**place % 10
        if figure:
            words += DIGITS[figure] + PLACES[place]
        elif words and not words.endswith("零"):
            words += "零"
    return words.rstrip("零")
