"""What must hold of accounts, passwords and attempts to log in."""

import hashlib
import ipaddress
import re
import unicodedata
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from pyotp.totp import TOTP
from pyotp.utils import strings_equal

from shared.access import Access, Role
from shared.problems import Forbidden
from shared.validation import RuleBroken

LOGIN = re.compile(r"^[a-z0-9][a-z0-9._-]{2,39}$")
MIN_PASSWORD = 10
MAX_PASSWORD = 128
INITIAL_LASTS = timedelta(days=7)
TRUST_LASTS = timedelta(days=180)
FREE_ATTEMPTS = 5
"""Wrong passwords of one source on one account before it has to wait."""
FREE_ATTEMPTS_OF_ADDRESS = 50
"""Wrong passwords of one address on any account."""
LONGEST_WAIT = timedelta(minutes=15)
LONGEST_WAIT_OF_ADDRESS = timedelta(minutes=1)
FORGET_AFTER = timedelta(hours=12)
FORGET_ADDRESS_AFTER = timedelta(minutes=15)
"""Sooner: a whole office may share one address."""
ANY_LOGIN = "*"
TOTP_SECONDS = 30


def normal_login(login: str) -> str:
    return unicodedata.normalize("NFKC", login).strip().lower()


def check_login(login: str) -> str:
    normal = normal_login(login)
    if not LOGIN.match(normal):
        raise RuleBroken(
            "login-form", "登录名为 3 至 40 位小写字母、数字或 . _ -，以字母或数字开头。"
        )
    return normal


def password_fault(password: str, *, login: str) -> str | None:
    """Why a password may not be used, as a sentence; None when it may."""
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        return f"密码应为 {MIN_PASSWORD} 至 {MAX_PASSWORD} 个字符。"
    if login in password.lower():
        return "密码不能包含登录名，请换一个。"
    if len(set(password)) < 6:
        return "密码过于简单，至少包含 6 个不同的字符。"
    kinds = sum(bool(re.search(kind, password)) for kind in ("[a-z]", "[A-Z]", "[0-9]", r"[\W_]"))
    if kinds < 2:
        return "密码过于简单，请至少使用字母、数字、符号中的两类。"
    return None


def wait(failures: int, *, free: int, longest: timedelta) -> timedelta:
    """Doubles with every failure beyond the free ones: 1 s, 2 s, 4 s … up to the longest."""
    if failures < free:
        return timedelta()
    return min(timedelta(seconds=2 ** min(failures - free, 20)), longest)


def wait_of(source_login: str, failures: int) -> timedelta:
    if source_login == ANY_LOGIN:
        return wait(failures, free=FREE_ATTEMPTS_OF_ADDRESS, longest=LONGEST_WAIT_OF_ADDRESS)
    return wait(failures, free=FREE_ATTEMPTS, longest=LONGEST_WAIT)


def forgotten(source_login: str, since_last: timedelta) -> bool:
    after = FORGET_ADDRESS_AFTER if source_login == ANY_LOGIN else FORGET_AFTER
    return since_last > after


def login_digest(login: str) -> str:
    return hashlib.sha256(normal_login(login).encode()).hexdigest()


def address_source(host: str) -> str:
    """One IPv4 address or one IPv6 /64: what one attacker has."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "address:unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return f"address:{address.ipv4_mapped}"
        return f"address:{ipaddress.ip_network((address, 64), strict=False)}"
    return f"address:{address}"


def accepted_step(secret: str, code: str, *, at: datetime, used: int) -> int | None:
    """The time step a code belongs to, one either side; None when wrong or used already."""
    otp = TOTP(secret, interval=TOTP_SECONDS)
    present = int(at.timestamp()) // TOTP_SECONDS
    for step in (present - 1, present, present + 1):
        if step > used and strings_equal(otp.generate_otp(step), code.strip()):
            return step
    return None


def must_look_after(access: Access, home: str) -> None:
    """Accounts are looked after by the security administrators at or above their organisation."""
    access.must_cover(home, Role.SECURITY_ADMIN)


def must_not_be_own(access: Access, account_id: UUID) -> None:
    if str(account_id) == access.principal.account_id:
        raise Forbidden("own-account", "不能重置或停用自己的账号，请由另一位安全管理员办理。")


def must_outrank(access: Access, paths: Collection[str]) -> None:
    """A new password is a way in: it takes reach over everything that the account may do."""
    if not all(access.covers(path, {Role.SECURITY_ADMIN}) for path in paths):
        raise Forbidden(
            "account-outranks", "该账号在您的管理范围以外另有授权，请由上级安全管理员办理。"
        )
