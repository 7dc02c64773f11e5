"""The caller's own messages: list, counts, read, stream."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request
from sse_starlette.sse import EventSourceResponse

from services.notifications.inbox import repository
from services.notifications.inbox.stream import events, place_of, seconds_left
from shared.access import Access
from shared.auth import bearer
from shared.contracts.messages import AllRead, InboxCounts, InboxItem
from shared.pages import MAX_LIMIT, Page, decode_cursor, encode_cursor
from shared.problems import Forbidden, Invalid
from shared.web import AccessDep, Route, SessionDep, StreamRoute

router = APIRouter(prefix="/v1/inbox", tags=["inbox"], route_class=Route)
stream_router = APIRouter(prefix="/v1/inbox", tags=["inbox"], route_class=StreamRoute)


@router.get("")
async def inbox(
    session: SessionDep,
    access: AccessDep,
    unread: bool = False,
    after: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50,
) -> Page[InboxItem]:
    """Unread first, newest first; what has expired is not shown."""
    found = await repository.page(
        session,
        _account(access),
        unread_only=unread,
        after=_after(after) if after else None,
        limit=limit + 1,
    )
    items = found[:limit]
    more = len(found) > limit
    cursor = encode_cursor(items[-1].read_at is not None, items[-1].id) if more else None
    return Page[InboxItem](items=items, next=cursor)


@router.get("/counts")
async def counts(session: SessionDep, access: AccessDep) -> InboxCounts:
    return InboxCounts(unread=await repository.unread(session, _account(access)))


@router.post("/{message_id}/read")
async def read(message_id: UUID, session: SessionDep, access: AccessDep) -> InboxItem:
    return await repository.mark_read(session, _account(access), message_id)


@router.post("/read-all")
async def read_all(wanted: AllRead, session: SessionDep, access: AccessDep) -> InboxCounts:
    """Up to and with the newest message that the person has seen, so that none is lost unseen."""
    account = _account(access)
    await repository.mark_all_read(session, account, wanted.up_to)
    return InboxCounts(unread=await repository.unread(session, account))


@stream_router.get("/stream", response_class=EventSourceResponse)
async def stream(
    request: Request,
    last_event_id: Annotated[str | None, Header(max_length=40)] = None,
) -> EventSourceResponse:
    """Server-sent events; resumes after Last-Event-ID, ends when the token expires."""
    access: Access = request.state.access
    state = request.app.state
    account = _account(access)
    resume = place_of(last_event_id)
    left = seconds_left(bearer(request))
    return EventSourceResponse(
        events(state.engine, state.hub, account, resume, left), ping=15, send_timeout=30
    )


def _account(access: Access) -> UUID:
    try:
        return UUID(access.principal.account_id)
    except ValueError as error:
        raise Forbidden("persons-only", "只有个人账号有收件箱，请用个人账号登录。") from error


def _after(cursor: str) -> tuple[bool, UUID]:
    read, last = decode_cursor(cursor, 2)
    try:
        return bool(read), UUID(str(last))
    except ValueError as error:
        raise Invalid("bad-cursor", "翻页标记无效，请从第一页重新查询。", field="after") from error
