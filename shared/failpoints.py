"""Points at which a fault test lets a process die; without the setting they do nothing."""

import os
from pathlib import Path

_FOLDER = os.environ.get("DANGJIAN_FAILPOINTS")


def failpoint(name: str) -> None:
    """Die here, once, when a file of that name is in the folder that DANGJIAN_FAILPOINTS names."""
    if not _FOLDER:
        return
    try:
        (Path(_FOLDER) / name).unlink()
    except FileNotFoundError:
        return
    os._exit(137)
