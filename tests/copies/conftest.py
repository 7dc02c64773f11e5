"""The copy as notifications holds it; workflows has the same tables."""

from tests.notifications.conftest import on, url

__all__ = ["on", "url"]
