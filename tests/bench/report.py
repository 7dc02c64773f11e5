"""Rows of figures with what they are compared with."""

import os
import platform
from dataclasses import dataclass, field

HEAD = """# Performance

Written by `make bench ARGS=--write`. Absolute figures vary with the machine by a factor of two;
the ratios are of one run, both sides on the same servers. Load, size and machine:
"""


@dataclass
class Report:
    rows: list[tuple[str, str, str, str]] = field(default_factory=list[tuple[str, str, str, str]])
    notes: list[str] = field(default_factory=list[str])

    def row(self, what: str, ours: str, against: str, ratio: str) -> None:
        self.rows.append((what, ours, against, ratio))

    def note(self, text: str) -> None:
        self.notes.append(text)

    def markdown(self) -> str:
        cores, load = os.cpu_count(), os.getloadavg()[0]
        lines = [
            HEAD,
            f"{cores} cores, {platform.machine()}, load average {load:.1f} at the end of the run.",
            "",
            "| what | here | compared with | ratio |",
            "|---|---|---|---|",
            *(f"| {' | '.join(row)} |" for row in self.rows),
            "",
            *(f"- {note}" for note in self.notes),
            "",
        ]
        return "\n".join(lines)
