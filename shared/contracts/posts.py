"""Posts in an organisation and the terms of its committee."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from shared.contracts.base import Contract
from shared.contracts.words import Reason


class PostKind(StrEnum):
    SECRETARY = "secretary"
    """书记"""
    DEPUTY_SECRETARY = "deputy_secretary"
    """副书记"""
    FULL_TIME_DEPUTY = "full_time_deputy"
    """专职副书记"""
    ORGANISATION_COMMISSIONER = "organisation_commissioner"
    """组织委员"""
    PUBLICITY_COMMISSIONER = "publicity_commissioner"
    """宣传委员"""
    DISCIPLINE_COMMISSIONER = "discipline_commissioner"
    """纪检委员"""
    COMMISSIONER = "commissioner"
    """委员"""
    ORGANISER = "organiser"
    """组织员"""


class Post(Contract):
    id: UUID
    org_id: UUID
    org_name: str
    person_id: UUID
    name: str
    post: PostKind
    held_from: date
    held_to: date | None
    term_id: UUID | None
    version: int


class PostDraft(Contract):
    """POST /v1/posts — first load or correction; an election fills the others."""

    org_id: UUID
    person_id: UUID
    post: PostKind
    held_from: date
    term_id: UUID | None = None
    case_id: UUID | None = None
    reason: Reason


class PostEnd(Contract):
    """POST /v1/posts/{id}/ends"""

    on: date
    case_id: UUID | None = None
    reason: Reason


class Term(Contract):
    id: UUID
    org_id: UUID
    term_from: date
    term_to: date
    """The last day of the term."""
    ended_on: date | None


class TermDraft(Contract):
    """POST /v1/terms — a new term ends the one before it."""

    org_id: UUID
    term_from: date
    term_to: date
    case_id: UUID | None = None
    reason: Reason


class PostCopy(Contract):
    """Payload of post.changed."""

    id: UUID
    org_id: UUID
    person_id: UUID
    post: PostKind
    held_from: date
    held_to: date | None
