"""Accounts, grants, machine clients, and what the issuer keeps of sessions and tokens.

None of these tables carries a row-security scope: they are read before the caller's scope is
known, and hold no identity number and no contact.
"""

from alembic import op

revision = "0003"
down_revision = "0002"

ACCOUNTS = """
create table accounts (
  id uuid not null,
  org_id uuid not null,
  person_id uuid,
  login text not null,
  name text not null,
  password_hash text not null,
  must_change boolean not null,
  initial_until timestamptz,
  disabled boolean not null default false,
  failed_attempts integer not null default 0,
  totp_secret text,
  totp_confirmed boolean not null default false,
  totp_step bigint not null default 0,
  version integer not null default 1,
  created_at timestamptz not null,
  constraint pk_accounts primary key (id),
  constraint uq_accounts_login unique (login),
  constraint ck_accounts_login check (login = lower(login)),
  constraint fk_accounts_org_id_organisations foreign key (org_id) references organisations (id),
  constraint fk_accounts_person_id_people foreign key (person_id) references people (id))"""

LOGIN_SOURCES = """
create table login_sources (
  login_digest text not null,
  source text not null,
  failures integer not null default 0,
  blocked_until timestamptz,
  trusted_until timestamptz,
  last_at timestamptz not null,
  constraint pk_login_sources primary key (login_digest, source))"""

GRANTS = """
create table grants (
  id uuid not null,
  account_id uuid not null,
  role text not null,
  org_id uuid not null,
  valid_from date not null,
  valid_to date,
  revoked_on date,
  note text not null default '',
  granted_by text not null,
  in_force daterange not null generated always as (
    case when valid_to is null and revoked_on is null then daterange(valid_from, null, '[)')
    else daterange(valid_from, greatest(valid_from, least(valid_to + 1, revoked_on)), '[)') end
  ) stored,
  constraint pk_grants primary key (id),
  constraint ck_grants_valid_to check (valid_to >= valid_from),
  constraint ck_grants_role check (role <> 'machine'),
  constraint fk_grants_account_id_accounts foreign key (account_id) references accounts (id),
  constraint fk_grants_org_id_organisations foreign key (org_id) references organisations (id),
  constraint ex_grants_in_force exclude using gist (
    grant_key(account_id::text || '|' || role || '|' || org_id::text,
              account_id::text || '|' || role || '|' || org_id::text, '[]') with =,
    in_force with &&))"""

CLIENTS = """
create table clients (
  id uuid not null,
  org_id uuid not null,
  name text not null,
  kind text not null,
  secret_hash text,
  scopes text[] not null default '{}',
  redirect_uris text[] not null default '{}',
  disabled boolean not null default false,
  version integer not null default 1,
  created_at timestamptz not null,
  constraint pk_clients primary key (id),
  constraint ck_clients_kind check (kind in ('machine', 'public')),
  constraint ck_clients_secret check ((kind = 'machine') = (secret_hash is not null)),
  constraint fk_clients_org_id_organisations foreign key (org_id) references organisations (id))"""

SESSIONS = """
create table login_sessions (
  digest text not null,
  account_id uuid not null,
  stage text not null,
  failures integer not null default 0,
  authenticated_at timestamptz not null,
  expires_at timestamptz not null,
  constraint pk_login_sessions primary key (digest),
  constraint ck_login_sessions_stage check (stage in ('second_factor', 'new_password', 'open')),
  constraint fk_login_sessions_account_id_accounts foreign key (account_id)
    references accounts (id))"""

FAMILIES = """
create table token_families (
  id uuid not null,
  account_id uuid not null,
  client_id text not null,
  session_digest text not null,
  scope text not null,
  authenticated_at timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz,
  constraint pk_token_families primary key (id),
  constraint fk_token_families_account_id_accounts foreign key (account_id)
    references accounts (id))"""

CODES = """
create table authorization_codes (
  digest text not null,
  family_id uuid not null,
  client_id text not null,
  redirect_uri text not null,
  challenge text not null,
  nonce text,
  expires_at timestamptz not null,
  used_at timestamptz,
  constraint pk_authorization_codes primary key (digest),
  constraint fk_authorization_codes_family_id_token_families foreign key (family_id)
    references token_families (id) on delete cascade)"""

REFRESH = """
create table refresh_tokens (
  digest text not null,
  family_id uuid not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  constraint pk_refresh_tokens primary key (digest),
  constraint fk_refresh_tokens_family_id_token_families foreign key (family_id)
    references token_families (id) on delete cascade)"""

INDEXES = (
    "create index ix_accounts_org_id on accounts (org_id)",
    "create index ix_accounts_person_id on accounts (person_id)",
    "create index ix_login_sources_last_at on login_sources (last_at)",
    "create index ix_grants_account_id on grants (account_id)",
    "create index ix_grants_org_id on grants (org_id)",
    "create index ix_clients_org_id on clients (org_id)",
    "create index ix_login_sessions_account_id on login_sessions (account_id)",
    "create index ix_login_sessions_expires_at on login_sessions (expires_at)",
    "create index ix_token_families_account_id on token_families (account_id)",
    "create index ix_token_families_expires_at on token_families (expires_at)",
    "create index ix_token_families_session_digest on token_families (session_digest)",
    "create index ix_authorization_codes_family_id on authorization_codes (family_id)",
    "create index ix_refresh_tokens_family_id on refresh_tokens (family_id)",
    "create index ix_audit_events_actor on audit_events (actor, id)",
    "create index ix_audit_events_at on audit_events (at, id)",
)


def upgrade() -> None:
    # A range of text lets a plain GiST index compare for equality, without btree_gist.
    op.execute('create type grant_key as range (subtype = text, collation = "C")')
    tables = (ACCOUNTS, LOGIN_SOURCES, GRANTS, CLIENTS, SESSIONS, FAMILIES, CODES, REFRESH)
    for statement in (*tables, *INDEXES):
        op.execute(statement)
