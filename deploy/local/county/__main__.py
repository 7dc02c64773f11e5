"""`python -m deploy.local.county`: the demonstration county, once, into a running suite."""

import asyncio
import os
import sys
import time
from datetime import date

from deploy.local.addresses import Addresses
from deploy.local.caller import opened
from deploy.local.county import loading, places, plan
from deploy.local.county.opening import Opening
from deploy.local.county.plan import MAIL, County
from deploy.local.county.size import FULL, Size
from deploy.local.county.staff import PORTAL, listing
from deploy.local.county.transfers import planned
from deploy.local.paths import State, default_state
from deploy.local.screen import Screen
from deploy.local.secrets import Secrets
from services.orgs.settings import OrgsSettings
from shared import clock

PASSWORD = "demo-accounts"  # noqa: S105 - the name of the file that holds it


async def load(state: State, screen: Screen, *, size: Size = FULL) -> County:
    """Loads whatever is missing; the services must be running."""
    begun = time.monotonic()

    def say(text: str) -> None:
        screen.say(f"[{time.monotonic() - begun:5.1f} 秒] {text}")

    password = Secrets(state.secrets).password(PASSWORD)
    day = _day(state)
    county = plan.make(places.chosen(), day, size=size)
    say(f"{county.places.name}（示例数据）已编成")
    settings = OrgsSettings()  # pyright: ignore[reportCallIssue]
    if not await loading.load(county, settings, password, say):
        say("登记库中已有组织，不再载入")
    await loading.analyse(os.environ["DANGJIAN_ORGS_OWNER_URL"])
    _write(state, county, password)
    async with opened() as http:
        opening = Opening(county, Addresses.from_environment(), http, password, day)
        await opening.services_know_everyone()
        say("各服务已取得组织与权限")
        portal = await opening.register_portal()
        _note_portal(state, portal.client_id, portal.secret)
        if size.transfers:
            await opening.open_all(planned(county, size.transfers, day), say)
    say("示例县载入完毕")
    return county


def _day(state: State) -> date:
    """The day for which the county is made: a load that was broken off goes on with the same."""
    kept = state.root / "demo-day"
    if not kept.exists():
        kept.write_text(clock.today().isoformat())
    return date.fromisoformat(kept.read_text())


def _write(state: State, county: County, password: str) -> None:
    text = listing(county.staff, county.tree, password, MAIL)
    _closed_file(state, text)


def _note_portal(state: State, client_id: str, secret: str) -> None:
    text = state.demo_accounts.read_text()
    _closed_file(state, f"{text}{PORTAL}（系统接口） client_id={client_id} secret={secret}\n")


def _closed_file(state: State, text: str) -> None:
    """Only its owner may read it."""
    fresh = state.demo_accounts.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(text)
    fresh.replace(state.demo_accounts)


if __name__ == "__main__":
    asyncio.run(load(default_state(), Screen()))
    sys.stdout.flush()
