"""What the routers of this service are handed."""

from typing import Annotated

from fastapi import Depends, Request
from temporalio.client import Client

from services.workflows.settings import WorkflowsSettings
from shared.clients.orgs import OrgsClient
from shared.problems import Unavailable


def _register(request: Request) -> OrgsClient:
    return request.app.state.register


def _settings(request: Request) -> WorkflowsSettings:
    return request.app.state.settings


def _temporal(request: Request) -> Client:
    client: Client | None = request.app.state.temporal
    if client is None:
        raise Unavailable("temporal-away", "流程引擎暂时不可用，请稍后重试。", retry_after=5)
    return client


RegisterDep = Annotated[OrgsClient, Depends(_register)]
SettingsDep = Annotated[WorkflowsSettings, Depends(_settings)]
TemporalDep = Annotated[Client, Depends(_temporal)]
