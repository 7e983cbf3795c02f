"""Files in processes: where each stands, what was done to it, whose desk it is on, and the region's own calendar."""

from alembic import op

from migrations.ops import TenantTable, create_tenant_table

revision = "0021"
down_revision = "0020"

TABLES = (
    TenantTable(
        "workflow_files",
        (
            "process text NOT NULL",
            "version bigint NOT NULL",
            "subject uuid NOT NULL",
            "state text NOT NULL",
            "returned_by text NOT NULL DEFAULT ''",
            "nomor text NOT NULL DEFAULT ''",
            "judul text NOT NULL DEFAULT ''",
            "owner_id uuid",
            "opened_on date NOT NULL",
            "public_since date",
            "legal_since date",
            "entered_on date NOT NULL",
            "due_on date",
            "days_allowed bigint",
            "days_before bigint NOT NULL DEFAULT 0",
            "paused_since date",
            "days_paused bigint NOT NULL DEFAULT 0",
            "last_step bigint NOT NULL DEFAULT 0",
            "ended_on date",
        ),
        uniques=("process, subject",),
        references=(("owner_id", "accounts", "id"),),
        indexes=("process, state, due_on", "owner_id"),
    ),
    TenantTable(
        "workflow_steps",
        (
            "file_id uuid NOT NULL",
            "number bigint NOT NULL",
            "action text NOT NULL",
            "state_before text NOT NULL",
            "state_after text NOT NULL",
            "actor text NOT NULL",
            "duty text NOT NULL",
            "acting_for text NOT NULL DEFAULT ''",
            "channel text NOT NULL",
            "reason_code text NOT NULL DEFAULT ''",
            "reason text NOT NULL DEFAULT ''",
            "happened_on date NOT NULL",
            "recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()",
            "recorded_later boolean NOT NULL",
            "days_used bigint NOT NULL",
            "days_allowed bigint",
            "key text",
        ),
        uniques=("file_id, number", "file_id, key"),
        references=(("file_id", "workflow_files", "id"),),
        indexes=("actor, recorded_at",),
        writes="INSERT",
    ),
    TenantTable(
        "workflow_conflicts",
        (
            "file_id uuid NOT NULL",
            "account_id uuid NOT NULL",
            "reason text NOT NULL",
            "declared_at timestamptz NOT NULL DEFAULT clock_timestamp()",
        ),
        uniques=("file_id, account_id",),
        references=(("file_id", "workflow_files", "id"), ("account_id", "accounts", "id")),
        writes="INSERT",
    ),
    TenantTable(
        "workflow_draw_days",
        (
            "day date NOT NULL",
            "seed_hash text NOT NULL",
            "seed_sealed bytea NOT NULL",
            "seed text NOT NULL DEFAULT ''",
            "published_at timestamptz NOT NULL DEFAULT clock_timestamp()",
        ),
        uniques=("day",),
    ),
    TenantTable(
        "workflow_assignments",
        (
            "file_id uuid NOT NULL",
            "account_id uuid NOT NULL",
            "duty text NOT NULL",
            "how text NOT NULL CHECK (how IN ('ANTREAN', 'UNDIAN', 'PENUNJUKAN'))",
            "draw_id uuid",
            "candidates text NOT NULL DEFAULT ''",
            "since timestamptz NOT NULL DEFAULT clock_timestamp()",
            "ended_at timestamptz",
            "reason text NOT NULL DEFAULT ''",
        ),
        uniques=("file_id, duty, account_id",),
        references=(
            ("file_id", "workflow_files", "id"),
            ("account_id", "accounts", "id"),
            ("draw_id", "workflow_draw_days", "id"),
        ),
        indexes=("account_id, ended_at", "draw_id"),
    ),
    TenantTable(
        "workflow_delegations",
        (
            "giver_id uuid NOT NULL",
            "taker_id uuid NOT NULL",
            "role text NOT NULL",
            "kind text NOT NULL CHECK (kind IN ('Plh.', 'Plt.'))",
            "starts_on date NOT NULL",
            "ends_on date NOT NULL",
            "letter_no text NOT NULL",
            "ended_at timestamptz",
            "CHECK (ends_on >= starts_on)",
        ),
        references=(("giver_id", "accounts", "id"), ("taker_id", "accounts", "id")),
        indexes=("taker_id, starts_on", "giver_id, starts_on"),
    ),
    TenantTable(
        "workflow_settings",
        (
            "process text NOT NULL",
            "name text NOT NULL",
            "value text NOT NULL",
            "legal_basis text NOT NULL",
            "valid_from date NOT NULL",
            "proposed_by_id uuid NOT NULL",
            "approved_by_id uuid",
            "proposed_at timestamptz NOT NULL DEFAULT clock_timestamp()",
            "approved_at timestamptz",
            "CONSTRAINT four_eyes CHECK (approved_by_id <> proposed_by_id)",
        ),
        uniques=("process, name, valid_from",),
        references=(("proposed_by_id", "accounts", "id"), ("approved_by_id", "accounts", "id")),
    ),
    TenantTable(
        "workflow_escalations",
        (
            "file_id uuid NOT NULL",
            "step bigint NOT NULL",
            "level bigint NOT NULL CHECK (level > 0)",
            "at timestamptz NOT NULL DEFAULT clock_timestamp()",
        ),
        uniques=("file_id, step, level",),
        references=(("file_id", "workflow_files", "id"),),
        writes="INSERT",
    ),
    TenantTable(
        "counters",
        ("name text NOT NULL", "value bigint NOT NULL CHECK (value > 0)"),
        uniques=("name",),
    ),
    TenantTable(
        "calendar_days",
        (
            "day date NOT NULL",
            "works boolean NOT NULL",
            "name text NOT NULL",
            "legal_basis text NOT NULL",
        ),
        uniques=("day",),
        writes="INSERT, UPDATE, DELETE",
    ),
)


def upgrade() -> None:
    for table in TABLES:
        create_tenant_table(table)
    op.execute("ALTER TABLE hibah ADD COLUMN pemohon_id uuid")
    op.execute(
        "ALTER TABLE hibah ADD CONSTRAINT fk_hibah_pemohon_id FOREIGN KEY (region_id, pemohon_id)"
        " REFERENCES accounts (region_id, id)"
    )
    op.execute("CREATE INDEX ix_hibah_pemohon ON hibah (region_id, pemohon_id)")
