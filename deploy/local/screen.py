"""What a person sees in the terminal: one stream, and how long a step has taken."""

import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import TextIO

_COLOURS = (36, 32, 33, 35, 34, 96, 92, 93, 95, 94)
_SPINNER = "|/-\\"
QUIET_SECONDS = 15.0


class Screen:
    """Writes whole lines from several threads; `quiet` keeps only what a test wants to read."""

    def __init__(self, stream: TextIO | None = None, *, quiet: bool = False) -> None:
        self.stream = stream or sys.stdout
        self.quiet = quiet
        self.tty = self.stream.isatty()
        self._lock = threading.Lock()
        self._colour: dict[str, int] = {}
        self._status = ""

    def say(self, text: str) -> None:
        self.line("dangjian", text)

    def line(self, name: str, text: str) -> None:
        if self.quiet:
            return
        label = f"{name:<13} │ "
        if self.tty:
            colour = self._colour.setdefault(name, _COLOURS[len(self._colour) % len(_COLOURS)])
            label = f"\x1b[{colour}m{label}\x1b[0m"
        with self._lock:
            self._clear()
            self._put(f"{label}{text}\n")

    @contextmanager
    def working(self, what: str) -> Generator[None]:
        """Say what is going on and for how long, until the step ends."""
        started, done = time.monotonic(), threading.Event()
        thread = threading.Thread(target=self._tick, args=(what, started, done), daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
            with self._lock:
                self._clear()
                self._status = ""
        self.say(f"{what}: done in {time.monotonic() - started:.1f} s")

    def _tick(self, what: str, started: float, done: threading.Event) -> None:
        turn = 0
        while not done.wait(0.2 if self.tty else QUIET_SECONDS):
            elapsed = time.monotonic() - started
            if not self.tty:
                self.say(f"{what}: {elapsed:.0f} s so far")
                continue
            turn += 1
            with self._lock:
                self._status = f"{_SPINNER[turn % 4]} {what}: {elapsed:.0f} s"
                self._clear()
                self._put(self._status)

    def _clear(self) -> None:
        if self.tty and self._status:
            self._put("\r\x1b[K")

    def _put(self, text: str) -> None:
        try:
            self.stream.write(text)
            self.stream.flush()
        except (BrokenPipeError, ValueError):
            self.quiet = True
