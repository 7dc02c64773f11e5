"""`make fast-forward`: a second, isolated suite in which a 90-day letter expires at once."""

import subprocess
import sys
import time

from deploy.local import environment
from deploy.local.failure import LocalFailure
from deploy.local.fast_forward.rehearsal import Rehearsal
from deploy.local.paths import REPOSITORY
from deploy.local.screen import Screen
from deploy.local.suite import Suite

WALK = "deploy.local.fast_forward.walk"
WATCH_SECONDS = 0.2


def rehearse(screen: Screen) -> int:
    """The walk runs in a process of its own, for its clock is the rehearsal's."""
    suite = Rehearsal.isolated()
    suite.screen = screen
    try:
        with screen.working("starting a second, isolated suite on the time-skipping server"):
            suite.up()
        walk = subprocess.Popen(
            [sys.executable, "-m", WALK], env=environment.everything(suite.env), cwd=REPOSITORY
        )
        try:
            return _watched(suite, walk)
        finally:
            walk.kill()
            walk.wait()
    finally:
        suite.close()


def _watched(suite: Suite, walk: subprocess.Popen[bytes]) -> int:
    """Starts again whatever the walk kills."""
    while walk.poll() is None:
        time.sleep(WATCH_SECONDS)
        for name, child in suite.children.items():
            if not child.alive:
                suite.screen.say(f"{name} ended; starting it again")
                suite.restart(name)
    return walk.returncode


def main() -> int:
    screen, begun = Screen(), time.monotonic()
    try:
        code = rehearse(screen)
    except LocalFailure as failure:
        screen.say(str(failure))
        return 1
    except KeyboardInterrupt:
        return 130
    verdict = "✓ 全部符合预期" if code == 0 else "✗ 与预期不符"
    screen.say(f"{verdict}（{time.monotonic() - begun:.0f} 秒）")
    return code


if __name__ == "__main__":
    sys.exit(main())
