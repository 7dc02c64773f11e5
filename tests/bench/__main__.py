"""`python -m tests.bench [--seconds N] [--write]`: figures as ratios in one run."""

import argparse
import asyncio
import os
import sys
import time
from pathlib import Path

from deploy.local.suite import Suite
from tests import village
from tests.bench import cases, imports, reads, rescue
from tests.bench.report import Report

PAGE = Path("docs/performance.md")


async def run(suite: Suite, *, seconds: float, lanes: int) -> Report:
    report = Report()
    loaded = await village.load(suite.env, members=4000)
    await cases.measure(suite, loaded, report, seconds=seconds, lanes=lanes)
    await reads.measure(suite, loaded, report, seconds=min(seconds, 5))
    await imports.measure(suite, loaded, report)
    await rescue.measure(suite, loaded, report)
    return report


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--lanes", type=int, default=10)
    parser.add_argument("--write", action="store_true", help="write docs/performance.md")
    options = parser.parse_args()
    begun = time.perf_counter()
    with Suite.isolated() as suite:
        first = time.perf_counter() - begun
        report = asyncio.run(run(suite, seconds=options.seconds, lanes=options.lanes))
        suite.down()
        begun = time.perf_counter()
        suite.up()
        again = time.perf_counter() - begun
    report.row("first start of the suite, without the county", f"{first:.1f} s", "", "")
    report.row("second start of the suite", f"{again:.1f} s", "target ≤ 15 s", "")
    text = report.markdown()
    sys.stdout.write(text)
    if options.write:
        PAGE.write_text(text)
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
