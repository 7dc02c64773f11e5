"""GET /v1/divisions: provinces, cities, counties, townships, villages."""

from typing import Annotated

from fastapi import APIRouter, Query

from services.orgs.register.divisions import repository
from shared.contracts.divisions import Division
from shared.pages import MAX_LIMIT, Page
from shared.web import Route, SessionDep

router = APIRouter(prefix="/v1/divisions", tags=["divisions"], route_class=Route)


@router.get("")
async def divisions(
    session: SessionDep,
    parent: Annotated[str | None, Query(max_length=12, pattern=r"^\d+$")] = None,
    q: Annotated[str | None, Query(max_length=40)] = None,
    after: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 100,
) -> Page[Division]:
    """Children of `parent` (provinces without it), or everything below it that is named `q`."""
    return await repository.listed(session, parent, q, after, limit)


@router.get("/{code}")
async def division(session: SessionDep, code: str) -> Division:
    """One division by its code."""
    return await repository.get(session, code)
