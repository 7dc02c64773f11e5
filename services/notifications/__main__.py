"""`python -m services.notifications` serves messages, inbox and deliveries."""

from services.notifications.app import create_app
from services.notifications.settings import NotificationsSettings
from shared import logging
from shared.service import run

if __name__ == "__main__":
    logging.configure("notifications")
    settings = NotificationsSettings()  # pyright: ignore[reportCallIssue]
    run(create_app(settings), settings)
