"""Imports: uploaded workbooks, verdicts of their rows, headings that offices chose."""

from alembic import op

from shared.database import row_security

revision = "0005"
down_revision = "0004"

STATEMENTS = (
    """
create table imports (
  id uuid not null, org_id uuid not null, org_path text collate "C" not null, kind text,
  filename text not null, digest text not null, state text not null, mode text,
  content bytea, preview bytea, report bytea,
  headings jsonb not null default '[]', counts jsonb not null default '{}',
  done integer not null default 0, error_code text, error_detail text,
  created_by text not null, created_at timestamptz not null, ended_at timestamptz,
  leased_until timestamptz, attempts integer not null default 0,
  constraint pk_imports primary key (id),
  constraint fk_imports_org_id_organisations foreign key (org_id) references organisations (id),
  constraint ck_imports_kind check (kind in ('organisations', 'enterprises', 'members')),
  constraint ck_imports_mode check (mode in ('all', 'good')),
  constraint ck_imports_state check (state in ('uploaded', 'checking', 'checked', 'confirmed',
    'applying', 'applied', 'discarded', 'failed')),
  constraint ck_imports_erased check (ended_at is null
    or (content is null and preview is null and report is null)))""",
    # Already compressed and encrypted: another attempt costs time and saves nothing.
    "alter table imports alter column content set storage external",
    "alter table imports alter column report set storage external",
    "create unique index uq_imports_open on imports (org_id, digest, coalesce(kind, ''))"
    " where ended_at is null",
    "create index ix_imports_org_path on imports (org_path, id)",
    "create index ix_imports_work on imports (created_at)"
    " where state in ('uploaded', 'checking', 'confirmed', 'applying')",
    """
create table import_rows (
  import_id uuid not null, position integer not null, kind text not null, sheet text not null,
  number integer not null, verdict text not null, errors jsonb not null,
  object_id uuid, applied boolean not null default false,
  constraint pk_import_rows primary key (import_id, position),
  constraint fk_import_rows_import_id_imports foreign key (import_id) references imports (id),
  constraint ck_import_rows_verdict
    check (verdict in ('create', 'correct', 'unchanged', 'refused')))""",
    "create index ix_import_rows_verdict on import_rows (import_id, verdict, position)",
    """
create table import_headings (
  org_id uuid not null, kind text not null, headings jsonb not null,
  constraint pk_import_headings primary key (org_id, kind),
  constraint fk_import_headings_org_id_organisations foreign key (org_id)
    references organisations (id))""",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    policies = {
        "imports": "in_scope(org_path)",
        "import_rows": "exists (select 1 from imports i where i.id = import_id)",
    }
    for table, condition in policies.items():
        for statement in row_security(table, condition):
            op.execute(statement)
