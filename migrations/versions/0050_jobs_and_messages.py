"""Jobs that can be repeated by key, given up, watched and scheduled; messages to people by several channels."""

from alembic import op

from migrations.ops import TenantTable, create_tenant_table

revision = "0050"
down_revision = "0025"

#: On a table that is in use: outside a transaction, without a long lock, each line good to run twice.
OUTBOX = (
    # `sent_to`: which life of which Redis the job was sent to; another life has lost it.
    "ALTER TABLE outbox ADD COLUMN IF NOT EXISTS key text, ADD COLUMN IF NOT EXISTS started_at timestamptz,"
    " ADD COLUMN IF NOT EXISTS dead_at timestamptz, ADD COLUMN IF NOT EXISTS dropped_at timestamptz,"
    " ADD COLUMN IF NOT EXISTS sent_to text",
    "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS uq_outbox_job_key ON outbox (region_id, job, key)"
    " WHERE key IS NOT NULL",
    "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_outbox_open ON outbox (region_id, due_at)"
    " WHERE done_at IS NULL AND dead_at IS NULL",
    "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_outbox_dead ON outbox (region_id, dead_at)"
    " WHERE dead_at IS NOT NULL AND dropped_at IS NULL",
    "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_outbox_done ON outbox (region_id, done_at) WHERE done_at IS NOT NULL",
    "DROP INDEX CONCURRENTLY IF EXISTS ix_outbox_waiting",
)
CHANNEL = "channel text NOT NULL CHECK (channel IN ('surel', 'whatsapp', 'sms'))"

TABLES = (
    TenantTable(
        "job_progress",
        (
            "outbox_id uuid NOT NULL",
            "done bigint NOT NULL DEFAULT 0",
            "total bigint NOT NULL DEFAULT 0",
            "note text NOT NULL DEFAULT ''",
            "url text NOT NULL DEFAULT ''",
            "started_at timestamptz NOT NULL DEFAULT clock_timestamp()",
            "updated_at timestamptz NOT NULL DEFAULT clock_timestamp()",
            "finished_at timestamptz",
        ),
        uniques=("outbox_id",),
        references=(("outbox_id", "outbox", "id"),),
        writes="INSERT, UPDATE, DELETE",
    ),
    TenantTable(
        "job_schedules",
        ("job text NOT NULL", "rule text NOT NULL", "next_due timestamptz NOT NULL", "asked_at timestamptz"),
        uniques=("job",),
    ),
    TenantTable(
        "inbox_messages",
        (
            "account_id uuid NOT NULL",
            "event text NOT NULL",
            "subject text NOT NULL",
            "body text NOT NULL",
            "url text NOT NULL DEFAULT ''",
            "created_at timestamptz NOT NULL DEFAULT clock_timestamp()",
            "read_at timestamptz",
            # When an e-mail of its own or a digest told of it.
            "told_at timestamptz",
        ),
        references=(("account_id", "accounts", "id"),),
        indexes=("account_id, created_at DESC",),
        writes="INSERT, UPDATE, DELETE",
    ),
    TenantTable(
        "message_sends",
        (
            "account_id uuid NOT NULL",
            "inbox_message_id uuid",
            CHANNEL,
            "event text NOT NULL",
            "state text NOT NULL CHECK (state IN ('TERKIRIM', 'DITAHAN', 'TIDAK_SAMPAI'))",
            "reason text NOT NULL DEFAULT ''",
            "reference text NOT NULL DEFAULT ''",
            "at timestamptz NOT NULL DEFAULT clock_timestamp()",
        ),
        references=(("account_id", "accounts", "id"), ("inbox_message_id", "inbox_messages", "id")),
        indexes=("account_id, channel, at", "inbox_message_id"),
        writes="INSERT, UPDATE, DELETE",
    ),
    TenantTable(
        "message_contacts",
        (
            "account_id uuid NOT NULL",
            "language text NOT NULL DEFAULT ''",
            "phone_sealed bytea",
            "phone_verified_at timestamptz",
            "code_hash text NOT NULL DEFAULT ''",
            "code_until timestamptz",
            "code_tries bigint NOT NULL DEFAULT 0",
        ),
        uniques=("account_id",),
        references=(("account_id", "accounts", "id"),),
        writes="INSERT, UPDATE, DELETE",
    ),
    TenantTable(
        "message_choices",
        (
            "account_id uuid NOT NULL",
            "event text NOT NULL",
            CHANNEL,
            "choice text NOT NULL CHECK (choice IN ('LANGSUNG', 'RINGKASAN', 'MATI'))",
        ),
        uniques=("account_id, event, channel",),
        references=(("account_id", "accounts", "id"),),
        writes="INSERT, UPDATE, DELETE",
    ),
    TenantTable(
        "message_templates",
        (
            "event text NOT NULL",
            "language text NOT NULL",
            "subject text NOT NULL",
            "body text NOT NULL",
            "actor text NOT NULL",
            "saved_at timestamptz NOT NULL DEFAULT clock_timestamp()",
        ),
        uniques=("event, language",),
        writes="INSERT, UPDATE, DELETE",
    ),
)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for statement in OUTBOX:
            op.execute(statement)
    for table in TABLES:
        create_tenant_table(table)
    op.execute("CREATE INDEX ix_inbox_messages_unread ON inbox_messages (region_id, account_id) WHERE read_at IS NULL")
    # The web process says on /siap whether the schema is the one that it was written for.
    op.execute("GRANT SELECT ON tenancy.alembic_version TO smartcity_app, smartcity_worker")
