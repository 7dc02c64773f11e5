"""The Temporal servers of tests and of `make up`, and how their programs are found."""

from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from deploy.local import temporal_cli, time_skipping
from deploy.local.failure import LocalFailure
from deploy.local.screen import Screen
from deploy.local.temporal import DevServer

QUIET = Screen(quiet=True)


async def test_closed_cases_stay_for_thirty_days(temporal_dev_server: DevServer) -> None:
    client = await Client.connect(temporal_dev_server.address)
    reply = await client.workflow_service.describe_namespace(
        DescribeNamespaceRequest(namespace="default")
    )
    kept = reply.config.workflow_execution_retention_ttl.ToTimedelta()
    assert kept == timedelta(days=30)


async def test_ninety_days_pass_at_once(temporal_time_skipping: WorkflowEnvironment) -> None:
    before = await temporal_time_skipping.get_current_time()
    await temporal_time_skipping.sleep(timedelta(days=90))
    after = await temporal_time_skipping.get_current_time()
    assert timedelta(days=90) <= after - before < timedelta(days=90, minutes=1)


def test_state_of_another_server_version_is_refused(tmp_path: Path) -> None:
    server = DevServer(Path("temporal"), tmp_path, 1)
    server.check_version()
    server.check_version()
    (tmp_path / "server-version").write_text("1.2.3")
    with pytest.raises(LocalFailure, match=r"was written by Temporal server 1\.2\.3"):
        server.check_version()


def cli(folder: Path, version: str) -> Path:
    """A program that says it is the CLI with that server."""
    program = folder / "temporal"
    program.write_text(f"#!/bin/sh\necho 'temporal version 9.9.9 (Server {version}, UI 1.0.0)'\n")
    program.chmod(0o755)
    return program


def test_the_cli_of_the_setting_must_have_the_pinned_server(tmp_path: Path) -> None:
    given = cli(tmp_path, "1.0.0")
    with pytest.raises(LocalFailure, match=r"server 1\.0\.0; this release needs 1\.29\.1"):
        temporal_cli.find(QUIET, {"DANGJIAN_TEMPORAL_CLI": str(given)})
    given = cli(tmp_path, "1.29.1")
    assert temporal_cli.find(QUIET, {"DANGJIAN_TEMPORAL_CLI": str(given)}) == given


@pytest.mark.parametrize(("version", "taken"), [("1.29.1", True), ("1.28.0", False)])
def test_the_cli_on_path_is_taken_only_with_the_pinned_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, taken: bool
) -> None:
    on_path, cached = tmp_path / "bin", tmp_path / "cache/dangjian/temporal-cli/1.29.1/temporal"
    on_path.mkdir()
    cached.parent.mkdir(parents=True)
    cached.touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    expected = cli(on_path, version) if taken else cached
    cli(on_path, version)
    assert temporal_cli.find(QUIET, {"PATH": str(on_path)}) == expected


def test_a_changed_or_missing_jar_is_refused(tmp_path: Path) -> None:
    (tmp_path / "temporal-sdk-1.32.0.jar").write_bytes(b"other")
    with pytest.raises(LocalFailure, match=r"temporal-sdk-1\.32\.0\.jar"):
        time_skipping.check(tmp_path)
