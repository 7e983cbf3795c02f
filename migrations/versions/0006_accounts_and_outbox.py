"""Who may sign in to a region, and what waits to be done outside a transaction."""

from alembic import op

from migrations.ops import TenantTable, create_tenant_table

revision = "0006"
down_revision = "0003"

TABLES = (
    TenantTable(
        "accounts",
        (
            "email text NOT NULL CHECK (email = lower(email))",
            "nama text NOT NULL",
            "password_hash text NOT NULL DEFAULT ''",
            "version bigint NOT NULL DEFAULT 1",
            "state text NOT NULL DEFAULT 'DIUNDANG' CHECK (state IN ('DIUNDANG', 'AKTIF', 'DITUTUP'))",
            "created_at timestamptz NOT NULL DEFAULT clock_timestamp()",
            "last_sign_in timestamptz",
        ),
        uniques=("email",),
    ),
    TenantTable(
        "account_roles",
        ("account_id uuid NOT NULL", "role text NOT NULL"),
        uniques=("account_id, role",),
        references=(("account_id", "accounts", "id"),),
        writes="INSERT, DELETE",
    ),
    TenantTable(
        "account_tokens",
        (
            "account_id uuid NOT NULL",
            "purpose text NOT NULL CHECK (purpose IN ('undangan', 'sandi'))",
            "token_hash text NOT NULL",
            "expires_at timestamptz NOT NULL",
            "used_at timestamptz",
            "created_at timestamptz NOT NULL DEFAULT clock_timestamp()",
        ),
        uniques=("token_hash",),
        references=(("account_id", "accounts", "id"),),
        indexes=("account_id",),
        writes="INSERT, UPDATE, DELETE",
    ),
    TenantTable(
        "sign_in_attempts",
        (
            "email_hash text NOT NULL",
            "address_hash text NOT NULL",
            "kind text NOT NULL CHECK (kind IN ('masuk', 'sandi'))",
            "at timestamptz NOT NULL DEFAULT clock_timestamp()",
        ),
        indexes=("at",),
        writes="INSERT, DELETE",
    ),
    TenantTable(
        "outbox",
        (
            "job text NOT NULL",
            "payload text NOT NULL",
            "actor text NOT NULL",
            "attempts bigint NOT NULL DEFAULT 0",
            "error text NOT NULL DEFAULT ''",
            "created_at timestamptz NOT NULL DEFAULT clock_timestamp()",
            "due_at timestamptz NOT NULL DEFAULT clock_timestamp()",
            "sent_at timestamptz",
            "done_at timestamptz",
        ),
        writes="INSERT, UPDATE, DELETE",
    ),
)


def upgrade() -> None:
    for table in TABLES:
        create_tenant_table(table)
    op.execute("CREATE INDEX ix_outbox_waiting ON outbox (region_id, due_at) WHERE done_at IS NULL")
