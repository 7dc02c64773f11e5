"""Counts and times every request, and turns what nobody expected into a problem."""

import time

from fastapi.responses import JSONResponse
from prometheus_client import Counter, Histogram
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import logging
from shared.problems import Problem, Unavailable

REQUESTS = Counter("dangjian_requests_total", "Requests", ["service", "route", "status"])
SECONDS = Histogram("dangjian_request_seconds", "Seconds a request", ["service", "route"])
log = logging.logger()
LAST = {"type": "http.response.body", "body": b"", "more_body": False}


def problem_response(problem: Problem) -> JSONResponse:
    headers = {"Retry-After": str(problem.retry_after)} if problem.retry_after else None
    if problem.status == 401:
        headers = {"WWW-Authenticate": "Bearer"}
    return JSONResponse(
        problem.as_json(),
        status_code=problem.status,
        media_type="application/problem+json",
        headers=headers,
    )


class Measured:
    """Plain ASGI: Starlette's own wrapper costs a task a request (measured)."""

    def __init__(self, app: ASGIApp, *, service: str) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, answer = time.perf_counter(), _Answer(send)
        try:
            await self._app(scope, receive, answer.send)
            if answer.unfinished:  # a stream that a shutdown ended
                await send(LAST)
        except Exception as error:
            log.error("unexpected", exc_info=error, path=_route_of(scope))
            if answer.status:
                raise
            internal = Unavailable("internal", "系统内部错误，已记录，请稍后重试。", retry_after=30)
            await problem_response(internal)(scope, receive, answer.send)
        finally:
            route = _route_of(scope)
            REQUESTS.labels(self._service, route, answer.status).inc()
            SECONDS.labels(self._service, route).observe(time.perf_counter() - begun)


class _Answer:
    """Watches an answer go out and adds the headers that all of them have."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0
        self.unfinished = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers.setdefault("X-Content-Type-Options", "nosniff")
            headers.setdefault("Cache-Control", "no-store")
            self.unfinished = True
        else:
            self.unfinished = message.get("more_body", False)
        await self._send(message)


def _route_of(scope: Scope) -> str:
    return getattr(scope.get("route"), "path_format", "unmatched")
