"""The table of enterprises."""

from sqlalchemy import Boolean, Column, Date, Integer, String, Table, Uuid

from services.orgs.metadata import METADATA

ENTERPRISES = Table(
    "enterprises",
    METADATA,
    Column("id", Uuid(), primary_key=True),
    Column("credit_code", String, nullable=False, unique=True),
    Column("name", String, nullable=False),
    Column("pinyin", String, nullable=False),
    Column("initials", String, nullable=False),
    Column("staff_count", Integer, nullable=False, default=0),
    Column("above_scale", Boolean, nullable=False, default=False),
    Column("operating_status", String, nullable=False),
    Column("status_on", Date, nullable=False),
    Column("division_code", String, nullable=True),
    Column("park", String, nullable=True),
    Column("market", String, nullable=True),
    Column("building", String, nullable=True),
    Column("union_since", Date, nullable=True),
    Column("league_since", Date, nullable=True),
    Column("org_id", Uuid(), nullable=False),
    Column("org_path", String, nullable=False),
    Column("covering_org_id", Uuid(), nullable=True),
    Column("version", Integer, nullable=False, default=1),
)
