"""Regions, sites and the signed context: the ground every other table stands on."""

from alembic import op

revision = "0001"
down_revision = None

REGIONS = """
CREATE TABLE tenancy.regions (
    id bigint PRIMARY KEY,
    parent_id bigint REFERENCES tenancy.regions (id),
    code text NOT NULL UNIQUE,
    kind text NOT NULL CHECK (kind IN ('NASIONAL', 'PROVINSI', 'KABUPATEN', 'KOTA')),
    name text NOT NULL,
    subdomain text NOT NULL UNIQUE CHECK (subdomain ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    time_zone text NOT NULL,
    population bigint NOT NULL,
    area_km2 double precision
)
"""
SITES = """
CREATE TABLE tenancy.sites (
    subdomain text PRIMARY KEY CHECK (subdomain ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    region_id bigint NOT NULL REFERENCES tenancy.regions (id),
    room text NOT NULL CHECK (room IN ('portal', 'province', 'console', 'oversight')),
    custom_domain text UNIQUE,
    state text NOT NULL DEFAULT 'AKTIF' CHECK (state IN ('AKTIF', 'DITANGGUHKAN', 'DIARSIPKAN')),
    reason text NOT NULL DEFAULT '',
    demo boolean NOT NULL DEFAULT false,
    language text NOT NULL DEFAULT 'id',
    tokens text NOT NULL DEFAULT '',
    live_since timestamptz NOT NULL DEFAULT now(),
    UNIQUE (region_id, room)
)
"""
KEYS = """
CREATE TABLE tenancy.keys (
    key_id text PRIMARY KEY,
    inner_block bytea NOT NULL CHECK (length(inner_block) = 64),
    outer_block bytea NOT NULL CHECK (length(outer_block) = 64),
    created_at timestamptz NOT NULL DEFAULT now()
)
"""
# SET LOCAL and not set_config(): Citus propagates the former to its shards and not the latter.
OPEN = """
CREATE FUNCTION tenancy.open(token text) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $body$
BEGIN
    IF token !~ '^[A-Za-z0-9_.:|~-]+$' THEN
        RAISE EXCEPTION 'konteks rusak' USING ERRCODE = '28000';
    END IF;
    EXECUTE format('SET LOCAL app.context = %L', token);
END
$body$
"""
REGION_ID = """
CREATE FUNCTION tenancy.region_id() RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE SET search_path = pg_catalog AS $body$
DECLARE
    token text := NULLIF(pg_catalog.current_setting('app.context', true), '');
    body text;
    part text[];
    inner_block bytea;
    outer_block bytea;
BEGIN
    IF token IS NULL THEN
        RETURN NULL;
    END IF;
    body := split_part(token, '~', 1);
    part := string_to_array(body, '|');
    IF array_length(part, 1) IS DISTINCT FROM 7 THEN
        RAISE EXCEPTION 'konteks rusak' USING ERRCODE = '28000';
    END IF;
    SELECT k.inner_block, k.outer_block INTO inner_block, outer_block FROM tenancy.keys k WHERE k.key_id = part[1];
    IF NOT FOUND OR encode(sha256(outer_block || sha256(inner_block || convert_to(body, 'UTF8'))), 'hex')
            IS DISTINCT FROM split_part(token, '~', 2) THEN
        RAISE EXCEPTION 'konteks tidak sah' USING ERRCODE = '28000';
    END IF;
    IF part[6]::bigint < extract(epoch FROM transaction_timestamp()) THEN
        RAISE EXCEPTION 'konteks kedaluwarsa' USING ERRCODE = '28000';
    END IF;
    IF part[7] <> '' AND part[7]::integer <> pg_backend_pid() THEN
        RAISE EXCEPTION 'konteks milik koneksi lain' USING ERRCODE = '28000';
    END IF;
    IF session_user <> 'smartcity_' || part[2] THEN
        RAISE EXCEPTION 'konteks milik peran lain' USING ERRCODE = '28000';
    END IF;
    RETURN part[3]::bigint;
END
$body$
"""
# Provisioning touches one row of the registry, that of its own region, and only through here.
PUBLISH = """
CREATE FUNCTION tenancy.publish_site(label text, site_room text, is_demo boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $body$
BEGIN
    IF tenancy.region_id() IS NULL THEN
        RAISE EXCEPTION 'tanpa konteks daerah' USING ERRCODE = '28000';
    END IF;
    INSERT INTO tenancy.sites (subdomain, region_id, room, demo)
    VALUES (label, tenancy.region_id(), site_room, is_demo)
    ON CONFLICT (region_id, room) DO UPDATE SET subdomain = excluded.subdomain, demo = excluded.demo;
END
$body$
"""
SET_STATE = """
CREATE FUNCTION tenancy.set_site_state(new_state text, why text) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $body$
DECLARE changed integer;
BEGIN
    UPDATE tenancy.sites SET state = new_state, reason = why WHERE region_id = tenancy.region_id();
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END
$body$
"""
RUNTIME = "smartcity_app, smartcity_worker, smartcity_reader, smartcity_export"


def upgrade() -> None:
    op.execute(REGIONS)
    op.execute(SITES)
    op.execute(KEYS)
    op.execute("GRANT SELECT ON tenancy.keys TO smartcity_ctx")
    for function in (OPEN, REGION_ID, PUBLISH, SET_STATE):
        op.execute(function)
    for signature in ("open(text)", "region_id()", "publish_site(text, text, boolean)", "set_site_state(text, text)"):
        op.execute(f"REVOKE ALL ON FUNCTION tenancy.{signature} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION tenancy.open(text), tenancy.region_id() TO {RUNTIME}")
    op.execute("GRANT EXECUTE ON FUNCTION tenancy.region_id() TO smartcity_owner")
    op.execute("ALTER FUNCTION tenancy.region_id() OWNER TO smartcity_ctx")
    op.execute("GRANT EXECUTE ON FUNCTION tenancy.publish_site(text, text, boolean) TO smartcity_worker")
    op.execute("GRANT EXECUTE ON FUNCTION tenancy.set_site_state(text, text) TO smartcity_worker")
    op.execute(f"GRANT SELECT ON tenancy.regions, tenancy.sites TO {RUNTIME}")
