"""What an operator sees of deliveries: how many, which fail and why; never to whom."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.notifications.deliveries import repository
from shared import audit
from shared.contracts.messages import Delivery, DeliveryOverview
from shared.database import EVERY_ACCOUNT, set_scope
from shared.pages import MAX_LIMIT, decode_cursor, encode_cursor
from shared.problems import Invalid
from shared.web import AccessDep, Route, SessionDep

router = APIRouter(prefix="/v1/deliveries", tags=["deliveries"], route_class=Route)


@router.get("")
async def deliveries(
    session: SessionDep,
    after: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50,
) -> DeliveryOverview:
    """Counts by state, and those that failed or are being tried again, oldest first."""
    await _see_all(session)
    found = await repository.troubled(session, _after(after) if after else None, limit + 1)
    items = found[:limit]
    return DeliveryOverview(
        counts=await repository.counts(session),
        items=items,
        next=encode_cursor(items[-1].id) if len(found) > limit else None,
    )


@router.post("/{delivery_id}/retry")
async def retry(delivery_id: UUID, session: SessionDep, access: AccessDep) -> Delivery:
    """Errors: 404, 409 unless it failed or was suppressed."""
    await _see_all(session)
    tried = await repository.retry(session, delivery_id)
    await audit.record(
        session, access, "delivery.retried", object_kind="delivery", object_id=delivery_id
    )
    return tried


async def _see_all(session: SessionDep) -> None:
    """An operator's own scope shows only their own; what is answered names no account."""
    await set_scope(session, prefixes=(), person=None, account=EVERY_ACCOUNT)


def _after(cursor: str) -> UUID:
    try:
        return UUID(str(decode_cursor(cursor, 1)[0]))
    except ValueError as error:
        raise Invalid("bad-cursor", "翻页标记无效，请从第一页重新查询。", field="after") from error
