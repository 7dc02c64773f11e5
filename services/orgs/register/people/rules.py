"""What holds of a person's name, identity number and telephone; pure functions."""

import re
import unicodedata
from datetime import date

from services.orgs.register.divisions.rules import PROVINCES
from shared.validation import RuleBroken

GB11643 = "GB 11643-1999《公民身份号码》"
DEMONSTRATION_REGION = "99"
"""No province has it: numbers that begin with it are invented."""
DEMONSTRATION_PHONE = "100"
"""No subscriber's number begins with it: nobody can be called by mistake."""
EARLIEST = date(1900, 1, 1)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"
_MIDDLE_DOTS = str.maketrans(dict.fromkeys("•‧・･∙⋅．", "·"))
_HAN_SPACE = re.compile(r"(?<=[^\x00-\x7f])\s+(?=[^\x00-\x7f])")
_MOBILE = re.compile(r"1[3-9]\d{9}")
_LANDLINE = re.compile(r"0\d{2,3}\d{7,8}")
_EMAIL = re.compile(r"[a-z0-9._%+-]{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)+")
_DEMONSTRATION = re.compile(r"100\d{8}")


def clean_name(value: str) -> str:
    """One middle dot for all its look-alikes; no spaces between Chinese characters."""
    name = _HAN_SPACE.sub("", value.translate(_MIDDLE_DOTS).strip())
    if not name:
        raise RuleBroken("name-blank", "请填写姓名。")
    if not all(_belongs_in_name(character) for character in name):
        raise RuleBroken(
            "name-characters", "姓名只能包含汉字、字母和间隔号“·”，请按身份证上的写法填写。"
        )
    return name


def _belongs_in_name(character: str) -> bool:
    """Any letter; rare characters of the planes 2 and 3 even where Python's table is older."""
    if character in "·-' ’〇":
        return True
    return 0x20000 <= ord(character) <= 0x3FFFF or unicodedata.category(character)[0] in "LM"


def normalise_id_number(value: str) -> str:
    """Full-width digits and spaces as people paste them."""
    return re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", value)).upper()


def check_id_number(value: str, *, today: date, demo: bool) -> str:
    """The normalised number, or the first rule that it breaks."""
    number = normalise_id_number(value)
    if len(number) != 18:
        raise RuleBroken("id-number-length", "身份证号应为 18 位，请逐位核对。", GB11643)
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
        raise RuleBroken(
            "id-number-characters", "身份证号前 17 位应为数字，末位为数字或 X，请核对。", GB11643
        )
    if number[:2] not in PROVINCES and not (demo and number[:2] == DEMONSTRATION_REGION):
        raise RuleBroken(
            "id-number-region", "身份证号开头的地区代码不存在，请核对前两位。", GB11643
        )
    _check_birth(number[6:14], today)
    if number[17] != id_check_digit(number[:17]):
        raise RuleBroken(
            "id-number-checksum", "身份证号校验位不符，多半有一位写错或两位颠倒，请核对。", GB11643
        )
    return number


def _check_birth(digits: str, today: date) -> None:
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError as error:
        raise RuleBroken(
            "id-number-date", "身份证号中的出生日期不存在，请核对第 7 至 14 位。", GB11643
        ) from error
    if not EARLIEST <= born <= today:
        raise RuleBroken(
            "id-number-year", "身份证号中的出生年份不合理，请核对第 7 至 10 位。", GB11643
        )


def id_check_digit(first: str) -> str:
    """ISO 7064 MOD 11-2 over the first 17 digits."""
    total = sum(int(digit) * weight for digit, weight in zip(first, _WEIGHTS, strict=True))
    return _CHECK_DIGITS[total % 11]


def demonstration_id_number(born: date, serial: int) -> str:
    """An invented number: region 99 does not exist. `serial` counts 0 to 9,999,999."""
    place, order = divmod(serial, 1000)
    first = f"{DEMONSTRATION_REGION}{place:04d}{born:%Y%m%d}{order:03d}"
    return first + id_check_digit(first)


def mask_id_number(number: str) -> str:
    return f"{number[:4]}{'*' * 10}{number[-4:]}"


def check_phone(value: str, *, demo: bool) -> str:
    """A mainland mobile or landline number in digits only."""
    digits = re.sub(r"[\s()（）-]", "", unicodedata.normalize("NFKC", value))
    digits = digits.removeprefix("+86").removeprefix("0086")
    if _MOBILE.fullmatch(digits) or _LANDLINE.fullmatch(digits):
        return digits
    if demo and _DEMONSTRATION.fullmatch(digits):
        return digits
    raise RuleBroken("phone-format", "电话应为 11 位手机号，或带区号的固定电话，请核对。")


def check_email(value: str) -> str:
    address = unicodedata.normalize("NFKC", value).strip().lower()
    if len(address) > 120 or not _EMAIL.fullmatch(address):
        raise RuleBroken("email-format", "电子邮箱格式不正确，请核对。")
    return address


def mask_email(address: str) -> str:
    name, _, domain = address.partition("@")
    return f"{name[:1]}***@{domain}"


def mask_phone(digits: str) -> str:
    kept = 4 if digits.startswith("0") else 3
    return f"{digits[:kept]}{'*' * (len(digits) - kept - 4)}{digits[-4:]}"
