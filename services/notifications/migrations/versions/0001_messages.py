"""Messages, deliveries, daily counts; the copy of the register; idempotency keys, audit trail."""

from alembic import op

from shared.copies.tables import statements as copies
from shared.database import row_security
from shared.foundation import statements as foundation

revision = "0001"
down_revision = None

MESSAGES = """
create table messages (
  id uuid not null, account_id uuid not null, dedupe_key text not null, template text not null,
  title text not null, body text not null, case_id uuid, task_id uuid, link text,
  created_at timestamptz not null, read_at timestamptz, expires_at timestamptz,
  xid bigint not null default pg_current_xact_id()::text::bigint,
  seq bigint generated always as identity,
  constraint pk_messages primary key (id),
  constraint uq_messages_account_id unique (account_id, dedupe_key))"""

DELIVERIES = """
create table deliveries (
  id uuid not null, message_id uuid not null, account_id uuid not null, channel text not null,
  state text not null, attempts integer not null default 0,
  next_attempt_at timestamptz not null, last_error_code text,
  created_at timestamptz not null, expires_at timestamptz, sent_at timestamptz,
  constraint pk_deliveries primary key (id),
  constraint fk_deliveries_message_id_messages foreign key (message_id)
    references messages (id) on delete cascade,
  constraint uq_deliveries_message_id unique (message_id, channel),
  constraint ck_deliveries_state check
    (state in ('pending', 'sending', 'sent', 'failed', 'expired', 'suppressed')))"""

DAILY_COUNTS = """
create table daily_counts (
  account_id uuid not null, channel text not null, day date not null, taken integer not null,
  constraint pk_daily_counts primary key (day, account_id, channel))"""

INDEXES = (
    "create index ix_messages_inbox on messages (account_id, (read_at is not null), id desc)",
    "create index ix_messages_stream on messages (account_id, xid, seq)",
    "create index ix_deliveries_due on deliveries (next_attempt_at)"
    " where state in ('pending', 'sending')",
    "create index ix_deliveries_troubled on deliveries (id)"
    " where state = 'failed' or (state in ('pending', 'sending') and attempts > 1)",
)
OWN = "own_account() in ('*', account_id::text)"


def upgrade() -> None:
    for statement in (*foundation("notifications_app"), *copies()):
        op.execute(statement)
    for statement in (MESSAGES, DELIVERIES, DAILY_COUNTS, *INDEXES):
        op.execute(statement)
    for table in ("messages", "deliveries", "daily_counts"):
        for statement in row_security(table, OWN):
            op.execute(statement)
