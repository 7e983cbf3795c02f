"""Keys that can be retired, live context keys that a process can find, consents, erasure requests, retention rules."""

from alembic import op

from migrations.ops import TenantTable, create_tenant_table

revision = "0070"
down_revision = "0060"
lint_exempt = {
    "ban-drop-constraint": "the check is only widened: every purpose that running code writes stays allowed",
    "constraint-missing-not-valid": "region_keys holds a handful of rows a region; scanning it takes milliseconds",
}

#: A retired key is emptied: nobody can open what it sealed. Its row stays, so that its number is not used again.
REGION_KEYS = (
    "ALTER TABLE region_keys DROP CONSTRAINT region_keys_purpose_check",
    "ALTER TABLE region_keys ADD CONSTRAINT ck_region_keys_purpose CHECK (length(purpose) BETWEEN 1 AND 60)",
    "ALTER TABLE region_keys ADD COLUMN retired_at timestamptz",
    "ALTER TABLE region_keys ADD CONSTRAINT ck_region_keys_retired"
    " CHECK ((retired_at IS NULL) = (length(wrapped) > 0))",
)
ACCOUNTS = "ALTER TABLE accounts ADD COLUMN closed_at timestamptz, ADD COLUMN erased_at timestamptz"
CONSENTS = TenantTable(
    "consents",
    (
        # As in the log: what the consent is of, and its number ("account" and its id). Never a name or a NIK.
        "subject_type text NOT NULL",
        "subject_ref text NOT NULL",
        "purpose text NOT NULL",
        "text_version text NOT NULL",
        "channel text NOT NULL CHECK (channel IN ('web', 'kertas', 'peragaan'))",
        "given_at timestamptz NOT NULL DEFAULT clock_timestamp()",
        "withdrawn_at timestamptz",
        "withdrawn_by text NOT NULL DEFAULT ''",
    ),
    indexes=("subject_type, subject_ref, purpose",),
)
ERASURE_REQUESTS = TenantTable(
    "erasure_requests",
    (
        "account_id uuid NOT NULL",
        "reason text NOT NULL",
        "state text NOT NULL DEFAULT 'DIMINTA' CHECK (state IN ('DIMINTA', 'DIKABULKAN', 'DITOLAK', 'DITARIK'))",
        "asked_at timestamptz NOT NULL DEFAULT clock_timestamp()",
        "decided_at timestamptz",
        "decided_by text NOT NULL DEFAULT ''",
        "decision text NOT NULL DEFAULT ''",
    ),
    references=(("account_id", "accounts", "id"),),
    indexes=("account_id", "state, asked_at"),
)
RETENTION_RULES = TenantTable(
    "retention_rules",
    (
        "kind text NOT NULL",
        "days bigint NOT NULL CHECK (days > 0)",
        "legal_basis text NOT NULL CHECK (legal_basis <> '')",
        "actor text NOT NULL",
        "changed_at timestamptz NOT NULL DEFAULT clock_timestamp()",
    ),
    uniques=("kind",),
)
# Names, and for each a proof that only its holder can make: a process finds out which of the live keys it can derive.
# The signed text has no separator, so the proof is no token.
CONTEXT_KEYS = """
CREATE FUNCTION tenancy.context_keys() RETURNS TABLE (key_id text, proof text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $body$
    SELECT k.key_id,
        encode(sha256(k.outer_block || sha256(k.inner_block || convert_to('bukti ' || k.key_id, 'UTF8'))), 'hex')
    FROM tenancy.keys k ORDER BY k.created_at DESC, length(k.key_id) DESC, k.key_id DESC
$body$
"""
RUNTIME = "smartcity_app, smartcity_worker, smartcity_reader, smartcity_export"


def upgrade() -> None:
    for statement in (*REGION_KEYS, ACCOUNTS):
        op.execute(statement)
    for table in (CONSENTS, ERASURE_REQUESTS, RETENTION_RULES):
        create_tenant_table(table)
    # One consent in force of a subject for a purpose; one open request of an account.
    op.execute(
        "CREATE UNIQUE INDEX uq_consents_in_force ON consents (region_id, subject_type, subject_ref, purpose)"
        " WHERE withdrawn_at IS NULL"
    )
    op.execute(
        "CREATE UNIQUE INDEX uq_erasure_requests_open ON erasure_requests (region_id, account_id)"
        " WHERE state = 'DIMINTA'"
    )
    op.execute(CONTEXT_KEYS)
    op.execute("REVOKE ALL ON FUNCTION tenancy.context_keys() FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION tenancy.context_keys() TO {RUNTIME}")
    op.execute("ALTER FUNCTION tenancy.context_keys() OWNER TO smartcity_ctx")
