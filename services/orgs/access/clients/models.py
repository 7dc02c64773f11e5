"""Clients as the API shows them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from services.orgs.access.clients.rules import Scope, check_redirect
from services.orgs.access.clients.tables import ClientRow
from shared.contracts.base import Contract

Redirect = Annotated[str, Field(max_length=400), AfterValidator(check_redirect)]


class NewClient(Contract):
    """`machine`: a portal with a secret of its own; `public`: an app that logs people in."""

    org_id: UUID
    name: Annotated[str, Field(min_length=1, max_length=60)]
    kind: Literal["machine", "public"] = "machine"
    scopes: list[Scope] = Field(default=[], max_length=10)
    redirect_uris: list[Redirect] = Field(default=[], max_length=10)


class ClientView(Contract):
    id: UUID
    org_id: UUID
    name: str
    kind: str
    scopes: list[str]
    redirect_uris: list[str]
    disabled: bool
    version: int
    created_at: datetime


class ClientWithSecret(ClientView):
    secret: str | None = None
    """Only in the first reply; a repeated request answers without it."""


def view(row: ClientRow) -> ClientView:
    return ClientView(
        id=row.id,
        org_id=row.org_id,
        name=row.name,
        kind=row.kind,
        scopes=row.scopes,
        redirect_uris=row.redirect_uris,
        disabled=row.disabled,
        version=row.version,
        created_at=row.created_at,
    )
