"""What holds of an enterprise; pure functions."""

import unicodedata
from datetime import date

from services.orgs.register.divisions.rules import PROVINCES
from shared.contracts.enterprises import OperatingStatus
from shared.problems import Invalid
from shared.validation import RuleBroken

GB32100 = "GB 32100-2015《法人和其他组织统一社会信用代码编码规则》"
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
DEPARTMENTS = frozenset("123456789ANY")
DEMONSTRATION_PREFIX = "ZZ"
"""No department has it: codes that begin with it are invented. It counts as zero."""
REGIONS = PROVINCES | {"10"}
"""10 is the central registrar."""
_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))


def check_credit_code(value: str, *, demo: bool) -> str:
    """The normalised code, or the first rule that it breaks."""
    code = "".join(unicodedata.normalize("NFKC", value).split()).upper()
    if len(code) != 18:
        raise RuleBroken("credit-code-length", "统一社会信用代码应为 18 位，请逐位核对。", GB32100)
    invented = demo and code.startswith(DEMONSTRATION_PREFIX)
    body = code[2:] if invented else code
    if any(character not in ALPHABET for character in body):
        raise RuleBroken(
            "credit-code-characters",
            "统一社会信用代码只含数字和大写字母，不使用 I、O、S、V、Z，请核对。",
            GB32100,
        )
    if not invented:
        _check_registrar(code)
    if code[17] != credit_check_character(code[:17]):
        raise RuleBroken(
            "credit-code-checksum",
            "统一社会信用代码校验位不符，多半有一位写错或两位颠倒，请核对。",
            GB32100,
        )
    return code


def _check_registrar(code: str) -> None:
    if code[0] not in DEPARTMENTS:
        raise RuleBroken(
            "credit-code-department",
            "统一社会信用代码第 1 位的登记管理部门代码不存在，请核对。",
            GB32100,
        )
    if not (code[2:8].isdigit() and code[2:4] in REGIONS):
        raise RuleBroken(
            "credit-code-division",
            "统一社会信用代码第 3 至 8 位的行政区划代码不存在，请核对。",
            GB32100,
        )


def credit_check_character(first: str) -> str:
    """Modulus 31 with weights 3^n: finds every wrong character and every swapped pair."""
    values = (max(ALPHABET.find(character), 0) for character in first)
    total = sum(value * weight for value, weight in zip(values, _WEIGHTS, strict=True))
    return ALPHABET[-total % 31]


def demonstration_credit_code(serial: int, division: str = "330624") -> str:
    """An invented code: department ZZ does not exist. `serial` counts 0 to 999,999,999."""
    first = f"{DEMONSTRATION_PREFIX}{division}{serial:09d}"
    return first + credit_check_character(first)


def check_dates(status_on: date, today: date, *others: date | None) -> None:
    """What is on record has happened."""
    if any(day is not None and day > today for day in (status_on, *others)):
        raise Invalid("date-in-future", "日期不能晚于今天，请核对。", field="status_on")


def check_coverable(status: OperatingStatus) -> None:
    """A closed enterprise is not covered by anybody (coverage counts those really operating)."""
    if status is OperatingStatus.CLOSED:
        raise Invalid(
            "enterprise-closed", "企业已关停，不能再登记覆盖它的组织。", field="covering_org_id"
        )
