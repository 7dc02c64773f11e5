"""Builds a FastAPI service: problems as JSON, health, readiness, metrics."""

import asyncio
import base64
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import Table, text
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.exceptions import HTTPException as StarletteError

from shared import logging, validation
from shared.auth import Verifier
from shared.database import engine
from shared.idempotency import body_key
from shared.measured import Measured, problem_response
from shared.permissions import Permission
from shared.problems import Conflict, Invalid, NotFound, Problem, Unavailable
from shared.settings import ServiceSettings
from shared.web import LoadGrants

log = logging.logger()
Background = Callable[[FastAPI], Awaitable[None]]


@dataclass(frozen=True)
class Service:
    """What distinguishes one service from the next."""

    name: str
    settings: ServiceSettings
    routers: Sequence[APIRouter]
    permissions: Mapping[tuple[str, str], Permission]
    load_grants: LoadGrants
    idempotency_table: Table
    constraints: Mapping[str, Problem] = field(default_factory=dict[str, Problem])
    """Constraint name → the problem that a violation means."""
    background: Sequence[Background] = ()
    """Loops that run for as long as the service does."""
    prepare: Callable[[FastAPI, AsyncExitStack], Awaitable[None]] | None = None


def build(service: Service) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with AsyncExitStack() as stack:
            state = app.state
            state.engine = engine(
                service.settings.database_url, pool_size=service.settings.pool_size
            )
            stack.push_async_callback(state.engine.dispose)
            verifier = Verifier(issuer=service.settings.issuer, audience=service.settings.audience)
            stack.push_async_callback(verifier.close)
            state.verifier = getattr(state, "verifier", None) or verifier
            if service.prepare:
                await service.prepare(app, stack)
            tasks = [asyncio.ensure_future(loop(app)) for loop in service.background]
            stack.push_async_callback(_stop, tasks)
            yield

    app = FastAPI(title=f"dangjian {service.name}", version="1", lifespan=lifespan)
    _remember(app, service)
    for router in service.routers:
        app.include_router(router)
    _add_handlers(app, service)
    _add_plumbing(app, service)
    return app


def _remember(app: FastAPI, service: Service) -> None:
    """What `shared.web.Route` needs of its service with every request."""
    app.state.service = service
    app.state.settings = service.settings
    app.state.permissions = {**service.permissions}
    app.state.load_grants = service.load_grants
    app.state.idempotency_table = service.idempotency_table
    audit_key = base64.b64decode(service.settings.audit_key.get_secret_value())
    app.state.body_key = body_key(audit_key, service.name)


async def _stop(tasks: Sequence[asyncio.Future[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _add_handlers(app: FastAPI, service: Service) -> None:
    async def on_problem(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, Problem)  # noqa: S101
        return problem_response(error)

    async def on_invalid(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)  # noqa: S101
        return problem_response(validation.as_problem(error.errors()))

    async def on_http(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, StarletteError)  # noqa: S101
        if error.status_code == 404:
            return problem_response(NotFound("no-route", "没有这个地址，请核对接口文档。"))
        return JSONResponse(
            Problem(f"http-{error.status_code}", "请求方式不受支持，请核对接口文档。").as_json()
            | {"status": error.status_code},
            status_code=error.status_code,
            media_type="application/problem+json",
        )

    async def on_database(_: Request, error: Exception) -> JSONResponse:
        return problem_response(database_problem(error, service.constraints))

    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(StarletteError, on_http)
    for kind in (DBAPIError, PoolTimeout, OSError, TimeoutError):
        app.add_exception_handler(kind, on_database)


def database_problem(error: Exception, constraints: Mapping[str, Problem]) -> Problem:
    """A violated constraint is the caller's conflict; a lost connection is ours."""
    if isinstance(error, IntegrityError):
        name = getattr(getattr(error.orig, "__cause__", None), "constraint_name", None)
        known = constraints.get(str(name))
        return known or Conflict("conflict", "与已有记录冲突，请刷新后核对再提交。")
    if isinstance(error, DBAPIError) and not isinstance(error, OperationalError | InterfaceError):
        state = str(getattr(error.orig, "sqlstate", "") or "")
        if state.startswith("22"):
            return Invalid("value-refused", "有内容超出允许的范围，请核对后再提交。")
        if state == "42501":
            return NotFound("not-found", "没有找到该记录，或您无权查看。")
        if not state.startswith(("08", "57", "53", "40", "55")):
            log.error("database", exc_info=error, sqlstate=state)
            return Unavailable("internal", "系统内部错误，已记录，请稍后重试。", retry_after=30)
    return Unavailable(
        "database-away", "数据库暂时不可用，请稍后重试，已提交的内容不会丢失。", retry_after=5
    )


def _add_plumbing(app: FastAPI, service: Service) -> None:
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    async def readyz() -> JSONResponse:
        problem = await _unready(app.state.engine)
        for check in getattr(app.state, "ready_checks", ()):
            problem = problem or await check()
        return JSONResponse(
            {"status": "unavailable", "reason": problem} if problem else {"status": "ready"},
            status_code=503 if problem else 200,
        )

    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    for path, endpoint in (("/healthz", healthz), ("/readyz", readyz), ("/metrics", metrics)):
        app.add_api_route(path, endpoint, include_in_schema=False)
    app.add_middleware(Measured, service=service.name)


async def _unready(on: AsyncEngine) -> str | None:
    """The app role must not be able to pass row security."""
    try:
        async with on.connect() as connection:
            row = (
                await connection.execute(
                    text("select rolsuper or rolbypassrls from pg_roles where rolname=current_user")
                )
            ).one()
    except Exception:  # noqa: BLE001
        return "database-away"
    return "database-role-too-strong" if row[0] else None


def run(app: FastAPI, settings: ServiceSettings, **options: Any) -> None:
    """Serve until told to stop."""
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=5,
        **options,
    )
