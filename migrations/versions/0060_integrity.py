"""Findings with their subjects and hearings, what a region tunes of its rules, and the one table of all regions that
none of them reads."""

from alembic import op

from migrations.ops import TenantTable, create_tenant_table, distribute

revision = "0060"
down_revision = "0051"

STATES = "'TERINDIKASI', 'KLARIFIKASI', 'DITUTUP', 'DITERUSKAN', 'TERBUKTI', 'TIDAK_TERBUKTI'"
TABLES = (
    TenantTable(
        "integrity_findings",
        (
            "nomor text NOT NULL",
            "rule text NOT NULL",
            "severity text NOT NULL CHECK (severity IN ('L', 'M', 'H', 'C'))",
            f"state text NOT NULL CHECK (state IN ({STATES}))",
            "year bigint",
            "amount bigint NOT NULL DEFAULT 0",
            "subjects bigint NOT NULL CHECK (subjects > 0)",
            "evidence_key text NOT NULL",
            "fingerprint text NOT NULL",
            "context text NOT NULL DEFAULT '[]'",
            "params text NOT NULL DEFAULT '{}'",
            "first_seen timestamptz NOT NULL DEFAULT clock_timestamp()",
            "last_seen timestamptz NOT NULL DEFAULT clock_timestamp()",
            "gone_at timestamptz",
            "closed_code text NOT NULL DEFAULT ''",
        ),
        uniques=("nomor", "rule, fingerprint"),
        indexes=("rule, evidence_key", "state, severity", "year"),
    ),
    TenantTable(
        "integrity_subjects",
        (
            "finding_id uuid NOT NULL",
            "subject_type text NOT NULL",
            "subject text NOT NULL",
            "ref text NOT NULL",
            "evidence text NOT NULL",
            "present boolean NOT NULL DEFAULT true",
        ),
        uniques=("finding_id, subject_type, subject",),
        references=(("finding_id", "integrity_findings", "id"),),
        indexes=("ref", "subject"),
    ),
    TenantTable(
        "integrity_clarifications",
        (
            "finding_id uuid NOT NULL",
            "account_id uuid",
            "role text NOT NULL DEFAULT ''",
            "asked_of text NOT NULL",
            "question text NOT NULL",
            "asked_on date NOT NULL",
            "due_on date NOT NULL",
            "answer text NOT NULL DEFAULT ''",
            "answered_on date",
        ),
        references=(("finding_id", "integrity_findings", "id"), ("account_id", "accounts", "id")),
        indexes=("finding_id", "account_id", "role, answered_on"),
    ),
    TenantTable(
        "integrity_settings",
        (
            "rule text NOT NULL",
            "name text NOT NULL",
            "value text NOT NULL",
            "reason text NOT NULL",
            "valid_from date NOT NULL",
            "proposed_by_id uuid NOT NULL",
            "approved_by_id uuid",
            "proposed_at timestamptz NOT NULL DEFAULT clock_timestamp()",
            "approved_at timestamptz",
            "CONSTRAINT four_eyes CHECK (approved_by_id <> proposed_by_id)",
        ),
        uniques=("rule, name, valid_from",),
        references=(("proposed_by_id", "accounts", "id"), ("approved_by_id", "accounts", "id")),
    ),
    TenantTable(
        "integrity_pauses",
        (
            "rule text NOT NULL",
            "confirmed bigint NOT NULL",
            "refuted bigint NOT NULL",
            "paused_at timestamptz NOT NULL DEFAULT clock_timestamp()",
            "resumed_at timestamptz",
            "resumed_by text NOT NULL DEFAULT ''",
            "reason text NOT NULL DEFAULT ''",
        ),
        indexes=("rule, paused_at",),
    ),
    TenantTable(
        "integrity_scans",
        (
            "trigger text NOT NULL CHECK (trigger IN ('perintah', 'malam', 'impor', 'permintaan', 'nasional'))",
            "started_at timestamptz NOT NULL",
            "finished_at timestamptz NOT NULL DEFAULT clock_timestamp()",
            "fresh bigint NOT NULL",
            "changed bigint NOT NULL",
            "known bigint NOT NULL",
            "gone bigint NOT NULL",
        ),
        indexes=("finished_at",),
        writes="INSERT",
    ),
    TenantTable(
        "integrity_scan_rules",
        (
            "scan_id uuid NOT NULL",
            "rule text NOT NULL",
            "outcome text NOT NULL CHECK (outcome IN ('jalan', 'jeda', 'tanpa-data', 'gagal'))",
            "cases bigint NOT NULL",
            "subjects bigint NOT NULL",
            "milliseconds bigint NOT NULL",
            "error text NOT NULL DEFAULT ''",
        ),
        uniques=("scan_id, rule",),
        references=(("scan_id", "integrity_scans", "id"),),
        indexes=("rule, scan_id",),
        writes="INSERT",
    ),
)
# Of all regions, and readable by none: who appears elsewhere is told as a number, and where only when both agree.
MATCHES = """
CREATE TABLE tenancy.national_matches (
    hash bytea NOT NULL CHECK (length(hash) = 32),
    kind text NOT NULL CHECK (kind IN ('nik', 'npwp', 'ahu', 'rekening')),
    period bigint NOT NULL,
    region_id bigint NOT NULL REFERENCES tenancy.regions (id),
    reference text NOT NULL CHECK (length(reference) <= 200),
    PRIMARY KEY (hash, kind, period, region_id, reference)
)
"""
CONSENTS = """
CREATE TABLE tenancy.match_consents (
    hash bytea NOT NULL CHECK (length(hash) = 32),
    kind text NOT NULL,
    period bigint NOT NULL,
    region_id bigint NOT NULL REFERENCES tenancy.regions (id),
    actor text NOT NULL,
    agreed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (hash, kind, period, region_id)
)
"""
PUT = """
CREATE FUNCTION tenancy.put_national(hashes bytea[], kinds text[], periods bigint[], refs text[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $body$
DECLARE
    region bigint := tenancy.region_id();
    kept bigint;
BEGIN
    IF region IS NULL THEN
        RAISE EXCEPTION 'tanpa konteks daerah' USING ERRCODE = '28000';
    END IF;
    DELETE FROM tenancy.national_matches m WHERE m.region_id = region AND NOT EXISTS (
        SELECT 1 FROM unnest(hashes, kinds, periods, refs) n (hash, kind, period, ref)
        WHERE n.hash = m.hash AND n.kind = m.kind AND n.period = m.period AND n.ref = m.reference);
    INSERT INTO tenancy.national_matches (hash, kind, period, region_id, reference)
    SELECT n.hash, n.kind, n.period, region, n.ref FROM unnest(hashes, kinds, periods, refs) n (hash, kind, period, ref)
    ON CONFLICT DO NOTHING;
    SELECT count(*) INTO kept FROM tenancy.national_matches m WHERE m.region_id = region;
    RETURN kept;
END
$body$
"""
OWN_MATCHES = """
CREATE FUNCTION tenancy.met_elsewhere()
RETURNS TABLE (match_kind text, match_period bigint, own_reference text, others bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $body$
    SELECT m.kind, m.period, m.reference, count(DISTINCT o.region_id)
    FROM tenancy.national_matches m
    JOIN tenancy.national_matches o ON o.hash = m.hash AND o.kind = m.kind AND o.period = m.period
        AND o.region_id <> m.region_id
    WHERE m.region_id = tenancy.region_id()
    GROUP BY m.kind, m.period, m.reference
$body$
"""
# A region names a match by its own file; no hash ever comes out.
AGREE = """
CREATE FUNCTION tenancy.agree_to_disclose(match_kind text, match_period bigint, own_reference text, who text)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $body$
DECLARE
    made bigint;
BEGIN
    INSERT INTO tenancy.match_consents (hash, kind, period, region_id, actor)
    SELECT m.hash, m.kind, m.period, m.region_id, who FROM tenancy.national_matches m
    WHERE m.region_id = tenancy.region_id() AND m.kind = match_kind AND m.period = match_period
        AND m.reference = own_reference
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS made = ROW_COUNT;
    RETURN made > 0;
END
$body$
"""
DISCLOSED = """
CREATE FUNCTION tenancy.disclosed_matches(match_kind text, match_period bigint, own_reference text)
RETURNS TABLE (agreed_here boolean, other_region bigint, other_reference text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $body$
    SELECT own.region_id IS NOT NULL, o.region_id, o.reference
    FROM tenancy.national_matches m
    LEFT JOIN tenancy.match_consents own ON own.hash = m.hash AND own.kind = m.kind AND own.period = m.period
        AND own.region_id = m.region_id
    LEFT JOIN (
        tenancy.national_matches o JOIN tenancy.match_consents c ON c.hash = o.hash AND c.kind = o.kind
        AND c.period = o.period AND c.region_id = o.region_id
    ) ON own.region_id IS NOT NULL AND o.hash = m.hash AND o.kind = m.kind AND o.period = m.period
        AND o.region_id <> m.region_id
    WHERE m.region_id = tenancy.region_id() AND m.kind = match_kind AND m.period = match_period
        AND m.reference = own_reference
$body$
"""
#: Function -> who may call it. The web asks for consent and reads what both agreed to; only jobs put and match.
FUNCTIONS = {
    "put_national(bytea[], text[], bigint[], text[])": "smartcity_worker",
    "met_elsewhere()": "smartcity_worker",
    "agree_to_disclose(text, bigint, text, text)": "smartcity_app, smartcity_worker",
    "disclosed_matches(text, bigint, text)": "smartcity_app, smartcity_worker",
}


def upgrade() -> None:
    for table in TABLES:
        create_tenant_table(table)
    op.execute(MATCHES)
    op.execute("CREATE INDEX ix_national_matches_own ON tenancy.national_matches (region_id, kind, period, reference)")
    op.execute(CONSENTS)
    for table in ("tenancy.national_matches", "tenancy.match_consents"):
        distribute(table, "hash")
    for statement in (PUT, OWN_MATCHES, AGREE, DISCLOSED):
        op.execute(statement)
    for signature, roles in FUNCTIONS.items():
        op.execute(f"REVOKE ALL ON FUNCTION tenancy.{signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION tenancy.{signature} TO {roles}")
