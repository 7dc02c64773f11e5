"""`python -m services.orgs` serves the register."""

from services.orgs.app import create_app
from services.orgs.settings import OrgsSettings
from shared import logging
from shared.service import run

if __name__ == "__main__":
    logging.configure("orgs")
    settings = OrgsSettings()  # pyright: ignore[reportCallIssue]
    run(create_app(settings), settings)
