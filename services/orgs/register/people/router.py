"""People: entering, correcting, and reading a plain value with a reason."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, FastAPI, Query, Response
from pydantic import Field

from services.orgs.register.organisations import repository as organisations
from services.orgs.register.people import repository, sealing
from services.orgs.register.people.keystore import Keystore
from services.orgs.register.people.sealing import Checks, Typed
from services.orgs.register.people.vault import Vault
from services.orgs.register.refusals import IfMatch, etag, must_match
from services.orgs.register.settings import KeystoreDep, SettingsDep
from services.orgs.register.subtrees import readable
from services.orgs.settings import OrgsSettings
from shared import clock
from shared.access import Access, Role
from shared.audit import record
from shared.contracts.base import Contract
from shared.contracts.people import (
    ContactAddress,
    Person,
    PersonCorrection,
    PersonDraft,
    Reveal,
    RevealRequest,
    SealedField,
)
from shared.database import engine
from shared.ids import new_id
from shared.pages import MAX_LIMIT, Page
from shared.problems import Forbidden
from shared.web import AccessDep, Route, SessionDep


@asynccontextmanager
async def _with_keystore(app: FastAPI) -> AsyncGenerator[None]:
    """Open the database of keys for as long as the service runs."""
    settings: OrgsSettings = app.state.settings
    vault = Vault(settings.master_keys, settings.index_key.get_secret_value())
    on = engine(settings.keys_url, pool_size=2) if settings.keys_url else None
    app.state.keystore = Keystore(vault, on)
    try:
        yield
    finally:
        if on is not None:
            await on.dispose()


router = APIRouter(prefix="/v1/people", tags=["people"], route_class=Route, lifespan=_with_keystore)
KEEPERS = (Role.COMMITTEE, Role.ORGANISER, Role.SECRETARY)


class PeopleWanted(Contract):
    under: UUID | None = None
    q: str | None = Field(default=None, min_length=1, max_length=40)
    after: str | None = Field(default=None, max_length=300)
    limit: int = Field(default=50, ge=1, le=MAX_LIMIT)


@router.get("")
async def people(
    session: SessionDep, access: AccessDep, wanted: Annotated[PeopleWanted, Query()]
) -> Page[Person]:
    """People kept by the caller's organisations, or by those at and below `under`."""
    prefixes = await readable(session, access, wanted.under)
    return await repository.listed(
        session, prefixes, wanted.q, after=wanted.after, limit=wanted.limit
    )


@router.post("", status_code=201)
async def enter(
    session: SessionDep,
    access: AccessDep,
    settings: SettingsDep,
    keystore: KeystoreDep,
    response: Response,
    body: PersonDraft,
) -> Person:
    """One human, one row: a known identity number is refused."""
    home = await organisations.place_named(session, body.home_org_id, "home_org_id")
    access.must_cover(home.path, *KEEPERS)
    typed = sealing.checked(
        Typed(body.name, body.id_number, body.phone, body.email),
        Checks(clock.today(), settings.demo),
    )
    person_id = new_id()
    key = (await keystore.create([person_id]))[person_id]
    columns = sealing.columns(keystore.vault, key, person_id, typed)
    place = {"id": person_id, "home_org_id": home.id, "home_path": home.path}
    await repository.enter(session, columns | place)
    await record(session, access, "person.entered", object_kind="person",
                 object_id=person_id, org_path=home.path)  # fmt: skip
    made = await repository.get(session, person_id)
    response.headers["ETag"] = etag(made.version)
    return made


@router.get("/{person_id}")
async def person(
    session: SessionDep, access: AccessDep, response: Response, person_id: UUID
) -> Person:
    """Masked; for the organisations that keep, employ or host the person, and the person."""
    found = await repository.get(session, person_id)
    if access.person_id != person_id:
        paths = await repository.reach(session, person_id)
        if not any(access.reads(path) for path in paths):
            raise repository.not_found()
    response.headers["ETag"] = etag(found.version)
    return found


@router.patch("/{person_id}")
async def correct(
    session: SessionDep,
    access: AccessDep,
    settings: SettingsDep,
    keystore: KeystoreDep,
    response: Response,
    person_id: UUID,
    body: PersonCorrection,
    if_match: IfMatch = None,
) -> Person:
    """Correct what was entered wrongly; an empty telephone or mailbox is removed."""
    path = await repository.home_path(session, person_id)
    access.must_cover(path, *KEEPERS)
    before = await repository.get(session, person_id)
    must_match(if_match, before.version)
    columns = await _corrections(keystore, settings, before, body)
    await repository.correct(session, person_id, columns)
    await record(session, access, "person.corrected", object_kind="person", object_id=person_id,
                 org_path=path, reason=body.reason,
                 fields=sorted(body.model_fields_set - {"reason"}))  # fmt: skip
    made = await repository.get(session, person_id)
    response.headers["ETag"] = etag(made.version)
    return made


async def _corrections(
    keystore: Keystore, settings: OrgsSettings, before: Person, body: PersonCorrection
) -> dict[str, Any]:
    typed = sealing.checked(
        Typed(body.name or before.name, body.id_number, body.phone, body.email),
        Checks(clock.today(), settings.demo),
    )
    key = await keystore.key(before.id)
    columns: dict[str, Any] = sealing.name_columns(typed.name) if body.name else {}
    if typed.id_number:
        columns |= sealing.id_number_columns(keystore.vault, key, before.id, typed.id_number)
    if "phone" in body.model_fields_set:
        columns |= sealing.phone_columns(keystore.vault, key, before.id, typed.phone)
    if "email" in body.model_fields_set:
        columns |= sealing.email_columns(keystore.vault, key, before.id, typed.email)
    return columns


@router.post("/{person_id}/reveals")
async def reveal(
    session: SessionDep,
    access: AccessDep,
    keystore: KeystoreDep,
    person_id: UUID,
    body: RevealRequest,
) -> Reveal:
    """The plain value, for those who keep the person and for the person; always on record."""
    path = await repository.home_path(session, person_id)
    _must_keep(access, person_id, path)
    value = await _plain(session, keystore, person_id, body.field)
    await record(session, access, "person.revealed", object_kind="person", object_id=person_id,
                 org_path=path, field=body.field.value, reason=body.reason)  # fmt: skip
    return Reveal(field=body.field, value=value)


def _must_keep(access: Access, person_id: UUID, path: str) -> None:
    if access.person_id != person_id and not access.covers(path, KEEPERS):
        raise Forbidden("no-plain-value", "您只能查看脱敏信息；确需原文的，请联系所在党组织办理。")


@router.get("/{person_id}/contact")
async def contact(session: SessionDep, keystore: KeystoreDep, person_id: UUID) -> ContactAddress:
    """For the notifications service at the moment of sending; it keeps no addresses."""
    return ContactAddress(
        person_id=person_id,
        phone=await _plain(session, keystore, person_id, SealedField.PHONE),
        email=await _plain(session, keystore, person_id, SealedField.EMAIL),
    )


async def _plain(
    session: SessionDep, keystore: Keystore, person_id: UUID, field: SealedField
) -> str | None:
    sealed = await repository.sealed(session, person_id, field)
    if sealed is None:
        return None
    key = await keystore.key(person_id)
    return keystore.vault.open(key, person_id, field.value, sealed)
