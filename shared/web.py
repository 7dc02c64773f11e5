"""How every service answers: one route class for access, transaction and idempotency."""

import json
from collections.abc import Awaitable, Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from sqlalchemy import Table
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.access import Access, Grant
from shared.auth import Principal, Verifier, bearer
from shared.database import scope_of
from shared.failpoints import failpoint
from shared.idempotency import Keys, Stored, body_hash
from shared.permissions import Permission
from shared.problems import Invalid

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
AfterCommit = Callable[[Response], Awaitable[Response]]
LoadGrants = Callable[[AsyncSession, Principal], Awaitable[tuple[Grant, ...]]]
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class Route(APIRoute):
    """Checks the permission table, opens the transaction, scopes it, commits before the reply.

    Every route needs an entry in the service's permission table. A write outside
    `own_key` permissions needs an Idempotency-Key, kept in the same transaction.
    """

    def get_route_handler(self) -> Handler:
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            permission = _permission(request, self)
            principal = None if permission.public else await _principal(request)
            state = request.app.state
            async with AsyncSession(state.engine, expire_on_commit=False) as opened, opened.begin():
                request.state.session = opened
                if principal is not None:
                    await _admit(request, opened, principal, permission)
                response = await _once(request, opened, permission, inner)
            if request.method in WRITES and principal is not None:
                failpoint(f"{state.service.name}-before-reply")
            after: AfterCommit | None = getattr(request.state, "after_commit", None)
            return await after(response) if after else response

        return handle


class StreamRoute(APIRoute):
    """Like Route, but holds no transaction while it answers: for streams."""

    def get_route_handler(self) -> Handler:
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            permission = _permission(request, self)
            principal = await _principal(request)
            state = request.app.state
            async with AsyncSession(state.engine) as session, session.begin():
                await _admit(request, session, principal, permission)
            return await inner(request)

        return handle


def _permission(request: Request, route: APIRoute) -> Permission:
    table: dict[tuple[str, str], Permission] = request.app.state.permissions
    return table[request.method, route.path_format]


async def _principal(request: Request) -> Principal:
    verifier: Verifier = request.app.state.verifier
    return await verifier.principal(bearer(request))


async def _admit(
    request: Request, session: AsyncSession, principal: Principal, permission: Permission
) -> None:
    load: LoadGrants = request.app.state.load_grants
    access = Access(principal, await load(session, principal))
    permission.check(access)
    await scope_of(session, access)
    request.state.access = access


async def _once(
    request: Request, session: AsyncSession, permission: Permission, inner: Handler
) -> Response:
    if request.method not in WRITES or permission.own_key or permission.public:
        return await inner(request)
    key = request.headers.get("idempotency-key")
    if key is None:
        raise Invalid(
            "key-missing",
            "写操作必须带 Idempotency-Key 请求头，重复提交时使用同一个键。",
            field="Idempotency-Key",
        )
    table: Table = request.app.state.idempotency_table
    caller = request.state.access.principal.account_id
    keys = Keys(session, table, caller=caller, route=f"{request.method} {request.url.path}")
    digest = body_hash(request.app.state.body_key, await request.body())
    stored = await keys.claim(key, digest)
    if stored is not None:
        return _replayed(stored)
    response = await inner(request)
    if 200 <= response.status_code < 300:
        body = bytes(response.body)
        answer = json.loads(body) if body else None
        await keys.store(key, digest, status=response.status_code, answer=answer)
    return response


def _replayed(stored: Stored) -> Response:
    headers = {"Idempotency-Replayed": "true"}
    if stored.answer is None:
        return Response(status_code=stored.status, headers=headers)
    return JSONResponse(stored.answer, status_code=stored.status, headers=headers)


async def _session(request: Request) -> AsyncSession:
    return request.state.session


async def _access(request: Request) -> Access:
    return request.state.access


SessionDep = Annotated[AsyncSession, Depends(_session)]
AccessDep = Annotated[Access, Depends(_access)]
