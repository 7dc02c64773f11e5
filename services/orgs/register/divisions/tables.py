"""The table of divisions; a path is the code, because codes nest as prefixes."""

from sqlalchemy import Column, SmallInteger, String, Table

from services.orgs.metadata import METADATA

DIVISIONS = Table(
    "divisions",
    METADATA,
    Column("code", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("full_name", String, nullable=False),
    Column("level", SmallInteger, nullable=False),
    Column("parent_code", String, nullable=True),
    Column("path", String, nullable=False),
)
