"""Rulebook editions and local settings, working-day tables, letters with their books, due dates."""

from alembic import op

from shared.database import row_security

revision = "0004"
down_revision = "0003"

RULES = (
    """
create table rule_editions (
  number integer not null, since date not null, note text not null, digest text not null,
  loaded_at timestamptz not null,
  constraint pk_rule_editions primary key (number))""",
    """
create table rule_entries (
  edition integer not null, key text collate "C" not null, value text not null,
  unit text not null, basis text not null, verified text not null, note text not null,
  at_least text, at_most text,
  constraint pk_rule_entries primary key (edition, key),
  constraint fk_rule_entries_edition_rule_editions foreign key (edition)
    references rule_editions (number),
  constraint ck_rule_entries_verified
    check (verified in ('verified', 'unverified', 'local', 'disputed')))""",
    """
create table rule_overrides (
  id uuid not null, org_id uuid not null, key text collate "C" not null, value text not null,
  basis text not null, valid_from date not null, valid_to date,
  version integer not null default 1,
  constraint pk_rule_overrides primary key (id),
  constraint fk_rule_overrides_org_id_organisations foreign key (org_id)
    references organisations (id),
  constraint ck_rule_overrides_period check (valid_to >= valid_from))""",
    "create unique index uq_rule_overrides_live on rule_overrides (org_id, key)"
    " where valid_to is null",
    "create index ix_rule_overrides_org_id on rule_overrides (org_id, key)",
    "create index ix_rule_entries_key on rule_entries (key, edition)",
    "revoke update, delete, truncate on rule_editions, rule_entries from orgs_app",
)

CALENDAR = (
    """
create table calendar_years (
  year integer not null, source text not null, loaded_at timestamptz not null,
  constraint pk_calendar_years primary key (year))""",
    """
create table calendar_days (
  day date not null, year integer not null, worked boolean not null,
  note text not null default '',
  constraint pk_calendar_days primary key (day),
  constraint fk_calendar_days_year_calendar_years foreign key (year)
    references calendar_years (year),
  constraint ck_calendar_days_year check (extract(year from day) = year),
  constraint ck_calendar_days_differs check (worked = (extract(isodow from day) > 5)))""",
    "create index ix_calendar_days_year on calendar_days (year)",
)

LETTERS = (
    """
create table letter_books (
  org_id uuid not null, year integer not null, prefix text not null,
  next_number integer not null,
  constraint pk_letter_books primary key (org_id, year, prefix),
  constraint fk_letter_books_org_id_organisations foreign key (org_id)
    references organisations (id))""",
    """
create table letters (
  id uuid not null, serial text not null, state text not null, case_id uuid not null,
  from_org_id uuid not null, from_path text collate "C" not null,
  to_org_id uuid not null, to_path text collate "C" not null,
  issued_on date not null, valid_until date not null, dues_paid_to date,
  accepted_on date, receipt_on date, voided_on date, void_reason text,
  replaces_id uuid, replaced_by_id uuid,
  constraint pk_letters primary key (id),
  constraint uq_letters_serial unique (serial),
  constraint uq_letters_replaces_id unique (replaces_id),
  constraint fk_letters_from_org_id_organisations foreign key (from_org_id)
    references organisations (id),
  constraint fk_letters_to_org_id_organisations foreign key (to_org_id)
    references organisations (id),
  constraint fk_letters_replaces_id_letters foreign key (replaces_id) references letters (id),
  constraint fk_letters_replaced_by_id_letters foreign key (replaced_by_id)
    references letters (id),
  constraint ck_letters_state check (state in ('issued', 'accepted', 'void', 'closed')),
  constraint ck_letters_validity check (valid_until >= issued_on),
  constraint ck_letters_accepted check (accepted_on between issued_on and valid_until),
  constraint ck_letters_closed check (state <> 'closed' or receipt_on >= accepted_on))""",
    """
create table letter_members (
  letter_id uuid not null, member_id uuid not null, live boolean not null default true,
  constraint pk_letter_members primary key (letter_id, member_id),
  constraint fk_letter_members_letter_id_letters foreign key (letter_id) references letters (id),
  constraint fk_letter_members_member_id_members foreign key (member_id)
    references members (id))""",
    "create index ix_letters_from_path on letters (from_path, id)",
    "create index ix_letters_to_path on letters (to_path, id)",
    "create index ix_letters_from_org_id on letters (from_org_id, id)",
    "create index ix_letters_to_org_id on letters (to_org_id, id)",
    "create unique index uq_letter_members_live on letter_members (member_id) where live",
    "create index ix_letter_members_member_id on letter_members (member_id)",
    "revoke delete, truncate on letters, letter_members, letter_books from orgs_app",
)

DUE = (
    """
create table due_dates (
  id uuid not null, rule text not null, subject_id uuid not null, org_id uuid not null,
  org_path text collate "C" not null, due_on date not null, state text not null,
  constraint pk_due_dates primary key (id),
  constraint fk_due_dates_org_id_organisations foreign key (org_id)
    references organisations (id),
  constraint ck_due_dates_state check (state in ('open', 'done', 'void')))""",
    "create unique index uq_due_dates_open on due_dates (rule, subject_id) where state = 'open'",
    "create index ix_due_dates_due_on on due_dates (state, due_on, id)",
    "create index ix_due_dates_rule on due_dates (rule, state, due_on, id)",
    "create index ix_due_dates_org_path on due_dates (org_path)",
)


def upgrade() -> None:
    for statement in (*RULES, *CALENDAR, *LETTERS, *DUE):
        op.execute(statement)
    policies = {
        "letters": "in_scope(from_path) or in_scope(to_path)",
        "letter_members": "exists (select 1 from letters l where l.id = letter_id)",
        "due_dates": "in_scope(org_path)",
    }
    for table, condition in policies.items():
        for statement in row_security(table, condition):
            op.execute(statement)
