"""What stops the embedded suite for a reason that a person can mend."""


class LocalFailure(Exception):
    """One sentence that says what is wrong and what to do next."""
