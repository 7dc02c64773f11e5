"""`python -m services.workflows` serves the API of cases and tasks."""

from services.workflows.app import create_app
from services.workflows.settings import WorkflowsSettings
from shared import logging
from shared.service import run

if __name__ == "__main__":
    logging.configure("workflows")
    settings = WorkflowsSettings()  # pyright: ignore[reportCallIssue]
    run(create_app(settings), settings)
