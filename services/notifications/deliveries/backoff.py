"""When a failed delivery is tried again: doubling pauses with jitter, and an end."""

import secrets
from datetime import timedelta

FIRST_SECONDS = 5.0
LONGEST_SECONDS = 3600.0
_SPREAD = 1000


def pause(attempt: int) -> timedelta:
    """After the given attempt (1, 2, …): between half and all of the doubled pause.

    The jitter keeps thousands that failed together from coming back together.
    """
    full = min(FIRST_SECONDS * 2 ** (attempt - 1), LONGEST_SECONDS)
    share = 0.5 + secrets.randbelow(_SPREAD + 1) / _SPREAD / 2
    return timedelta(seconds=full * share)
