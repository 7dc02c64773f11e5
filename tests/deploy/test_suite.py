"""A suite of a test: isolated, and its parts can be stopped, killed and started with failpoints."""

from urllib.error import URLError
from urllib.request import urlopen

import pytest

from deploy.local.suite import Suite
from tests.databases import SharedServer
from tests.deploy.toy_up import TOY


def failpoint(suite: Suite) -> str:
    with urlopen(suite.url("orgs") + "/readyz", timeout=5) as reply:  # noqa: S310
        return str(reply.read().decode())


def test_a_part_is_killed_and_started_with_a_failpoint(postgres_server: SharedServer) -> None:
    with Suite.isolated(
        shared=postgres_server.server, secrets=postgres_server.secrets, services=TOY
    ) as suite:
        assert failpoint(suite) == ""
        suite.kill("toy")
        with pytest.raises(URLError):
            failpoint(suite)
        suite.start("toy", {"DANGJIAN_FAILPOINT": "after-commit"})
        assert failpoint(suite) == "after-commit"
        suite.stop("toy")
        suite.start("toy")
        assert failpoint(suite) == ""
        folder = suite.state.root
        name = suite.databases.main
    assert not folder.exists()
    assert name not in postgres_server.server.run("SELECT datname FROM pg_database")
