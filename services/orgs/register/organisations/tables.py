"""The tables of organisations, their superiors over time, and direct contact."""

from sqlalchemy import Boolean, Column, Date, Integer, String, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY

from services.orgs.metadata import METADATA

ORGANISATIONS = Table(
    "organisations",
    METADATA,
    Column("id", Uuid(), primary_key=True),
    Column("code", String, nullable=False, unique=True),
    Column("name", String, nullable=False),
    Column("pinyin", String, nullable=False),
    Column("initials", String, nullable=False),
    Column("grams", ARRAY(Text), nullable=False),
    Column("kind", String, nullable=False),
    Column("path", String, nullable=False, unique=True),
    Column("parent_id", Uuid(), nullable=True),
    Column("state", String, nullable=False, default="active"),
    Column("approves_members", Boolean, nullable=False, default=False),
    Column("external", Boolean, nullable=False, default=False),
    Column("phone", String, nullable=True),
    Column("division_code", String, nullable=True),
    Column("enterprise_id", Uuid(), nullable=True),
    Column("carrier_kind", String, nullable=True),
    Column("founded_on", Date, nullable=True),
    Column("dissolved_on", Date, nullable=True),
    Column("children_made", Integer, nullable=False, default=0),
    Column("version", Integer, nullable=False, default=1),
)

AFFILIATIONS = Table(
    "affiliations",
    METADATA,
    Column("id", Uuid(), primary_key=True),
    Column("org_id", Uuid(), nullable=False),
    Column("parent_id", Uuid(), nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date, nullable=True),
    Column("case_id", Uuid(), nullable=True),
)

DIRECT_CONTACTS = Table(
    "direct_contacts",
    METADATA,
    Column("id", Uuid(), primary_key=True),
    Column("org_id", Uuid(), nullable=False),
    Column("superior_id", Uuid(), nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date, nullable=True),
    Column("case_id", Uuid(), nullable=True),
)
