"""GET /v1/changes: the register's feed for the other services."""

from typing import Annotated

from fastapi import APIRouter, Query

from services.orgs.exchange.changes import repository
from shared.contracts.changes import ChangePage
from shared.web import Route, SessionDep

router = APIRouter(prefix="/v1/changes", tags=["changes"], route_class=Route)


@router.get("")
async def changes(
    session: SessionDep,
    after: Annotated[str, Query(max_length=60)] = "0",
    limit: Annotated[int, Query(ge=1, le=1000)] = 500,
) -> ChangePage:
    """Entries after the cursor, oldest first; the feed of the suite's own services."""
    return await repository.page(session, after, limit)
