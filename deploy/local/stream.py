"""One log stream: follows the file of every process and puts its name before each line."""

import os
import threading
from pathlib import Path

from deploy.local.screen import Screen

POLL_SECONDS = 0.1
LARGEST = 32 * 1024 * 1024


class Stream:
    """Follows a folder's logs from now on; a file that grew too large starts again."""

    def __init__(self, folder: Path, screen: Screen) -> None:
        self.folder = folder
        self.screen = screen
        self._read: dict[Path, int] = {p: p.stat().st_size for p in folder.glob("*.log")}
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._end.set()
        self._thread.join()

    def _follow(self) -> None:
        while not self._end.wait(POLL_SECONDS):
            self._round()
        self._round()

    def _round(self) -> None:
        for path in sorted(self.folder.glob("*.log")):
            self._new_lines(path)

    def _new_lines(self, path: Path) -> None:
        """Whole lines only: half a line waits for its end."""
        with path.open("rb") as log:
            log.seek(self._read.get(path, 0))
            text = log.read()
        whole = text[: text.rfind(b"\n") + 1]
        for line in whole.decode(errors="replace").splitlines():
            self.screen.line(path.stem, line)
        self._read[path] = self._read.get(path, 0) + len(whole)
        if self._read[path] > LARGEST:
            os.truncate(path, 0)
            self._read[path] = 0
