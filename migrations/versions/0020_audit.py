"""The log that nobody rewrites: one hash chain a region, its head, and the roots that are public."""

from alembic import op

from migrations.ops import TenantTable, create_tenant_table

revision = "0020"
down_revision = "0009"

LOG = TenantTable(
    "audit_log",
    (
        "seq bigint NOT NULL CHECK (seq > 0)",
        "at timestamptz NOT NULL",
        "event text NOT NULL",
        "subject_type text NOT NULL",
        "subject_id text NOT NULL",
        "actor text NOT NULL",
        "role text NOT NULL",
        "acting_for text NOT NULL",
        "address text NOT NULL",
        "address_hash text NOT NULL",
        "request_id text NOT NULL",
        "reason text NOT NULL",
        "before text NOT NULL",
        "after text NOT NULL",
        "personal text NOT NULL",
        "hash bytea NOT NULL",
    ),
    uniques=("seq",),
    indexes=("subject_id, seq", "actor, seq", "event, seq", "at"),
    writes="INSERT",
)
HEADS = TenantTable(
    "audit_heads",
    (
        # With the unique key below: one chain, so one head, a region.
        "chain text NOT NULL DEFAULT 'utama' CHECK (chain = 'utama')",
        "seq bigint NOT NULL DEFAULT 0 CHECK (seq >= 0)",
        "hash bytea NOT NULL DEFAULT decode(repeat('00', 32), 'hex') CHECK (length(hash) = 32)",
    ),
    uniques=("chain",),
)
ROOTS = """
CREATE TABLE tenancy.audit_roots (
    region_id bigint NOT NULL REFERENCES tenancy.regions (id),
    day date NOT NULL,
    seq bigint NOT NULL,
    hash bytea NOT NULL CHECK (length(hash) = 32),
    published_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (region_id, day)
)
"""
# The region comes from the signed context and the day from the server's clock: nobody publishes for another region,
# and no day that has passed changes. A head that went back is refused, so its job fails where people see it.
PUBLISH = """
CREATE FUNCTION tenancy.publish_audit_root(head_seq bigint, head_hash bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $body$
DECLARE
    region bigint := tenancy.region_id();
    today date := (clock_timestamp() AT TIME ZONE 'Asia/Jakarta')::date;
BEGIN
    IF region IS NULL THEN
        RAISE EXCEPTION 'tanpa konteks daerah' USING ERRCODE = '28000';
    END IF;
    IF EXISTS (SELECT 1 FROM tenancy.audit_roots r WHERE r.region_id = region
            AND (r.seq > head_seq OR r.seq = head_seq AND r.hash <> head_hash)) THEN
        RAISE EXCEPTION 'rantai audit mundur dari akar yang sudah terbit' USING ERRCODE = '22000';
    END IF;
    INSERT INTO tenancy.audit_roots (region_id, day, seq, hash) VALUES (region, today, head_seq, head_hash)
    ON CONFLICT (region_id, day) DO UPDATE
        SET seq = excluded.seq, hash = excluded.hash, published_at = excluded.published_at;
END
$body$
"""
RUNTIME = "smartcity_app, smartcity_worker, smartcity_reader, smartcity_export"
SIGNATURE = "tenancy.publish_audit_root(bigint, bytea)"


def upgrade() -> None:
    create_tenant_table(LOG)
    create_tenant_table(HEADS)
    # Each act of a region writes this one row anew: room on its page keeps the versions together (HOT).
    op.execute("ALTER TABLE audit_heads SET (fillfactor = 10)")
    op.execute(ROOTS)
    op.execute("CREATE INDEX ix_audit_roots_day ON tenancy.audit_roots (day, region_id)")
    op.execute(f"GRANT SELECT ON tenancy.audit_roots TO {RUNTIME}")
    op.execute(PUBLISH)
    op.execute(f"REVOKE ALL ON FUNCTION {SIGNATURE} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {SIGNATURE} TO smartcity_worker")
