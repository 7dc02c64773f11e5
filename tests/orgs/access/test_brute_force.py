"""Guessing passwords is slow for whoever guesses, and locks nobody else out."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from httpx import ASGITransport, AsyncClient, Response
from pyotp.totp import TOTP

from services.orgs.access.accounts import rules
from shared import clock
from shared.access import Role
from tests.orgs.access.conftest import ISSUER, PASSWORD, House
from tests.orgs.access.test_code_flow import ASKED, submit

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # noqa: S105


def at(house: House, address: str) -> AsyncClient:
    transport = ASGITransport(app=house.app, client=(address, 40000))
    return AsyncClient(transport=transport, base_url=ISSUER)


async def attempt(http: AsyncClient, login: str, password: str) -> Response:
    page = await http.get("/oauth2/authorize", params=ASKED | {"prompt": "login"})
    return await submit(http, page, login=login, password=password)


@pytest.mark.parametrize("known", [True, False])
async def test_after_five_wrong_passwords_the_source_waits_known_or_not(
    house: House, known: bool
) -> None:
    login = (await house.account()).login if known else "nobody-here"
    async with at(house, f"10.1.{int(known)}.1") as http:
        answers = [await attempt(http, login, "wrong") for _ in range(7)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 2
    assert len({re.sub(r'nonce.*?"', "", re.findall("<p class=.wrong.*?</p>", a.text)[0])
                for a in answers[:5]}) == 1  # fmt: skip
    assert int(answers[5].headers["retry-after"]) >= 1


async def test_a_thousand_guesses_lock_out_one_address_and_no_victim(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim = await house.account()
    async with at(house, "10.2.0.1") as known, at(house, "10.2.0.2") as attacker:
        assert (await attempt(known, victim.login, PASSWORD)).status_code == 303
        tried = 0
        for minutes in range(1000):
            moved = datetime.now(UTC) + timedelta(seconds=10 * minutes)
            monkeypatch.setattr(clock, "now", lambda moved=moved: moved)
            if minutes % 50 == 0 or minutes < 10:
                tried += (await attempt(attacker, victim.login, "guess")).status_code == 401
        assert tried < 30
        assert (await attempt(attacker, victim.login, PASSWORD)).status_code == 429
        assert (await attempt(known, victim.login, PASSWORD)).status_code == 303
    async with at(house, "10.2.0.3") as elsewhere:
        assert (await attempt(elsewhere, victim.login, PASSWORD)).status_code == 303


async def test_a_device_that_logged_in_before_passes_from_the_attackers_own_address(
    house: House,
) -> None:
    victim = await house.account()
    async with at(house, "10.3.0.1") as victims, at(house, "10.3.0.1") as attacker:
        assert (await attempt(victims, victim.login, PASSWORD)).status_code == 303
        guesses = [await attempt(attacker, victim.login, "guess") for _ in range(7)]
        assert guesses[-1].status_code == 429
        assert (await attempt(victims, victim.login, PASSWORD)).status_code == 303


async def test_a_security_administrator_lets_everyone_try_again(house: House) -> None:
    admin = await house.caller((Role.SECURITY_ADMIN, house.tree.county.id))
    victim = await house.account()
    async with at(house, "10.4.0.1") as http:
        for _ in range(6):
            await attempt(http, victim.login, "guess")
        unlocked = await house.post(f"/v1/accounts/{victim.id}/unlock", admin)
        assert unlocked.body["failed_attempts"] == 0
        assert (await attempt(http, victim.login, PASSWORD)).status_code == 303


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 0), (4, 0), (5, 1), (6, 2), (10, 32), (15, 900), (10**6, 900)]
)
def test_the_wait_doubles_up_to_a_quarter_of_an_hour(failures: int, seconds: int) -> None:
    assert rules.wait_of("digest", failures) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("host", "source"),
    [
        ("192.0.2.7", "address:192.0.2.7"),
        ("::ffff:192.0.2.7", "address:192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "address:2001:db8:1:2::/64"),
        ("not-an-address", "address:unknown"),
    ],
)
def test_one_attacker_is_one_address_or_one_ipv6_network(host: str, source: str) -> None:
    assert rules.address_source(host) == source


def test_a_code_counts_one_step_either_side_and_once() -> None:
    now = datetime(2026, 3, 1, 8, 0, 10, tzinfo=UTC)
    otp = TOTP(SECRET)
    step = int(now.timestamp()) // 30
    for offset, accepted in ((-2, False), (-1, True), (0, True), (1, True), (2, False)):
        code = otp.generate_otp(step + offset)
        found = rules.accepted_step(SECRET, code, at=now, used=0)
        assert (found is not None) is accepted, offset
    again = rules.accepted_step(SECRET, otp.generate_otp(step), at=now, used=step)
    assert again is None


@pytest.mark.parametrize(
    "password", ["short-1", "zhangsan-2026", "aaaaaaaaaa1", "abcdefghijk", "x" * 200]
)
def test_a_weak_password_is_refused_with_a_reason(password: str) -> None:
    assert rules.password_fault(password, login="zhangsan")
