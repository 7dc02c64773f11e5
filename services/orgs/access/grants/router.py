"""/v1/grants: who may do what where, given by security administrators."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, status

from services.orgs.access.accounts.repository import Accounts
from services.orgs.access.cursors import id_cursor
from services.orgs.access.grants import rules
from services.orgs.access.grants.models import GrantView, NewGrant
from services.orgs.access.grants.repository import GrantFilter, Grants
from services.orgs.access.grants.tables import GrantRow
from services.orgs.access.places import must_work_here, place, reach
from shared import audit, clock
from shared.access import Role
from shared.ids import new_id
from shared.pages import Page, encode_cursor
from shared.problems import Conflict
from shared.web import AccessDep, Route, SessionDep

router = APIRouter(prefix="/v1/grants", tags=["grants"], route_class=Route)


@router.get("")
async def list_grants(
    session: SessionDep,
    access: AccessDep,
    org_id: UUID | None = None,
    account_id: UUID | None = None,
    ended: bool = False,
    after: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Page[GrantView]:
    """Grants at or below an organisation, or of an account, within the caller's reach."""
    wanted = GrantFilter(
        prefixes=reach(access, Role.SECURITY_ADMIN, Role.AUDITOR),
        org_path=(await place(session, org_id)).path if org_id else None,
        account_id=account_id,
        today=None if ended else clock.today(),
        after=id_cursor(after),
    )
    views = await Grants(session).page(wanted, limit + 1)
    more = encode_cursor(views[limit - 1].id) if len(views) > limit else None
    return Page(items=views[:limit], next=more)


@router.post("", status_code=status.HTTP_201_CREATED)
async def grant(new: NewGrant, session: SessionDep, access: AccessDep) -> GrantView:
    """The account's row is locked, so that two grants at once can't join what must be apart."""
    node = await must_work_here(session, new.org_id)
    access.must_cover(node.path, Role.SECURITY_ADMIN)
    accounts, grants, today = Accounts(session), Grants(session), clock.today()
    account = await accounts.get(new.account_id, lock=True)
    rules.must_not_be_own(access, account.id, account.person_id)
    rules.must_be_grantable(new.role, new.valid_from or today, new.valid_to, today)
    if account.disabled:
        raise Conflict("account-disabled", "该账号已停用，请先启用再授权。", field="account_id")
    same = await accounts.of_same_person(account)
    rules.must_be_separate(new.role, await grants.live_roles(same, today))
    row = GrantRow(
        id=new_id(),
        account_id=account.id,
        role=new.role.value,
        org_id=new.org_id,
        valid_from=new.valid_from or today,
        valid_to=new.valid_to,
        note=new.note,
        granted_by=access.principal.account_id,
    )
    await grants.add(row)
    await audit.record(
        session, access, "grant.given", object_kind="grant", object_id=row.id,
        org_path=node.path, role=row.role, account_id=row.account_id,
    )  # fmt: skip
    return await grants.view(row.id)


@router.post("/{grant_id}/revoke")
async def revoke(grant_id: UUID, session: SessionDep, access: AccessDep) -> GrantView:
    """Holds no longer from now on; the account's next request is refused."""
    grants = Grants(session)
    row, path = await grants.get(grant_id)
    access.must_cover(path, Role.SECURITY_ADMIN)
    account = await Accounts(session).get(row.account_id)
    rules.must_not_be_own(access, account.id, account.person_id)
    if row.revoked_on is not None:
        raise Conflict("grant-revoked", "该授权已撤销，无需重复办理。")
    await grants.revoke(row, clock.today())
    await audit.record(
        session, access, "grant.revoked", object_kind="grant", object_id=row.id,
        org_path=path, role=row.role, account_id=row.account_id,
    )  # fmt: skip
    return await grants.view(row.id)
