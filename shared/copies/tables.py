"""The tables of a service's local copy of the register's feed."""

from collections.abc import Iterable

from sqlalchemy import Boolean, Column, Date, DateTime, Integer, MetaData, String, Table, Uuid

_OWN = MetaData()

ORGANISATIONS = Table(
    "copy_organisations",
    _OWN,
    Column("id", Uuid(), primary_key=True),
    Column("path", String(collation="C"), nullable=False, index=True),
    Column("name", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("code", String, nullable=False),
    Column("parent_id", Uuid()),
    Column("status", String, nullable=False),
    Column("approves_members", Boolean, nullable=False),
    Column("phone", String),
    Column("external", Boolean, nullable=False),
)
GRANTS = Table(
    "copy_grants",
    _OWN,
    Column("id", Uuid(), primary_key=True),
    Column("account_id", Uuid(), nullable=False, index=True),
    Column("role", String, nullable=False),
    Column("org_id", Uuid(), nullable=False),
    Column("valid_from", Date(), nullable=False),
    Column("valid_to", Date()),
)
ACCOUNTS = Table(
    "copy_accounts",
    _OWN,
    Column("id", Uuid(), primary_key=True),
    Column("person_id", Uuid(), index=True),
    Column("name", String, nullable=False),
    Column("disabled", Boolean, nullable=False),
)
CALENDAR_DAYS = Table(
    "copy_calendar_days",
    _OWN,
    Column("day", Date(), primary_key=True),
    Column("worked", Boolean, nullable=False),
)
CALENDAR_YEARS = Table(
    "copy_calendar_years", _OWN, Column("year", Integer, primary_key=True, autoincrement=False)
)
STATE = Table(
    "copy_state",
    _OWN,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("cursor", String, nullable=False),
    Column("calendar_cursor", String, nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False),
)
"""One row: how far the feed is read, when the calendar last changed, when the feed answered."""

TABLES = (ORGANISATIONS, GRANTS, ACCOUNTS, CALENDAR_DAYS, CALENDAR_YEARS, STATE)


def attach(metadata: MetaData) -> None:
    """Make the copy part of a service's MetaData, so that its migrations are compared with it."""
    for table in TABLES:
        table.to_metadata(metadata)


_STATEMENTS = (
    """
create table copy_organisations (
  id uuid not null, path text collate "C" not null, name text not null, kind text not null,
  code text not null, parent_id uuid, status text not null, approves_members boolean not null,
  phone text, external boolean not null,
  constraint pk_copy_organisations primary key (id))""",
    "create index ix_copy_organisations_path on copy_organisations (path)",
    """
create table copy_grants (
  id uuid not null, account_id uuid not null, role text not null, org_id uuid not null,
  valid_from date not null, valid_to date,
  constraint pk_copy_grants primary key (id))""",
    "create index ix_copy_grants_account_id on copy_grants (account_id)",
    "create index ix_copy_grants_org_id on copy_grants (org_id, role)",
    """
create table copy_accounts (
  id uuid not null, person_id uuid, name text not null, disabled boolean not null,
  constraint pk_copy_accounts primary key (id))""",
    "create index ix_copy_accounts_person_id on copy_accounts (person_id)",
    """
create table copy_calendar_days (
  day date not null, worked boolean not null,
  constraint pk_copy_calendar_days primary key (day))""",
    """
create table copy_calendar_years (
  year integer not null,
  constraint pk_copy_calendar_years primary key (year))""",
    """
create table copy_state (
  id integer not null, cursor text not null, calendar_cursor text not null,
  seen_at timestamptz not null,
  constraint pk_copy_state primary key (id),
  constraint ck_copy_state_one_row check (id = 1))""",
    """
insert into copy_state (id, cursor, calendar_cursor, seen_at)
  values (1, '0', '0', '-infinity')""",
)


def statements() -> Iterable[str]:
    """What a service's migration executes; the copy begins empty, stale and so refuses."""
    return _STATEMENTS
