"""Second factors, sessions that can be ended, and sign-in by the region's own identity provider."""

from alembic import op

from migrations.ops import TenantTable, create_tenant_table

revision = "0080"
down_revision = "0070"
lint_exempt = {
    "ban-drop-constraint": "the check is only widened: every kind that running code writes stays allowed",
    "constraint-missing-not-valid": "sign_in_attempts holds the failures of a few days; scanning it takes milliseconds",
}

ACCOUNT = (("account_id", "accounts", "id"),)
CHANGING = "INSERT, UPDATE, DELETE"

TABLES = (
    TenantTable(
        "account_sessions",
        (
            "account_id uuid NOT NULL",
            "how text NOT NULL CHECK (how IN ('sandi', 'tautan', 'passkey', 'sso'))",
            "device text NOT NULL DEFAULT ''",
            "started_at timestamptz NOT NULL DEFAULT clock_timestamp()",
            "confirmed_at timestamptz NOT NULL DEFAULT clock_timestamp()",
            "factor_at timestamptz",
            "ended_at timestamptz",
        ),
        references=ACCOUNT,
        indexes=("account_id",),
        writes=CHANGING,
    ),
    TenantTable(
        "account_totp",
        (
            "account_id uuid NOT NULL",
            "state text NOT NULL DEFAULT 'MENUNGGU' CHECK (state IN ('MENUNGGU', 'AKTIF'))",
            "secret_sealed bytea NOT NULL",
            "last_step bigint NOT NULL DEFAULT 0",
            "created_at timestamptz NOT NULL DEFAULT clock_timestamp()",
        ),
        uniques=("account_id, state",),
        references=ACCOUNT,
        writes=CHANGING,
    ),
    TenantTable(
        "account_passkeys",
        (
            "account_id uuid NOT NULL",
            "credential bytea NOT NULL",
            "public_key bytea NOT NULL",
            "sign_count bigint NOT NULL DEFAULT 0",
            "host text NOT NULL",
            "label text NOT NULL",
            "transports text NOT NULL DEFAULT ''",
            "created_at timestamptz NOT NULL DEFAULT clock_timestamp()",
            "last_used timestamptz",
        ),
        uniques=("credential",),
        references=ACCOUNT,
        indexes=("account_id",),
        writes=CHANGING,
    ),
    TenantTable(
        "account_recovery_codes",
        (
            "account_id uuid NOT NULL",
            "code_hash text NOT NULL",
            "used_at timestamptz",
            "created_at timestamptz NOT NULL DEFAULT clock_timestamp()",
        ),
        uniques=("code_hash",),
        references=ACCOUNT,
        indexes=("account_id",),
        writes=CHANGING,
    ),
    TenantTable(
        "spent_challenges",
        ("digest text NOT NULL", "at timestamptz NOT NULL DEFAULT clock_timestamp()"),
        uniques=("digest",),
        indexes=("at",),
        writes="INSERT, DELETE",
    ),
    TenantTable(
        "oidc_providers",
        (
            "slot text NOT NULL DEFAULT 'utama' CHECK (slot IN ('utama'))",
            "name text NOT NULL",
            "issuer text NOT NULL",
            "client_id text NOT NULL",
            "client_secret_sealed bytea NOT NULL",
            "domains text NOT NULL DEFAULT ''",
            "claim text NOT NULL DEFAULT ''",
            "claim_value text NOT NULL DEFAULT ''",
            "state text NOT NULL DEFAULT 'NONAKTIF' CHECK (state IN ('NONAKTIF', 'AKTIF'))",
            "updated_at timestamptz NOT NULL DEFAULT clock_timestamp()",
        ),
        uniques=("slot",),
        writes=CHANGING,
    ),
    TenantTable(
        "oidc_identities",
        (
            "account_id uuid NOT NULL",
            "issuer text NOT NULL",
            "subject text NOT NULL",
            "created_at timestamptz NOT NULL DEFAULT clock_timestamp()",
            "last_used timestamptz NOT NULL DEFAULT clock_timestamp()",
        ),
        uniques=("issuer, subject", "account_id, issuer"),
        references=ACCOUNT,
        writes=CHANGING,
    ),
)


def upgrade() -> None:
    for table in TABLES:
        create_tenant_table(table)
    op.execute(
        "ALTER TABLE sign_in_attempts DROP CONSTRAINT sign_in_attempts_kind_check,"
        " ADD CONSTRAINT sign_in_attempts_kind_check CHECK (kind IN ('masuk', 'sandi', 'faktor'))"
    )
