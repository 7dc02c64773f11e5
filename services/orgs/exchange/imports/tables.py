"""Rows of imports: the file while it is needed, verdicts of its rows, chosen headings."""

from sqlalchemy import Boolean, Column, DateTime, Integer, LargeBinary, String, Table, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from services.orgs.metadata import METADATA

IMPORTS = Table(
    "imports",
    METADATA,
    Column("id", Uuid(), primary_key=True),
    Column("org_id", Uuid(), nullable=False),
    Column("org_path", String, nullable=False),
    Column("kind", String, nullable=True),
    Column("filename", String, nullable=False),
    Column("digest", String, nullable=False),
    Column("state", String, nullable=False),
    Column("mode", String, nullable=True),
    Column("content", LargeBinary, nullable=True),
    Column("preview", LargeBinary, nullable=True),
    Column("report", LargeBinary, nullable=True),
    Column("headings", JSONB, nullable=False),
    Column("counts", JSONB, nullable=False),
    Column("done", Integer, nullable=False),
    Column("error_code", String, nullable=True),
    Column("error_detail", String, nullable=True),
    Column("created_by", String, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True), nullable=True),
    Column("leased_until", DateTime(timezone=True), nullable=True),
    Column("attempts", Integer, nullable=False),
)

IMPORT_ROWS = Table(
    "import_rows",
    METADATA,
    Column("import_id", Uuid(), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("kind", String, nullable=False),
    Column("sheet", String, nullable=False),
    Column("number", Integer, nullable=False),
    Column("verdict", String, nullable=False),
    Column("errors", JSONB, nullable=False),
    Column("object_id", Uuid(), nullable=True),
    Column("applied", Boolean, nullable=False),
)

IMPORT_HEADINGS = Table(
    "import_headings",
    METADATA,
    Column("org_id", Uuid(), primary_key=True),
    Column("kind", String, primary_key=True),
    Column("headings", JSONB, nullable=False),
)
