"""What every activity needs: one translation of refusals."""

from collections.abc import Generator
from contextlib import contextmanager

from temporalio.exceptions import ApplicationError

from shared.problems import Problem, TooMany, Unavailable


@contextmanager
def refusals_are_final() -> Generator[None]:
    """A 4xx ends the activity with its code; anything else is Temporal's to retry."""
    try:
        yield
    except (Unavailable, TooMany) as problem:
        raise ApplicationError(problem.code, type=problem.code) from None
    except Problem as problem:
        busy = problem.code == "key-in-flight"
        raise ApplicationError(problem.code, type=problem.code, non_retryable=not busy) from None
