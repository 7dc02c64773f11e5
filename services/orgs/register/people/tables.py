"""The table of people; the keys of its sealed columns are in another database."""

from sqlalchemy import Column, Integer, LargeBinary, String, Table, Uuid

from services.orgs.metadata import METADATA

PEOPLE = Table(
    "people",
    METADATA,
    Column("id", Uuid(), primary_key=True),
    Column("name", String, nullable=False),
    Column("pinyin", String, nullable=False),
    Column("initials", String, nullable=False),
    Column("id_number_sealed", LargeBinary, nullable=True),
    Column("id_number_index", LargeBinary, unique=True, nullable=True),
    Column("id_number_masked", String, nullable=True),
    Column("phone_sealed", LargeBinary, nullable=True),
    Column("phone_masked", String, nullable=True),
    Column("email_sealed", LargeBinary, nullable=True),
    Column("email_masked", String, nullable=True),
    Column("home_org_id", Uuid(), nullable=False),
    Column("home_path", String, nullable=False),
    Column("version", Integer, nullable=False, default=1),
)
