"""`make up` with the toy service alone, in the folder and on the ports that a test names."""

import os
import sys

from deploy.local.failure import LocalFailure
from deploy.local.paths import default_state
from deploy.local.ports import Ports
from deploy.local.programs import Service
from deploy.local.screen import Screen
from deploy.local.suite import Suite
from deploy.local.supervisor import Supervisor

TOY = (Service("toy", "tests.deploy.toy_service", ("orgs",), "orgs"),)

if __name__ == "__main__":
    screen, code = Screen(), 0
    try:
        suite = Suite(default_state(), Ports.from_environment(), screen=screen, services=TOY)
        Supervisor(suite, screen, demo=False).run()
    except LocalFailure as failure:
        screen.say(str(failure))
        code = 1
    sys.stdout.flush()
    os._exit(code)
