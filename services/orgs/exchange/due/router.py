"""GET /v1/due: what the reminder round of the other services pages through."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from services.orgs.exchange.due import repository
from services.orgs.exchange.due.repository import DueState
from shared.contracts.register import DueDate
from shared.pages import MAX_LIMIT, Page
from shared.web import Route, SessionDep

router = APIRouter(prefix="/v1/due", tags=["due"], route_class=Route)


@router.get("")
async def due(
    session: SessionDep,
    rule: Annotated[str | None, Query(max_length=80)] = None,
    before: date | None = None,
    state: DueState = DueState.OPEN,
    after: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = MAX_LIMIT,
) -> Page[DueDate]:
    """Dates of one rule (or all) up to and with `before`, oldest first; `after` is the cursor."""
    return await repository.page(
        session, rule=rule, before=before, state=state, after=after, limit=limit
    )
