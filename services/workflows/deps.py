"""What the routers of this service are handed.

Dependencies are coroutines: FastAPI would run plain functions in a thread, at a cost (measured).
"""

from typing import Annotated

from fastapi import Depends, Request

from services.workflows.register import LocalRegister
from services.workflows.settings import WorkflowsSettings
from shared.web import SessionDep


async def _register(request: Request, session: SessionDep) -> LocalRegister:
    return LocalRegister(request.app.state.register, session)


async def _settings(request: Request) -> WorkflowsSettings:
    return request.app.state.settings


RegisterDep = Annotated[LocalRegister, Depends(_register)]
SettingsDep = Annotated[WorkflowsSettings, Depends(_settings)]
