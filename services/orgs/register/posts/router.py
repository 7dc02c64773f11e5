"""Posts and terms: who holds what, since when, and when the committee's term ends."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from services.orgs.register.members.rules import check_open
from services.orgs.register.organisations import repository as organisations
from services.orgs.register.people import repository as people
from services.orgs.register.posts import repository, rules
from services.orgs.register.subtrees import readable
from shared import clock
from shared.access import Access, Role
from shared.audit import record
from shared.contracts.base import Contract
from shared.contracts.posts import Post, PostDraft, PostEnd, PostKind, Term, TermDraft
from shared.ids import new_id
from shared.pages import MAX_LIMIT, Page
from shared.problems import Conflict
from shared.web import AccessDep, Route, SessionDep

router = APIRouter(prefix="/v1/posts", tags=["posts"], route_class=Route)
terms_router = APIRouter(prefix="/v1/terms", tags=["posts"], route_class=Route)
SUPERIORS = (Role.COMMITTEE, Role.ORGANISER)


class PostsWanted(Contract):
    under: UUID | None = None
    org: UUID | None = None
    post: PostKind | None = None
    held: bool = True
    """False shows those of the past too."""
    after: str | None = Field(default=None, max_length=300)
    limit: int = Field(default=50, ge=1, le=MAX_LIMIT)


@router.get("")
async def posts(
    session: SessionDep, access: AccessDep, wanted: Annotated[PostsWanted, Query()]
) -> Page[Post]:
    """By organisation, within the caller's reach."""
    prefixes = await readable(session, access, wanted.under or wanted.org)
    return await repository.listed(
        session,
        prefixes,
        condition=repository.narrowed(wanted.org, wanted.post),
        held=wanted.held,
        after=wanted.after,
        limit=wanted.limit,
    )


@router.post("", status_code=201)
async def fill(session: SessionDep, access: AccessDep, body: PostDraft) -> Post:
    """A service for a case; by hand only as first load or correction."""
    org = await organisations.place_named(session, body.org_id, "org_id")
    access.must_cover(org.path, *SUPERIORS)
    await _must_reach(session, access, body.person_id)
    check_open(org, "org_id")
    rules.check_held_from(body.held_from, clock.today())
    post_id = new_id()
    columns = body.model_dump(exclude={"reason"}) | {"post": body.post.value}
    await repository.fill(session, columns | {"id": post_id, "org_path": org.path})
    await record(session, access, "post.filled", object_kind="post", object_id=post_id,
                 org_path=org.path, case_id=body.case_id, reason=body.reason)  # fmt: skip
    _, made = await repository.get(session, post_id)
    return made


async def _must_reach(session: SessionDep, access: Access, person_id: UUID) -> None:
    """Naming somebody for a post needs rights where that person is kept."""
    access.must_cover(await people.home_path(session, person_id), *SUPERIORS)


@router.post("/{post_id}/ends")
async def end(session: SessionDep, access: AccessDep, post_id: UUID, body: PostEnd) -> Post:
    """The last day of a post is the day before `on`."""
    path, found = await repository.get(session, post_id, lock=True)
    access.must_cover(path, *SUPERIORS)
    if found.held_to is not None:
        raise Conflict("post-ended", "该职务已经免去，无需重复办理。")
    rules.check_period(found.held_from, body.on, "on")
    await repository.end(session, post_id, body.on)
    await record(session, access, "post.ended", object_kind="post", object_id=post_id,
                 org_path=path, case_id=body.case_id, reason=body.reason)  # fmt: skip
    _, made = await repository.get(session, post_id)
    return made


@terms_router.get("")
async def terms(session: SessionDep, access: AccessDep, org: UUID) -> list[Term]:
    """The terms of one committee, latest first."""
    place = await organisations.place(session, org)
    access.must_read(place.path)
    return await repository.terms(session, org)


@terms_router.post("", status_code=201)
async def begin_term(session: SessionDep, access: AccessDep, body: TermDraft) -> Term:
    """A service after an election; by hand only as first load or correction."""
    org = await organisations.place_named(session, body.org_id, "org_id")
    access.must_cover(org.path, *SUPERIORS)
    rules.check_term(body.term_from, body.term_to)
    columns = body.model_dump(exclude={"reason"}) | {"org_path": org.path}
    made = await repository.begin_term(session, columns)
    await record(session, access, "term.begun", object_kind="term", object_id=made.id,
                 org_path=org.path, case_id=body.case_id, reason=body.reason)  # fmt: skip
    return made
