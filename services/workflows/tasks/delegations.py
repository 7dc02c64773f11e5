"""/v1/delegations: a dated absence; a colleague answers and "on behalf of" is shown."""

from uuid import UUID

from fastapi import APIRouter, status
from sqlalchemy import text

from shared import audit, clock
from shared.access import Role
from shared.contracts.inbox import Delegation, NewDelegation
from shared.ids import new_id
from shared.problems import Forbidden, Invalid, NotFound
from shared.web import AccessDep, Route, SessionDep

router = APIRouter(prefix="/v1/delegations", tags=["delegations"], route_class=Route)
_COLUMNS = (
    "id, cast(from_account as uuid) as from_account, cast(to_account as uuid) as to_account, role,"
    " org_id, valid_from, valid_to, revoked_at is not null as revoked"
)


@router.post("", status_code=status.HTTP_201_CREATED)
async def delegate(new: NewDelegation, session: SessionDep, access: AccessDep) -> Delegation:
    """Hand one's own role at one organisation to a colleague between two dates."""
    role = next((r for r in Role if r.value == new.role), None)
    if role is None or not access.holds(role, new.org_id):
        raise Forbidden("not-your-role", "只能委托您本人在该组织的职责。")
    if new.valid_to < new.valid_from or new.valid_to < clock.today():
        raise Invalid("dates-reversed", "委托结束日期不能早于开始日期或今天。", field="valid_to")
    if str(new.to_account) == access.principal.account_id:
        raise Invalid("delegate-to-self", "不能委托给自己，请选择同事。", field="to_account")
    path = next(g.path for g in access.grants if g.org_id == new.org_id)
    made = Delegation(
        id=new_id(),
        from_account=UUID(access.principal.account_id),
        revoked=False,
        **new.model_dump(),
    )
    await session.execute(
        text(
            "insert into delegations (id, from_account, to_account, role, org_id, org_path,"
            " valid_from, valid_to) values (:id, :from_account, :to_account, :role, :org_id,"
            " :path, :valid_from, :valid_to)"
        ),
        made.model_dump(exclude={"revoked", "from_account", "to_account"})
        | {
            "path": path,
            "from_account": str(made.from_account),
            "to_account": str(made.to_account),
        },
    )
    await audit.record(
        session,
        access,
        "delegation.made",
        object_kind="delegation",
        object_id=made.id,
        org_path=path,
    )
    return made


@router.get("")
async def own(session: SessionDep, access: AccessDep) -> list[Delegation]:
    """Delegations from and to the caller that have not ended."""
    rows = await session.execute(
        text(
            f"select {_COLUMNS} from delegations where valid_to >= :today"  # noqa: S608
            " and (from_account=:me or to_account=:me) order by id"
        ),
        {"me": access.principal.account_id, "today": clock.today()},
    )
    return [Delegation.model_validate(dict(row)) for row in rows.mappings()]


@router.delete("/{delegation_id}", status_code=status.HTTP_204_NO_CONTENT)
async def revoke(session: SessionDep, access: AccessDep, delegation_id: UUID) -> None:
    """End a delegation at once."""
    ended = await session.execute(
        text(
            "update delegations set revoked_at=:at where id=:id and from_account=:me"
            " and revoked_at is null returning id"
        ),
        {"id": delegation_id, "me": access.principal.account_id, "at": clock.now()},
    )
    if ended.one_or_none() is None:
        raise NotFound("no-delegation", "没有找到该委托，或已撤销。")
