"""The workflows service: the API of cases and tasks, and the dispatcher."""

import asyncio
import base64
from contextlib import AsyncExitStack

import httpx
from fastapi import FastAPI
from temporalio.client import Client

from services.workflows import notices
from services.workflows.cases.actions import on_change
from services.workflows.cases.router import router as cases
from services.workflows.catalogue.router import router as catalogue
from services.workflows.codec import converter
from services.workflows.commands import dispatcher, recount, watch
from services.workflows.commands.dispatcher import Dispatcher
from services.workflows.metadata import IDEMPOTENCY
from services.workflows.monitoring.codec_router import router as codec
from services.workflows.monitoring.router import router as monitoring
from services.workflows.permissions import PERMISSIONS
from services.workflows.settings import WorkflowsSettings
from services.workflows.tasks.delegations import router as delegations
from services.workflows.tasks.lent import load_grants
from services.workflows.tasks.router import router as tasks
from shared import logging
from shared.audit import sealer
from shared.clients.machine import http_of
from shared.clients.orgs import OrgsClient
from shared.copies.access import ready_check
from shared.copies.follower import follower
from shared.problems import Conflict
from shared.service import Service, build

log = logging.logger()
CONSTRAINTS = {
    "uq_commands_task": Conflict(
        "task-already-answered", "该事项的办理意见已记录，正在生效，请稍候查看。"
    ),
    "uq_commands_caller": Conflict("key-in-flight", "同一请求正在处理，请稍候再查询结果。"),
    "uq_claims_exclusive": Conflict(
        "subject-claimed", "该对象已有同类事项正在办理，请先办结或撤回。", field="request"
    ),
}
ROUTERS = (catalogue, cases, tasks, delegations, monitoring, codec)


def create_app(settings: WorkflowsSettings) -> FastAPI:
    return build(
        Service(
            name="workflows",
            settings=settings,
            routers=ROUTERS,
            permissions=PERMISSIONS,
            load_grants=load_grants,
            idempotency_table=IDEMPOTENCY,
            constraints=CONSTRAINTS,
            background=(
                connect,
                follower(on_change=on_change),
                dispatcher.loop,
                watch.loop,
                recount.loop,
                notices.loop,
                sealer(
                    base64.b64decode(settings.audit_key.get_secret_value()), settings.audit_anchor
                ),
            ),
            prepare=prepare,
        )
    )


async def prepare(app: FastAPI, stack: AsyncExitStack) -> None:
    """Clients of the other services, under this service's own machine identity."""
    settings: WorkflowsSettings = app.state.settings
    secret = settings.client_secret.get_secret_value()

    async def opened(url: str) -> httpx.AsyncClient:
        http = http_of(url, issuer=settings.issuer, client_id=settings.client_id, secret=secret)
        return await stack.enter_async_context(http)

    app.state.orgs_http = await opened(settings.orgs_url)
    app.state.notifications_http = await opened(settings.notifications_url)
    app.state.register = OrgsClient(app.state.orgs_http)
    app.state.temporal = None
    app.state.dispatcher = None
    app.state.ready_checks = (ready_check(app),)


async def connect(app: FastAPI) -> None:
    """Temporal may be away when the service starts: commands are recorded meanwhile."""
    settings: WorkflowsSettings = app.state.settings
    while app.state.temporal is None:
        try:
            client = await Client.connect(
                settings.temporal_address,
                namespace=settings.temporal_namespace,
                data_converter=converter(settings.payload_keys),
            )
        except RuntimeError as error:
            log.warning("temporal-away", exc_info=error)
            await asyncio.sleep(1)
            continue
        app.state.dispatcher = Dispatcher(app.state.engine, client, queue=settings.task_queue)
        app.state.temporal = client
