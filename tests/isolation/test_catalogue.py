"""The catalogue lint finds nothing, and finds each of the mutations that would open a region to another."""

import pytest
from sqlalchemy import Engine

from app.tenancy import catalogue

OWN = "region_id = tenancy.region_id()"
MUTATIONS = (
    "ALTER TABLE hibah NO FORCE ROW LEVEL SECURITY",
    "ALTER TABLE hibah DISABLE ROW LEVEL SECURITY",
    "DROP POLICY own_region ON hibah",
    "ALTER POLICY own_region ON hibah USING (true)",
    "ALTER POLICY own_region ON hibah WITH CHECK (true)",
    f"ALTER POLICY own_region ON hibah USING ({OWN} OR current_setting('app.all', true) = 'on')",
    f"ALTER POLICY own_region ON hibah USING ({OWN} OR region_id = 0)",
    "ALTER POLICY own_region ON hibah USING (region_id = current_setting('app.region_id')::bigint)",
    "ALTER POLICY own_region ON hibah USING (region_id IN (SELECT id FROM tenancy.regions))",
    "ALTER POLICY own_region ON hibah TO PUBLIC",
    "CREATE POLICY more ON hibah FOR SELECT TO smartcity_app USING (true)",
    f"DROP POLICY own_region ON hibah; CREATE POLICY own_region ON hibah AS RESTRICTIVE TO smartcity_app"
    f" USING ({OWN}) WITH CHECK ({OWN})",
    f"DROP POLICY own_region ON hibah; CREATE POLICY own_region ON hibah FOR SELECT TO smartcity_app USING ({OWN})",
    "ALTER TABLE hibah ADD CONSTRAINT global_unique UNIQUE (id)",
    "CREATE UNIQUE INDEX global_index ON hibah (id)",
    "CREATE UNIQUE INDEX late_region ON hibah (id, region_id)",
    "ALTER TABLE import_runs DROP CONSTRAINT pk_import_runs; ALTER TABLE import_runs ADD PRIMARY KEY (id)",
    "ALTER TABLE import_runs DROP CONSTRAINT pk_import_runs; ALTER TABLE import_runs ALTER region_id DROP NOT NULL",
    "ALTER TABLE import_runs DROP COLUMN region_id CASCADE",
    "ALTER TABLE import_runs DROP CONSTRAINT import_runs_region_id_fkey",
    "ALTER TABLE hibah_rab DROP CONSTRAINT fk_hibah_rab_hibah_id",
    "ALTER TABLE hibah ADD UNIQUE (region_id, id, nomor); ALTER TABLE hibah ADD CONSTRAINT u UNIQUE (id);"
    " ALTER TABLE hibah_steps DROP CONSTRAINT fk_hibah_steps_hibah_id,"
    " ADD CONSTRAINT single FOREIGN KEY (hibah_id) REFERENCES hibah (id)",
    "CREATE TABLE loose (id uuid PRIMARY KEY)",
    "CREATE TABLE half (region_id bigint NOT NULL REFERENCES tenancy.regions (id), id uuid, PRIMARY KEY (region_id, id))",
    "CREATE TABLE tenancy.secret_copy AS SELECT * FROM hibah",
    "CREATE VIEW leak AS SELECT * FROM hibah",
    "CREATE MATERIALIZED VIEW leak AS SELECT * FROM hibah",
    "CREATE FUNCTION leak() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS 'SELECT 1::bigint'",
    "CREATE FUNCTION tenancy.loose() RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'",
    "ALTER FUNCTION tenancy.region_id() RESET search_path",
    "ALTER FUNCTION tenancy.region_id() OWNER TO smartcity_owner",
    "ALTER FUNCTION tenancy.region_id() VOLATILE",
    "ALTER FUNCTION tenancy.region_id() PARALLEL SAFE",
    "ALTER FUNCTION tenancy.region_id() SECURITY INVOKER",
    "GRANT EXECUTE ON FUNCTION tenancy.publish_site(text, text, boolean) TO PUBLIC",
    "CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS 'BEGIN RETURN NEW; END';"
    " CREATE TRIGGER stamp BEFORE INSERT ON hibah FOR EACH ROW EXECUTE FUNCTION stamp()",
    "ALTER TABLE hibah ADD COLUMN share numeric",
    "CREATE TYPE colour AS ENUM ('a'); ALTER TABLE hibah ADD COLUMN colour colour",
    "ALTER TABLE hibah OWNER TO postgres",
    "ALTER TABLE hibah OWNER TO smartcity_app",
    "ALTER ROLE smartcity_app BYPASSRLS",
    "ALTER ROLE smartcity_worker CREATEROLE",
    "ALTER ROLE smartcity_owner BYPASSRLS",
    "ALTER ROLE smartcity_owner LOGIN",
    "ALTER ROLE smartcity_app RESET track_activities",
    "GRANT smartcity_owner TO smartcity_app",
    "GRANT smartcity_backup TO smartcity_worker",
    "GRANT TRUNCATE ON hibah TO smartcity_app",
    "GRANT REFERENCES ON hibah TO smartcity_app",
    "GRANT TRIGGER ON hibah TO smartcity_worker",
    "GRANT SELECT ON hibah TO PUBLIC",
    "GRANT DELETE ON hibah TO smartcity_app",
    "GRANT SELECT ON hibah TO smartcity_reader",
    "GRANT INSERT ON hibah TO smartcity_export",
    "GRANT CREATE ON SCHEMA public TO smartcity_app",
    "GRANT SELECT ON tenancy.keys TO smartcity_app",
    "GRANT UPDATE ON tenancy.sites TO smartcity_app",
    "GRANT UPDATE ON audit_log TO smartcity_app",
    "GRANT DELETE ON audit_log TO smartcity_worker",
    "GRANT UPDATE (reason) ON audit_log TO smartcity_app",
    "GRANT DELETE ON audit_heads TO smartcity_app",
    "GRANT INSERT ON tenancy.audit_roots TO smartcity_worker",
    "GRANT EXECUTE ON FUNCTION tenancy.publish_audit_root(bigint, bytea) TO PUBLIC",
    "ALTER FUNCTION tenancy.audit_append(bigint, text, text[]) SECURITY DEFINER",
)


def test_the_schema_keeps_every_rule(admin: Engine) -> None:
    with admin.connect() as connection:
        assert catalogue.problems(connection) == []


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_mutated_schema_is_found_out(admin: Engine, mutation: str) -> None:
    with admin.connect() as connection:
        connection.exec_driver_sql(mutation)
        found = catalogue.problems(connection)
        connection.rollback()
    assert found


def test_there_are_at_least_forty_mutations() -> None:
    assert len(set(MUTATIONS)) >= 40
