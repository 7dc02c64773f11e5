"""`make demo` from end to end: a small county, the real servers, the worker killed on the way."""

import pytest

from deploy.local.addresses import Addresses
from deploy.local.county.__main__ import load
from deploy.local.county.size import SMALL
from deploy.local.demo.__main__ import walk
from deploy.local.screen import Screen
from deploy.local.suite import Suite


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_the_demonstration_ends_as_the_rules_say(
    suite: Suite, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in suite.env.items():
        monkeypatch.setenv(name, value)
    await load(suite.state, Screen(quiet=True), size=SMALL)

    async def kill() -> None:
        suite.kill("worker")
        suite.restart("worker")

    await walk(suite.state, Addresses.from_environment(suite.env), kill)
    told = capsys.readouterr().out
    assert told.count("━━") == 10
    assert "恰好一条" in told
    accounts = suite.state.demo_accounts
    assert accounts.stat().st_mode & 0o777 == 0o600
