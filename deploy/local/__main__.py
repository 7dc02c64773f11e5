"""`python -m deploy.local up|down|status|reset|rotate`: the embedded suite on this machine."""

import argparse
import os
import shutil
import sys

from deploy.local import environment, orphans
from deploy.local.failure import LocalFailure
from deploy.local.paths import default_state
from deploy.local.ports import Ports
from deploy.local.process import recall
from deploy.local.screen import Screen
from deploy.local.secrets import KEYRINGS, Secrets
from deploy.local.suite import Suite
from deploy.local.supervisor import Supervisor

DOWN_SECONDS = 60.0


def up(options: argparse.Namespace, screen: Screen) -> None:
    suite = Suite(default_state(), Ports.from_environment(), screen=screen)
    suite.overrides = environment.given()
    Supervisor(suite, screen, demo=not options.no_demo).run()


def down(options: argparse.Namespace, screen: Screen) -> None:  # noqa: ARG001
    """Ask the supervisor, then see to what it could not stop."""
    state = default_state()
    if running := orphans.supervisor(state):
        screen.say(f"asking process {running.pid} to stop")
        running.terminate()
        if not orphans.ended(running, DOWN_SECONDS):
            running.kill()
    left = orphans.stop_all(state)
    screen.say(f"stopped {', '.join(left)}" if left else "nothing of the suite runs")


def status(options: argparse.Namespace, screen: Screen) -> None:  # noqa: ARG001
    state = default_state()
    names = [record.stem for record in sorted(state.run.glob("*.json"))]
    for name in names:
        process = recall(state.run / f"{name}.json")
        screen.say(f"{name:<14} {f'process {process.pid}' if process else 'not running'}")
    if not names:
        screen.say("nothing of the suite runs")


def reset(options: argparse.Namespace, screen: Screen) -> None:
    """Remove databases, generated keys, mails and logs; there is no way back."""
    state = default_state()
    if orphans.supervisor(state):
        raise LocalFailure("the suite runs: `make down` first")
    if not state.root.exists():
        screen.say(f"there is no state in {state.root}")
        return
    question = f"Remove every database and key in {state.root}? Type yes: "
    if not options.yes and input(question).strip() != "yes":
        screen.say("nothing was removed")
        return
    orphans.stop_all(state)
    shutil.rmtree(state.postgres.resolve(), ignore_errors=True)
    shutil.rmtree(state.root)
    screen.say(f"removed {state.root}")


def rotate(options: argparse.Namespace, screen: Screen) -> None:  # noqa: ARG001
    """A fresh current key in each keyring; the next start uses it and still reads the old ones."""
    secrets = Secrets(default_state().secrets)
    for name in KEYRINGS:
        screen.say(f"{name}: {secrets.rotate(name)} is current after the next `make up`")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.local", description=__doc__)
    verbs = parser.add_subparsers(required=True)
    for action in (up, down, status, reset, rotate):
        verb = verbs.add_parser(action.__name__, help=(action.__doc__ or "").split("\n")[0])
        verb.set_defaults(action=action)
        if action is up:
            verb.add_argument("--no-demo", action="store_true", help="load no demonstration")
        if action is reset:
            verb.add_argument("--yes", action="store_true", help="do not ask")
    options, screen = parser.parse_args(), Screen()
    try:
        options.action(options, screen)
    except LocalFailure as failure:
        screen.say(str(failure))
        return 1
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)
