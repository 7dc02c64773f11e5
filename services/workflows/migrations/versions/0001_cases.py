"""Cases, claims, commands, tasks, timeline, handling, reminders; the copy of the register."""

from alembic import op

from shared.copies.tables import statements as copies
from shared.database import row_security
from shared.foundation import statements as foundation

revision = "0001"
down_revision = None

TABLES = """
create table cases (
  id uuid not null,
  process text not null,
  state text not null,
  step text not null default '',
  outcome text,
  attention text,
  label text not null,
  org_id uuid not null,
  org_path text collate "C" not null,
  paths text[] not null,
  person_ids uuid[] not null default '{}',
  started_by text not null,
  request jsonb not null,
  facts jsonb not null,
  known jsonb not null default '{}',
  edition integer not null,
  rules jsonb not null,
  opened_at timestamptz not null,
  ended_at timestamptz,
  occurred_on date not null,
  fence timestamptz not null default '-infinity',
  unreachable_since timestamptz,
  calendar_cursor text not null default '0',
  constraint pk_cases primary key (id),
  constraint ck_cases_state check (state in ('recorded', 'open', 'attention', 'ended')));
create index ix_cases_path on cases (org_path, id);
create index ix_cases_open on cases (process, state) where state <> 'ended';
create index ix_cases_paths on cases using gin (paths);
create index ix_cases_started_by on cases (started_by, id);
create index ix_cases_person_ids on cases using gin (person_ids);

create table case_parties (
  case_id uuid not null, side text not null, org_id uuid not null, path text collate "C" not null,
  constraint pk_case_parties primary key (case_id, side),
  constraint fk_case_parties_case_id_cases foreign key (case_id) references cases (id));
create index ix_case_parties_path on case_parties (path, case_id);

create table claims (
  case_id uuid not null, subject_id uuid not null, process text not null,
  released_at timestamptz,
  constraint pk_claims primary key (case_id, subject_id),
  constraint fk_claims_case_id_cases foreign key (case_id) references cases (id));
create unique index uq_claims_exclusive on claims (subject_id, process) where released_at is null;

create table claim_subjects (
  subject_id uuid not null, constraint pk_claim_subjects primary key (subject_id));

create table commands (
  id uuid not null,
  case_id uuid not null,
  task_id uuid,
  kind text not null,
  caller text not null,
  key text not null,
  body_hash text not null,
  actor text not null,
  on_behalf_of text,
  body jsonb not null,
  private jsonb not null default '{}',
  state text not null default 'recorded',
  refusal text,
  recorded_at timestamptz not null,
  settled_at timestamptz,
  leased_until timestamptz not null default '-infinity',
  attempts integer not null default 0,
  constraint pk_commands primary key (id),
  constraint fk_commands_case_id_cases foreign key (case_id) references cases (id),
  constraint uq_commands_caller unique (caller, key),
  constraint ck_commands_state check (state in ('recorded', 'applied', 'refused')));
create unique index uq_commands_task on commands (task_id)
  where task_id is not null and state <> 'refused';
create index ix_commands_waiting on commands (leased_until) where state = 'recorded';
create index ix_commands_case_id on commands (case_id, id);

create table tasks (
  id uuid not null,
  case_id uuid not null,
  opened_seq integer not null,
  key text not null,
  round integer not null,
  title text not null,
  article text not null,
  verb text not null,
  role text not null,
  org_id uuid not null,
  org_path text collate "C" not null,
  side text not null,
  person_id uuid,
  choices text[] not null,
  form text,
  due jsonb,
  due_on date,
  lapses boolean not null,
  optional boolean not null,
  state text not null,
  opened_at timestamptz not null,
  closed_at timestamptz,
  choice text,
  answered_by text,
  on_behalf_of text,
  constraint pk_tasks primary key (id),
  constraint fk_tasks_case_id_cases foreign key (case_id) references cases (id),
  constraint ck_tasks_state check (state in ('open', 'answered', 'lapsed', 'cancelled')));
create index ix_tasks_inbox on tasks (org_id, role, due_on, id) where state = 'open';
create index ix_tasks_due on tasks (due_on, id) where state = 'open' and due_on is not null;
create index ix_tasks_case_id on tasks (case_id, opened_seq);
create index ix_tasks_answered_by on tasks (answered_by, closed_at) where state = 'answered';

create table timeline (
  case_id uuid not null, seq integer not null, at timestamptz not null,
  kind text not null, step text not null, article text not null, title text not null,
  task_id uuid, actor text, on_behalf_of text, choice text, command_id uuid,
  data jsonb not null default '{}',
  constraint pk_timeline primary key (case_id, seq),
  constraint fk_timeline_case_id_cases foreign key (case_id) references cases (id));

create table handlings (
  id uuid not null, task_id uuid not null, case_id uuid not null, kind text not null,
  actor text not null, at timestamptz not null, to_account text, to_org_id uuid, to_path text,
  constraint pk_handlings primary key (id),
  constraint fk_handlings_task_id_tasks foreign key (task_id) references tasks (id)
    on delete cascade,
  constraint ck_handlings_kind check (kind in ('claimed', 'released', 'urged', 'escalated')));
create index ix_handlings_task_id on handlings (task_id, id);

create table delegations (
  id uuid not null, from_account text not null, to_account text not null,
  role text not null, org_id uuid not null, org_path text not null,
  valid_from date not null, valid_to date not null, revoked_at timestamptz,
  constraint pk_delegations primary key (id),
  constraint ck_delegations_dates check (valid_to >= valid_from));
create index ix_delegations_to_account on delegations (to_account, valid_to);

create table notices (
  dedupe_key text not null, template text not null, recipient jsonb not null,
  variables jsonb not null, case_id uuid, task_id uuid,
  created_at timestamptz not null, leased_until timestamptz not null default '-infinity',
  constraint pk_notices primary key (dedupe_key));
create index ix_notices_leased_until on notices (leased_until, created_at);

create table rungs_sent (
  rule text not null, subject_id uuid not null, due_on date not null, rung text not null,
  sent_at timestamptz not null,
  constraint pk_rungs_sent primary key (rule, subject_id, due_on, rung));
"""

PARTY = """
  in_scope(org_path)
  or exists (select 1 from unnest(paths) p where in_scope(p))
  or own_person() = any(person_ids)
  or started_by = own_account()
"""
OF_CASE = "exists (select 1 from cases c where c.id = case_id)"


def upgrade() -> None:
    for statement in (*foundation("workflows_app"), *copies()):
        op.execute(statement)
    for statement in TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
    for table, condition in (
        ("cases", PARTY),
        ("tasks", f"in_scope(org_path) or {OF_CASE}"),
        ("timeline", OF_CASE),
        ("commands", OF_CASE),
    ):
        for statement in row_security(table, condition):
            op.execute(statement)
