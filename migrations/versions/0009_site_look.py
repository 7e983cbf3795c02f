"""A region's look: its own colours and first language, set by its administrator and only for itself."""

from alembic import op

revision = "0009"
down_revision = "0008"

SET_LOOK = """
CREATE FUNCTION tenancy.set_site_look(new_tokens text, new_language text) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $body$
DECLARE changed integer;
BEGIN
    IF length(new_tokens) > 500 OR new_language NOT IN ('id', 'en') THEN
        RAISE EXCEPTION 'tampilan tidak sah' USING ERRCODE = '22023';
    END IF;
    UPDATE tenancy.sites SET tokens = new_tokens, language = new_language WHERE region_id = tenancy.region_id();
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END
$body$
"""


def upgrade() -> None:
    op.execute(SET_LOOK)
    op.execute("REVOKE ALL ON FUNCTION tenancy.set_site_look(text, text) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION tenancy.set_site_look(text, text) TO smartcity_app, smartcity_worker")
