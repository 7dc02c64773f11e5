"""`python -m deploy.local.fast_forward.walk`: inside the rehearsal's environment and time."""

import asyncio
import os
import sys
from pathlib import Path

from deploy.local.addresses import Addresses
from deploy.local.caller import Refused, opened
from deploy.local.county.__main__ import PASSWORD, load
from deploy.local.county.size import SMALL
from deploy.local.demo.__main__ import introduce, killer, say, slugs
from deploy.local.demo.cast import Casting
from deploy.local.demo.scenes import Scenes
from deploy.local.demo.stage import NotAsExpected, Stage
from deploy.local.fast_forward import days as passing
from deploy.local.fast_forward.scenes import Expiry
from deploy.local.login import LoginFailed
from deploy.local.paths import default_state
from deploy.local.screen import Screen
from deploy.local.secrets import Secrets


async def walk() -> None:
    """A small county, one transfer with the worker killed, then the days."""
    state = default_state()
    await load(state, Screen(), size=SMALL)
    password = Secrets(state.secrets).password(PASSWORD)
    offset = Path(os.environ["DANGJIAN_CLOCK_OFFSET_FILE"])
    async with opened() as http, passing.beginning(offset) as days:
        at = Addresses.from_environment()
        cast = await Casting(at, http, password, slugs(state)).gather()
        stage = Stage(say)
        await stage.read_process(cast.secretary)
        introduce(cast)
        scenes = Scenes(stage, cast, killer(state))
        await scenes.between_committees()
        await Expiry(stage, cast, scenes, days).play()


def main() -> int:
    try:
        asyncio.run(walk())
    except (NotAsExpected, Refused, LoginFailed, TimeoutError) as failure:
        say(f"\n✗ 与预期不符：{type(failure).__name__} {failure}")
        return 1
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)  # a process that used a Temporal client may abort at interpreter exit
