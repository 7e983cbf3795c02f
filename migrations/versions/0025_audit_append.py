"""Chaining in the database: one call locks the head, stamps, hashes, inserts and moves the head."""

from alembic import op

revision = "0025"
down_revision = "0024"

# Runs with the caller's rights: what it may write is what its role may write. In plpgsql because its plans are kept for
# the session: a single statement that did the same was planned anew for each act, which cost more than running it.
# An entry is the texts of app.services.audit.entries.Entry in their order, then their canonical form.
APPEND = """
CREATE FUNCTION tenancy.audit_append(region bigint, region_prefix text, entries text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS $body$
DECLARE
    place bigint;
    digest bytea;
    moment timestamptz;
    entry text[];
BEGIN
    SELECT h.seq, h.hash INTO place, digest FROM public.audit_heads h WHERE h.region_id = region FOR UPDATE;
    IF NOT FOUND THEN
        INSERT INTO public.audit_heads (region_id, id) VALUES (region, gen_random_uuid())
        ON CONFLICT (region_id, chain) DO NOTHING;
        SELECT h.seq, h.hash INTO place, digest FROM public.audit_heads h WHERE h.region_id = region FOR UPDATE;
    END IF;
    -- After the wait for the lock, so that time never runs backwards along the chain.
    moment := clock_timestamp();
    FOREACH entry SLICE 1 IN ARRAY entries LOOP
        place := place + 1;
        digest := sha256(digest || convert_to(region_prefix || octet_length(place::text) || ':' || place
            || '27:' || to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || entry[15], 'UTF8'));
        INSERT INTO public.audit_log (region_id, seq, at, hash, id, event, subject_type, subject_id, actor, role,
            acting_for, address, address_hash, request_id, reason, before, after, personal)
        VALUES (region, place, moment, digest, entry[1]::uuid, entry[2], entry[3], entry[4], entry[5], entry[6],
            entry[7], entry[8], entry[9], entry[10], entry[11], entry[12], entry[13], entry[14]);
    END LOOP;
    UPDATE public.audit_heads h SET seq = place, hash = digest WHERE h.region_id = region;
END
$body$
"""
SIGNATURE = "tenancy.audit_append(bigint, text, text[])"


def upgrade() -> None:
    op.execute(APPEND)
    op.execute(f"REVOKE ALL ON FUNCTION {SIGNATURE} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {SIGNATURE} TO smartcity_app, smartcity_worker")
