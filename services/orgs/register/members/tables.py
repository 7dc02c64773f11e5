"""The tables of members: where they belong, where they take part, where they are moving."""

from sqlalchemy import Boolean, Column, Date, Integer, String, Table, Uuid

from services.orgs.metadata import METADATA

MEMBERS = Table(
    "members",
    METADATA,
    Column("id", Uuid(), primary_key=True),
    Column("person_id", Uuid(), nullable=False, unique=True),
    Column("standing", String, nullable=False),
    Column("state", String, nullable=False, default="active"),
    Column("org_id", Uuid(), nullable=False),
    Column("org_path", String, nullable=False),
    Column("joined_on", Date, nullable=False),
    Column("full_on", Date, nullable=True),
    Column("probation_ends_on", Date, nullable=True),
    Column("dues_paid_to", Date, nullable=True),
    Column("open_discipline", Boolean, nullable=False, default=False),
    Column("version", Integer, nullable=False, default=1),
)

MEMBERSHIPS = Table(
    "memberships",
    METADATA,
    Column("id", Uuid(), primary_key=True),
    Column("member_id", Uuid(), nullable=False),
    Column("person_id", Uuid(), nullable=False),
    Column("org_id", Uuid(), nullable=False),
    Column("org_path", String, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date, nullable=True),
    Column("case_id", Uuid(), nullable=True),
    Column("ended_as", String, nullable=True),
)

PARTICIPATIONS = Table(
    "participations",
    METADATA,
    Column("id", Uuid(), primary_key=True),
    Column("member_id", Uuid(), nullable=False),
    Column("person_id", Uuid(), nullable=False),
    Column("org_id", Uuid(), nullable=False),
    Column("org_path", String, nullable=False),
    Column("home_path", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date, nullable=True),
    Column("case_id", Uuid(), nullable=True),
)

TRANSITS = Table(
    "transits",
    METADATA,
    Column("id", Uuid(), primary_key=True),
    Column("member_id", Uuid(), nullable=False),
    Column("person_id", Uuid(), nullable=False),
    Column("org_path", String, nullable=False),
    Column("case_id", Uuid(), nullable=False),
    Column("to_org_id", Uuid(), nullable=False),
    Column("to_path", String, nullable=False),
    Column("letter_id", Uuid(), nullable=True),
    Column("started_on", Date, nullable=False),
    Column("ended_on", Date, nullable=True),
    Column("reason", String, nullable=True),
)
