"""Local settings: an organisation may set what no national text has settled."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Response
from pydantic import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from services.orgs.rulebook.editions import repository as editions
from services.orgs.rulebook.editions.rules import KEY, Entry, may_override
from services.orgs.rulebook.overrides import repository
from services.orgs.rulebook.overrides.repository import path_of
from services.orgs.rulebook.overrides.tables import RuleOverride
from shared import audit, clock
from shared.access import Access, Role
from shared.contracts.base import Contract
from shared.ids import new_id
from shared.problems import Invalid, NotFound, PreconditionFailed, PreconditionRequired
from shared.web import AccessDep, Route, SessionDep

router = APIRouter(prefix="/v1/rulebook/overrides", tags=["rulebook"], route_class=Route)
SETTERS = (Role.COMMITTEE, Role.ORGANISER)


class OverrideNew(Contract):
    org_id: UUID
    key: str = Field(pattern=KEY, max_length=80)
    value: str = Field(max_length=20)
    basis: str = Field(min_length=2, max_length=200)
    """The local document that says so: name · year · article."""
    valid_from: date


class OverrideChange(Contract):
    value: str | None = Field(default=None, max_length=20)
    basis: str | None = Field(default=None, min_length=2, max_length=200)
    valid_to: date | None = None
    """Last day; the superior's setting or the national edition applies from the next."""


class Override(Contract):
    id: UUID
    org_id: UUID
    key: str
    value: str
    basis: str
    valid_from: date
    valid_to: date | None = None
    version: int


class OverrideList(Contract):
    items: list[Override]


@router.get("")
async def overrides(session: SessionDep, organisation: UUID) -> OverrideList:
    """Settings that the organisation made itself, past ones too."""
    rows = await repository.at(session, organisation)
    return OverrideList(items=[_shown(row) for row in rows])


@router.post("", status_code=201)
async def add(
    session: SessionDep, access: AccessDep, body: OverrideNew, response: Response
) -> Override:
    """Errors: 409 rule-national (with basis), override-exists; 422 rule-bounds, rule-value."""
    path = await path_of(session, body.org_id)
    access.must_cover(path, *SETTERS)
    may_override(await _entry(session, body.key), body.value)
    row = RuleOverride(id=new_id(), **body.model_dump())
    await repository.add(session, row)
    await _record(session, access, "rule.set", row, path)
    response.headers["ETag"] = f'"{row.version}"'
    return _shown(row)


@router.patch("/{override_id}")
async def change(
    session: SessionDep,
    access: AccessDep,
    override_id: UUID,
    body: OverrideChange,
    response: Response,
    if_match: Annotated[str | None, Header()] = None,
) -> Override:
    """Change the value, its basis or its last day; cases that have started keep the old value."""
    row = await repository.locked(session, override_id)
    path = await path_of(session, row.org_id)
    access.must_cover(path, *SETTERS)
    _must_match(if_match, row.version)
    may_override(await _entry(session, row.key), body.value or row.value)
    if body.valid_to and body.valid_to < row.valid_from:
        raise Invalid("period-reversed", "截止日期早于起始日期，请重新填写。", field="valid_to")
    for name, value in body.model_dump(exclude_none=True).items():
        setattr(row, name, value)
    row.version += 1
    await repository.add(session, row)
    await _record(session, access, "rule.changed", row, path)
    response.headers["ETag"] = f'"{row.version}"'
    return _shown(row)


async def _entry(session: AsyncSession, key: str) -> Entry:
    number = await editions.current(session, clock.today())
    found = await editions.entries(session, number, keys=[key])
    if not found:
        raise NotFound("no-rule", "规则库中没有这一项，请核对名称。", field="key")
    return found[0]


async def _record(
    session: AsyncSession, access: Access, action: str, row: RuleOverride, path: str
) -> None:
    await audit.record(
        session, access, action, object_kind="rule_override", object_id=row.id,
        org_path=path, key=row.key, value=row.value, valid_to=row.valid_to,
    )  # fmt: skip


def _must_match(if_match: str | None, version: int) -> None:
    if if_match is None:
        raise PreconditionRequired("version-missing", "请带 If-Match 请求头，注明所改的版本。")
    if if_match.strip().removeprefix("W/").strip('"') != str(version):
        raise PreconditionFailed("version-stale", "记录已被他人修改，请刷新后重新填写。")


def _shown(row: RuleOverride) -> Override:
    return Override.model_validate(row.model_dump())
