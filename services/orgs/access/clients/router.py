"""/v1/clients: portals and apps that may ask for tokens, registered by security administrators."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, status

from services.orgs.access.clients import rules
from services.orgs.access.clients.models import ClientView, ClientWithSecret, NewClient, view
from services.orgs.access.clients.repository import Clients
from services.orgs.access.clients.tables import ClientRow
from services.orgs.access.cursors import id_cursor
from services.orgs.access.places import must_work_here, reach
from services.orgs.access.shown_once import digest, new_secret, show_once
from services.orgs.exchange.changes.repository import publish
from shared import audit, clock
from shared.access import Access, Role
from shared.contracts.changes import ChangeKind, GrantCopy
from shared.ids import new_id
from shared.pages import Page, encode_cursor
from shared.problems import Conflict
from shared.web import AccessDep, Route, SessionDep

router = APIRouter(prefix="/v1/clients", tags=["clients"], route_class=Route)


@router.get("")
async def list_clients(
    session: SessionDep,
    access: AccessDep,
    after: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Page[ClientView]:
    """Clients registered at or below the caller's security administration."""
    prefixes = reach(access, Role.SECURITY_ADMIN)
    rows = await Clients(session).page(prefixes, id_cursor(after), limit + 1)
    more = encode_cursor(rows[limit - 1].id) if len(rows) > limit else None
    return Page(items=[view(row) for row in rows[:limit]], next=more)


@router.post("", status_code=status.HTTP_201_CREATED)
async def create_client(
    new: NewClient, request: Request, session: SessionDep, access: AccessDep
) -> ClientWithSecret:
    """A machine client reads the subtree of its organisation, within its scopes."""
    home = await must_work_here(session, new.org_id)
    access.must_cover(home.path, Role.SECURITY_ADMIN)
    rules.must_fit(new.kind, new.scopes, new.redirect_uris)
    secret = new_secret()
    row = ClientRow(
        id=new_id(),
        org_id=new.org_id,
        name=new.name,
        kind=new.kind,
        secret_hash=digest(secret) if new.kind == "machine" else None,
        scopes=sorted({scope.value for scope in new.scopes}),
        redirect_uris=sorted(set(new.redirect_uris)),
        created_at=clock.now(),
    )
    await _saved(session, access, row, home.path, "client.created")
    if new.kind == "machine":
        show_once(request, secret=secret)
    return ClientWithSecret(**view(row).model_dump())


@router.post("/{client_id}/rotate")
async def rotate_secret(
    client_id: UUID, request: Request, session: SessionDep, access: AccessDep
) -> ClientWithSecret:
    """The old secret is worth nothing at once; the new one is shown in this reply only."""
    row, path = await Clients(session).get(client_id)
    access.must_cover(path, Role.SECURITY_ADMIN)
    if row.kind != "machine":
        raise Conflict("client-without-secret", "公开客户端没有密钥，无需更换。")
    secret = new_secret()
    row.secret_hash = digest(secret)
    await _saved(session, access, row, path, "client.secret-rotated")
    show_once(request, secret=secret)
    return ClientWithSecret(**view(row).model_dump())


@router.post("/{client_id}/disable")
async def disable_client(client_id: UUID, session: SessionDep, access: AccessDep) -> ClientView:
    """Its tokens are refused from the next request on."""
    row, path = await Clients(session).get(client_id)
    access.must_cover(path, Role.SECURITY_ADMIN)
    row.disabled = True
    await _saved(session, access, row, path, "client.disabled")
    return view(row)


async def _saved(
    session: SessionDep, access: Access, row: ClientRow, path: str, action: str
) -> None:
    row.version = row.version + 1 if action != "client.created" else 1
    await Clients(session).save(row)
    await publish(session, ChangeKind.GRANT, row.id, _reach_of(row))
    await audit.record(
        session, access, action, object_kind="client", object_id=row.id, org_path=path
    )


def _reach_of(row: ClientRow) -> GrantCopy | None:
    """How the other services learn where a machine client may act; None takes it back."""
    if row.kind != "machine" or row.disabled:
        return None
    return GrantCopy(
        id=row.id,
        account_id=row.id,
        role=Role.MACHINE.value,
        org_id=row.org_id,
        valid_from=clock.local_date(row.created_at),
        valid_to=None,
    )
