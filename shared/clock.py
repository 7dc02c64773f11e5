"""The only clock outside workflows; a rehearsal may move it by a file that names an offset."""

import os
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
_OFFSET_FILE = os.environ.get("DANGJIAN_CLOCK_OFFSET_FILE")


def now() -> datetime:
    """The present instant, aware, UTC."""
    return datetime.now(UTC) + _offset()  # noqa: TID251


def today() -> date:
    """The date that people in Asia/Shanghai would write."""
    return now().astimezone(SHANGHAI).date()


def local_date(instant: datetime) -> date:
    return instant.astimezone(SHANGHAI).date()


def end_of_day(day: date) -> datetime:
    """A period lapses at the end of its last day in Asia/Shanghai."""
    following = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI) + timedelta(days=1)
    return following.astimezone(UTC)


def _offset() -> timedelta:
    if not _OFFSET_FILE:
        return timedelta()
    tick = int(time.monotonic() * 10)
    if _read.tick != tick:
        path = Path(_OFFSET_FILE)
        seconds = float(path.read_text()) if path.exists() else 0.0
        _read.tick, _read.offset = tick, timedelta(seconds=seconds)
    return _read.offset


class _Read:
    """The file is looked at ten times a second at most: the clock is asked far more often."""

    tick = -1
    offset = timedelta()


_read = _Read()
