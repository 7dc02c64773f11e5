"""The tables of posts and of the terms of committees."""

from sqlalchemy import Column, Date, Integer, String, Table, Uuid

from services.orgs.metadata import METADATA

TERMS = Table(
    "terms",
    METADATA,
    Column("id", Uuid(), primary_key=True),
    Column("org_id", Uuid(), nullable=False),
    Column("org_path", String, nullable=False),
    Column("term_from", Date, nullable=False),
    Column("term_to", Date, nullable=False),
    Column("ended_on", Date, nullable=True),
    Column("case_id", Uuid(), nullable=True),
)

POSTS = Table(
    "posts",
    METADATA,
    Column("id", Uuid(), primary_key=True),
    Column("org_id", Uuid(), nullable=False),
    Column("org_path", String, nullable=False),
    Column("person_id", Uuid(), nullable=False),
    Column("post", String, nullable=False),
    Column("held_from", Date, nullable=False),
    Column("held_to", Date, nullable=True),
    Column("term_id", Uuid(), nullable=True),
    Column("case_id", Uuid(), nullable=True),
    Column("version", Integer, nullable=False, default=1),
)
