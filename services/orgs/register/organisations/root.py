"""The topmost organisation of an empty register: the only one without a superior."""

from uuid import UUID

from pydantic import field_validator
from sqlalchemy import select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.orgs.register import bulk
from services.orgs.register.organisations import rules
from services.orgs.register.organisations.tables import ORGANISATIONS
from shared import audit, clock
from shared.access import Access
from shared.contracts.base import Contract
from shared.contracts.register import OrganisationKind
from shared.contracts.words import Line
from shared.problems import Conflict
from shared.validation import RuleBroken


class Root(Contract):
    """What is entered of it; everything else is corrected later through the API."""

    name: Line
    code: Line
    kind: OrganisationKind = OrganisationKind.COMMITTEE
    approves_members: bool = False

    @field_validator("kind")
    @classmethod
    def _has_organisations_below(cls, kind: OrganisationKind) -> OrganisationKind:
        if kind in rules.WITHOUT_CHILDREN:
            raise RuleBroken(
                "superior-is-branch", "党支部下不能再设党组织，不能作为最上级组织。", rules.BR18
            )
        return kind


async def establish(session: AsyncSession, access: Access, root: Root) -> UUID:
    """Enter it at path "0", for the feed and the audit trail too.

    Errors: 409 when the register has a topmost organisation already.
    """
    taken = select(ORGANISATIONS.c.id).where(ORGANISATIONS.c.path == rules.ROOT)
    if (await session.execute(taken)).one_or_none() is not None:
        raise Conflict("root-exists", "已有最上级组织，请去掉 --organisation 和 --code 重新执行。")
    row = bulk.LoadedOrganisation(**root.model_dump(), parent_id=None, since=clock.today())
    paths = await bulk.load_organisations(session, [row])
    await audit.record(
        session, access, "organisation.entered", object_kind="organisation", object_id=row.id,
        org_path=paths[row.id], reason="first-run",
    )  # fmt: skip
    return row.id
