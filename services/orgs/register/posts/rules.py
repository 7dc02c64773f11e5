"""What holds of posts and terms; pure functions."""

from datetime import date

from shared.problems import Invalid


def check_period(began: date, ended: date, field: str) -> None:
    if ended < began:
        raise Invalid("end-before-begin", "结束日期早于开始日期，请核对。", field=field)


def check_held_from(held_from: date, today: date) -> None:
    if held_from > today:
        raise Invalid("date-in-future", "任职日期不能晚于今天，请核对。", field="held_from")


def check_term(term_from: date, term_to: date) -> None:
    if term_to <= term_from:
        raise Invalid("end-before-begin", "届满日期应晚于任期开始日期，请核对。", field="term_to")
