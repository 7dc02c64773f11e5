"""`make demo`: walks the transfer through the public API of a running suite, and checks it."""

import asyncio
import os
import re
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from deploy.local import orphans
from deploy.local.addresses import Addresses
from deploy.local.caller import Person, Refused, opened
from deploy.local.county.__main__ import PASSWORD
from deploy.local.county.plan import MAIL
from deploy.local.demo import checks
from deploy.local.demo.cast import Cast, Casting
from deploy.local.demo.scenes import Scenes
from deploy.local.demo.stage import NotAsExpected, Stage
from deploy.local.failure import LocalFailure
from deploy.local.login import LoginFailed
from deploy.local.paths import State, default_state
from deploy.local.process import recall
from deploy.local.secrets import Secrets

Kill = Callable[[], Awaitable[None]]


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def slugs(state: State) -> list[str]:
    """The committees that have a clerk, from the list of accounts."""
    if not state.demo_accounts.exists():
        raise LocalFailure("there is no demonstration county yet: start the suite with `make up`")
    found = re.findall(r"^clerk\.([a-z0-9]+)", state.demo_accounts.read_text(), re.MULTILINE)
    # The first is the work committee of non-public enterprises; a street comes before it.
    return found[1:] + found[:1]


async def walk(state: State, at: Addresses, kill: Kill) -> Cast:
    """The whole demonstration. Errors: NotAsExpected, Refused, LoginFailed."""
    before = len(list(state.mail.glob("*.eml")))
    password = Secrets(state.secrets).password(PASSWORD)
    async with opened() as http:
        cast = await Casting(at, http, password, slugs(state)).gather()
        stage = Stage(say)
        await stage.read_process(cast.secretary)
        introduce(cast)
        member = await cast.secretary.caller.get("orgs", f"/v1/members/{cast.movers[3]}")
        await Scenes(stage, cast, kill).play()
        await checks.mailed(stage, state.mail, f"{cast_login(cast)}@{MAIL}", member["name"], before)
    return cast


def introduce(cast: Cast) -> None:
    say("出场的人（示例数据；每人只有一项授权，均以授权码流程登录）：")
    for actor in cast.people:
        assert isinstance(actor.caller, Person)  # noqa: S101
        say(f"  {actor.caller.login:<22}{actor.title}{actor.name}  {actor.org_name}")
    say(f"  {'client_credentials':<22}{cast.portal.title}  {cast.portal.org_name}")


def cast_login(cast: Cast) -> str:
    """The organiser was asked for rulings, and hears of it by e-mail too."""
    assert isinstance(cast.organiser.caller, Person)  # noqa: S101
    return cast.organiser.caller.login


def killer(state: State) -> Kill:
    """SIGKILL to the worker; the supervisor of `make up` starts it again."""

    async def kill() -> None:
        worker = recall(_record(state))
        if worker is None:
            raise LocalFailure("no worker runs: start the suite with `make up`")
        os.killpg(worker.pid, signal.SIGKILL)
        say(f"     ⚡ kill -9 流程进程 {worker.pid}")

    return kill


def _record(state: State) -> Path:
    return state.run / "worker.json"


def must_run(state: State) -> None:
    if orphans.supervisor(state) is None:
        raise LocalFailure("the suite does not run: start it with `make up`")


async def main() -> int:
    state, begun = default_state(), time.monotonic()
    try:
        must_run(state)
        await walk(state, Addresses.from_environment(), killer(state))
    except LocalFailure as failure:
        say(str(failure))
        return 1
    except (NotAsExpected, Refused, LoginFailed, TimeoutError) as failure:
        say(f"\n✗ 与预期不符：{type(failure).__name__} {failure}")
        return 1
    say(f"\n✓ 全部符合预期（{time.monotonic() - begun:.0f} 秒）")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
