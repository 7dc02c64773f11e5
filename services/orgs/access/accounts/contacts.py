"""GET /v1/accounts/contacts: where notifications reaches an account; it stores none of it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy import text

from services.orgs.register.settings import KeystoreDep
from shared.contracts.messages import Contact, Contacts
from shared.web import Route, SessionDep

router = APIRouter(prefix="/v1/accounts/contacts", tags=["accounts"], route_class=Route)
_SEALED = text(
    "select a.id, a.person_id, p.email_sealed from accounts a"
    " left join people p on p.id = a.person_id where a.id = any(:ids) and not a.disabled"
)


@router.get("")
async def contacts(
    session: SessionDep,
    keystore: KeystoreDep,
    ids: Annotated[list[UUID], Query(min_length=1, max_length=100)],
) -> Contacts:
    """For the suite's own services only; unknown and disabled accounts are left out."""
    rows = (await session.execute(_SEALED, {"ids": ids})).all()
    keys = await keystore.keys([row.person_id for row in rows if row.email_sealed])
    found: list[Contact] = []
    for row in rows:
        key = keys.get(row.person_id)
        email = None
        if key and row.email_sealed:
            email = keystore.vault.open(key, row.person_id, "email", bytes(row.email_sealed))
        found.append(Contact(account_id=row.id, email=email))
    return Contacts(items=found)
