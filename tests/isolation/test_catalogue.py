"""The catalogue lint finds nothing, and finds each of the mutations that would open a region to another."""

from collections.abc import Collection

import pytest
from sqlalchemy import Engine, text

from app.tenancy import catalogue
from app.tenancy.catalogue import RULES, Rule
from tests.isolation.probes import TENANT_TABLES

OWN = "region_id = tenancy.region_id()"
POLICIES = (
    "ALTER TABLE hibah NO FORCE ROW LEVEL SECURITY",
    "ALTER TABLE hibah DISABLE ROW LEVEL SECURITY",
    "DROP POLICY own_region ON hibah",
    "ALTER POLICY own_region ON hibah USING (true)",
    "ALTER POLICY own_region ON hibah WITH CHECK (true)",
    f"ALTER POLICY own_region ON hibah USING ({OWN} OR current_setting('app.all', true) = 'on')",
    f"ALTER POLICY own_region ON hibah USING ({OWN} OR region_id = 0)",
    f"ALTER POLICY own_region ON hibah USING ({OWN} OR region_id IS NULL)",
    "ALTER POLICY own_region ON hibah USING (region_id = current_setting('app.region_id')::bigint)",
    "ALTER POLICY own_region ON hibah USING (region_id IN (SELECT id FROM tenancy.regions))",
    "ALTER POLICY own_region ON hibah USING (region_id / 100 = tenancy.region_id() / 100)",
    "ALTER POLICY own_region ON hibah TO PUBLIC",
    "ALTER POLICY own_region ON hibah TO smartcity_app, smartcity_reader",
    "ALTER POLICY own_region ON hibah TO smartcity_owner",
    "CREATE POLICY more ON hibah FOR SELECT TO smartcity_app USING (true)",
    f"DROP POLICY own_region ON hibah; CREATE POLICY own_region ON hibah AS RESTRICTIVE TO smartcity_app"
    f" USING ({OWN}) WITH CHECK ({OWN})",
    f"DROP POLICY own_region ON hibah; CREATE POLICY own_region ON hibah FOR SELECT TO smartcity_app USING ({OWN})",
    f"DROP POLICY own_region ON hibah; CREATE POLICY own_region ON hibah TO smartcity_app USING ({OWN})",
)
PART = "region_id bigint NOT NULL REFERENCES tenancy.regions (id), id uuid, at date"
PARTED = (
    f"CREATE TABLE parted ({PART}, PRIMARY KEY (region_id, id, at)) PARTITION BY RANGE (at);"
    " CREATE TABLE parted_2026 PARTITION OF parted FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');"
    " ALTER TABLE parted ENABLE ROW LEVEL SECURITY; ALTER TABLE parted FORCE ROW LEVEL SECURITY;"
    f" CREATE POLICY own_region ON parted TO smartcity_app USING ({OWN}) WITH CHECK ({OWN});"
)
FORCED = "ALTER TABLE parted_2026 ENABLE ROW LEVEL SECURITY; ALTER TABLE parted_2026 FORCE ROW LEVEL SECURITY;"
HELD = f"{PARTED} {FORCED}"
PARTITIONS = (
    f"{PARTED} ALTER TABLE parted_2026 ENABLE ROW LEVEL SECURITY",
    PARTED,
    f"{HELD} GRANT SELECT ON parted_2026 TO smartcity_app",
    f"{HELD} GRANT INSERT (at) ON parted_2026 TO smartcity_worker",
    f"{HELD} CREATE POLICY open ON parted_2026 TO smartcity_app USING ({OWN}) WITH CHECK ({OWN})",
    f"{HELD} ALTER TABLE parted DROP CONSTRAINT parted_pkey",
    f"{HELD} CREATE INDEX ON parted (at)",
)
TABLES = (
    "ALTER TABLE hibah ADD CONSTRAINT global_unique UNIQUE (id)",
    "CREATE UNIQUE INDEX global_index ON hibah (id)",
    "CREATE UNIQUE INDEX late_region ON hibah (id, region_id)",
    "CREATE UNIQUE INDEX computed ON hibah ((region_id + 0), id)",
    "CREATE INDEX slow ON hibah (judul)",
    "ALTER TABLE hibah ADD EXCLUDE USING btree (id WITH =)",
    "ALTER TABLE import_runs DROP CONSTRAINT pk_import_runs; ALTER TABLE import_runs ADD PRIMARY KEY (id)",
    "ALTER TABLE import_runs DROP CONSTRAINT pk_import_runs; ALTER TABLE import_runs ADD PRIMARY KEY (region_id, id, actor)",
    "ALTER TABLE import_runs DROP CONSTRAINT pk_import_runs; ALTER TABLE import_runs ALTER region_id DROP NOT NULL",
    "ALTER TABLE import_runs DROP COLUMN region_id CASCADE",
    "ALTER TABLE import_runs DROP CONSTRAINT import_runs_region_id_fkey",
    "ALTER TABLE hibah_rab DROP CONSTRAINT fk_hibah_rab_hibah_id",
    "ALTER TABLE hibah ADD UNIQUE (region_id, id, nomor); ALTER TABLE hibah ADD CONSTRAINT u UNIQUE (id);"
    " ALTER TABLE hibah_steps DROP CONSTRAINT fk_hibah_steps_hibah_id,"
    " ADD CONSTRAINT single FOREIGN KEY (hibah_id) REFERENCES hibah (id)",
    "ALTER TABLE hibah ADD CONSTRAINT u UNIQUE (id, region_id); ALTER TABLE hibah_steps ADD CONSTRAINT crossed"
    " FOREIGN KEY (hibah_id, region_id) REFERENCES hibah (id, region_id)",
    "ALTER TABLE hibah_steps DROP CONSTRAINT fk_hibah_steps_hibah_id, ADD CONSTRAINT late FOREIGN KEY (region_id, hibah_id)"
    " REFERENCES hibah (region_id, id) NOT VALID",
    "ALTER TABLE hibah_steps DROP CONSTRAINT fk_hibah_steps_hibah_id, ADD CONSTRAINT deep FOREIGN KEY (region_id, hibah_id)"
    " REFERENCES hibah (region_id, id) ON DELETE CASCADE",
    "ALTER TABLE hibah_steps DROP CONSTRAINT fk_hibah_steps_hibah_id, ADD CONSTRAINT deep FOREIGN KEY (region_id, hibah_id)"
    " REFERENCES hibah (region_id, id) ON UPDATE CASCADE",
    "CREATE TABLE loose (id uuid PRIMARY KEY)",
    "CREATE TABLE half (region_id bigint NOT NULL REFERENCES tenancy.regions (id), id uuid, PRIMARY KEY (region_id, id))",
    "CREATE TABLE child () INHERITS (hibah)",
    "CREATE TABLE tenancy.secret_copy AS SELECT * FROM hibah",
    "CREATE VIEW leak AS SELECT * FROM hibah",
    "CREATE VIEW leak WITH (security_barrier) AS SELECT * FROM hibah",
    "CREATE MATERIALIZED VIEW leak AS SELECT * FROM hibah",
    "CREATE SEQUENCE counter",
    "ALTER TABLE hibah ADD COLUMN place bigint GENERATED BY DEFAULT AS IDENTITY",
    "CREATE RULE copy AS ON UPDATE TO hibah DO ALSO NOTIFY hibah",
    "CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS 'BEGIN RETURN NEW; END';"
    " CREATE TRIGGER stamp BEFORE INSERT ON hibah FOR EACH ROW EXECUTE FUNCTION stamp()",
    "ALTER TABLE hibah ADD COLUMN share numeric",
    "CREATE TYPE colour AS ENUM ('a'); ALTER TABLE hibah ADD COLUMN colour colour",
    "ALTER TABLE accounts ALTER COLUMN email SET STATISTICS 100",
    "ALTER TABLE accounts ADD COLUMN nik_hash bytea",
)
FUNCTIONS = (
    "CREATE FUNCTION leak() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS 'SELECT 1::bigint'",
    # The name is on the list; the function is not.
    "CREATE FUNCTION region_id() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS 'SELECT 1::bigint'",
    "CREATE FUNCTION tenancy.loose() RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'",
    "CREATE FUNCTION tenancy.region_id(anything text) RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'",
    "CREATE OR REPLACE FUNCTION tenancy.region_id() RETURNS bigint LANGUAGE plpgsql STABLE SECURITY DEFINER"
    " SET search_path = pg_catalog AS 'BEGIN RETURN current_setting(''app.region_id'')::bigint; END'",
    "CREATE OR REPLACE FUNCTION tenancy.open(token text) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog"
    " AS 'BEGIN EXECUTE ''SET app.context = '' || token; END'",
    "CREATE FUNCTION plain() RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint';"
    " REVOKE ALL ON FUNCTION plain() FROM PUBLIC",
    "CREATE FUNCTION plain() RETURNS bigint LANGUAGE sql SET search_path = pg_catalog AS 'SELECT 1::bigint'",
    "ALTER FUNCTION tenancy.region_id() RESET search_path",
    "ALTER FUNCTION tenancy.region_id() SET search_path = public, pg_catalog",
    "ALTER FUNCTION tenancy.region_id() OWNER TO smartcity_owner",
    "ALTER FUNCTION tenancy.region_id() VOLATILE",
    "ALTER FUNCTION tenancy.region_id() PARALLEL SAFE",
    "ALTER FUNCTION tenancy.region_id() IMMUTABLE",
    "ALTER FUNCTION tenancy.region_id() PARALLEL SAFE",
    "ALTER FUNCTION tenancy.region_id() SECURITY INVOKER",
    "GRANT EXECUTE ON FUNCTION tenancy.publish_site(text, text, boolean) TO PUBLIC",
)
SUPERUSER = (
    "ALTER TABLE hibah_steps DISABLE TRIGGER ALL",
    "CREATE FUNCTION plain() RETURNS bigint LANGUAGE sql SET search_path = pg_catalog AS 'SELECT 1::bigint';"
    " REVOKE ALL ON FUNCTION plain() FROM PUBLIC",
    "CREATE FUNCTION quick(text) RETURNS boolean LANGUAGE sql LEAKPROOF SET search_path = pg_catalog AS 'SELECT true'",
    "ALTER FUNCTION tenancy.publish_site(text, text, boolean) OWNER TO postgres",
    "ALTER TABLE hibah OWNER TO postgres",
    "ALTER TABLE hibah OWNER TO smartcity_app",
    "ALTER SCHEMA tenancy OWNER TO postgres",
    "ALTER ROLE smartcity_app BYPASSRLS",
    "ALTER ROLE smartcity_app SUPERUSER",
    "ALTER ROLE smartcity_app REPLICATION",
    "ALTER ROLE smartcity_worker CREATEROLE",
    "ALTER ROLE smartcity_owner BYPASSRLS",
    "ALTER ROLE smartcity_owner LOGIN",
    "ALTER ROLE smartcity_ctx SUPERUSER",
    "ALTER ROLE smartcity_app RESET track_activities",
    "ALTER ROLE smartcity_app SET track_activities = on",
    "ALTER ROLE smartcity_app SET log_min_error_statement = error",
    "ALTER ROLE smartcity_worker RESET log_error_verbosity",
    "ALTER ROLE smartcity_export RESET ALL",
    "DO $$ BEGIN EXECUTE format('ALTER ROLE smartcity_app IN DATABASE %%I SET track_activities = on', current_database()); END $$",
    "ALTER ROLE smartcity_app SET app.context = 'k1|app|3204|x||9999999999|~00'",
    "ALTER ROLE smartcity_worker SET datestyle = 'SQL, DMY'",
    "DO $$ BEGIN EXECUTE format('ALTER ROLE smartcity_app IN DATABASE %%I SET timezone = UTC', current_database()); END $$",
    "GRANT smartcity_owner TO smartcity_app",
    "GRANT smartcity_backup TO smartcity_worker",
    "GRANT smartcity_backup TO smartcity_owner",
    "GRANT pg_read_all_data TO smartcity_reader",
    "GRANT pg_monitor TO smartcity_app",
    "CREATE FOREIGN DATA WRAPPER elsewhere",
)
GRANTS = (
    "GRANT TRUNCATE ON hibah TO smartcity_app",
    "GRANT REFERENCES ON hibah TO smartcity_app",
    "GRANT REFERENCES (id) ON hibah TO smartcity_app",
    "GRANT TRIGGER ON hibah TO smartcity_worker",
    "GRANT SELECT ON hibah TO PUBLIC",
    "GRANT SELECT (judul) ON hibah TO PUBLIC",
    "GRANT SELECT ON hibah TO pg_monitor",
    "GRANT SELECT ON hibah TO smartcity_ctx",
    "GRANT SELECT ON tenancy.sites TO smartcity_ctx",
    "GRANT UPDATE ON hibah TO smartcity_backup",
    "GRANT DELETE ON hibah TO smartcity_app",
    "ALTER TABLE hibah_words ADD COLUMN amount_paid bigint",
    "GRANT SELECT ON hibah TO smartcity_reader",
    "GRANT SELECT (judul) ON hibah TO smartcity_reader",
    "GRANT INSERT ON hibah TO smartcity_export",
    "GRANT UPDATE (judul) ON hibah TO smartcity_export",
    "GRANT SELECT ON hibah TO smartcity_app WITH GRANT OPTION",
    "GRANT CREATE ON SCHEMA public TO smartcity_app",
    "GRANT CREATE ON SCHEMA tenancy TO PUBLIC",
    "GRANT SELECT ON tenancy.keys TO smartcity_app",
    "GRANT SELECT (inner_block) ON tenancy.keys TO smartcity_app",
    "GRANT UPDATE ON tenancy.sites TO smartcity_app",
    "GRANT UPDATE (region_id) ON tenancy.sites TO smartcity_app",
    "GRANT SELECT ON pg_authid TO smartcity_app",
    "GRANT SELECT ON pg_statistic TO smartcity_app",
    "GRANT EXECUTE ON FUNCTION pg_read_file(text) TO smartcity_app",
    "GRANT EXECUTE ON FUNCTION lo_create(oid) TO smartcity_app",
    "GRANT EXECUTE ON FUNCTION lo_from_bytea(oid, bytea) TO PUBLIC",
    "GRANT EXECUTE ON FUNCTION pg_terminate_backend(integer, bigint) TO PUBLIC",
    "ALTER DEFAULT PRIVILEGES FOR ROLE smartcity_owner IN SCHEMA public GRANT SELECT ON TABLES TO smartcity_reader",
    "ALTER DEFAULT PRIVILEGES FOR ROLE smartcity_owner GRANT SELECT ON TABLES TO PUBLIC",
    "CREATE SCHEMA side; GRANT USAGE ON SCHEMA side TO smartcity_app",
    "CREATE SCHEMA side; GRANT USAGE, CREATE ON SCHEMA side TO PUBLIC",
    "DO $$ BEGIN EXECUTE format('GRANT TEMPORARY ON DATABASE %%I TO PUBLIC', current_database()); END $$",
    "DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %%I TO smartcity_app', current_database()); END $$",
    "GRANT UPDATE ON audit_log TO smartcity_app",
    "GRANT DELETE ON audit_log TO smartcity_worker",
    "GRANT UPDATE (reason) ON audit_log TO smartcity_app",
    "GRANT DELETE ON audit_heads TO smartcity_app",
    "GRANT INSERT ON tenancy.audit_roots TO smartcity_worker",
    "GRANT SELECT ON tenancy.national_matches TO smartcity_worker",
    "GRANT SELECT (region_id) ON tenancy.national_matches TO smartcity_app",
    "GRANT SELECT ON tenancy.match_consents TO smartcity_reader",
    "GRANT EXECUTE ON FUNCTION tenancy.met_elsewhere() TO PUBLIC",
    "GRANT EXECUTE ON FUNCTION tenancy.publish_audit_root(bigint, bytea) TO PUBLIC",
    "GRANT EXECUTE ON FUNCTION tenancy.context_keys() TO PUBLIC",
    "GRANT DELETE ON consents TO smartcity_app",
    "GRANT DELETE ON region_keys TO smartcity_worker",
    "ALTER FUNCTION tenancy.audit_append(bigint, text, text[]) SECURITY DEFINER",
    "ALTER FUNCTION tenancy.open(text) SECURITY DEFINER",
)
#: What a careless migration can do, it does as the schema's owner; the rest takes an administrator.
MIGRATIONS = (HELD, *POLICIES, *PARTITIONS, *TABLES, *FUNCTIONS)
MUTATIONS = (*MIGRATIONS[1:], *SUPERUSER, *GRANTS)
#: PostgreSQL knows these only from this version on.
NEWER = {
    170000: ("GRANT MAINTAIN ON hibah TO smartcity_app",),
    180000: ("ALTER TABLE hibah_steps ALTER CONSTRAINT fk_hibah_steps_hibah_id NOT ENFORCED",),
}
#: On every tenant table in turn: a privilege that nobody may have.
PRIVILEGES = (
    "TRUNCATE ON {} TO smartcity_app",
    "REFERENCES ON {} TO smartcity_worker",
    "TRIGGER ON {} TO smartcity_app",
    "SELECT ON {} TO smartcity_reader",
    "INSERT ON {} TO smartcity_export",
    "UPDATE ON {} TO smartcity_export",
    "DELETE ON {} TO smartcity_export",
    "SELECT ON {} TO PUBLIC",
)


def broken_rules(admin: Engine, mutation: str, rules: Collection[Rule] = RULES) -> set[str]:
    """Names of the rules that the mutation breaks, as the role that serves requests sees them; it is undone."""
    with admin.connect() as connection:
        if mutation in MIGRATIONS:
            connection.exec_driver_sql("SET LOCAL ROLE smartcity_owner")
        connection.exec_driver_sql(mutation)
        # At start and at night no administrator is there to look.
        connection.exec_driver_sql("SET LOCAL ROLE smartcity_app")
        found = {rule.name for rule in rules if connection.execute(text(rule.sql)).first()}
        connection.rollback()
    return found


def test_the_schema_keeps_every_rule(admin: Engine) -> None:
    with admin.connect() as connection:
        assert catalogue.problems(connection) == []


def test_a_partitioned_table_can_keep_every_rule(admin: Engine) -> None:
    """So that each mutation of a partition above is found out for what it adds, and not for being a partition."""
    assert broken_rules(admin, HELD) == set()


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_mutated_schema_is_found_out(admin: Engine, mutation: str) -> None:
    assert broken_rules(admin, mutation)


def test_what_newer_servers_can_do_is_found_out(admin: Engine) -> None:
    with admin.connect() as connection:
        version = connection.scalar(text("SELECT current_setting('server_version_num')::integer"))
    unnoticed = [
        mutation
        for least, mutations in NEWER.items()
        for mutation in mutations
        if version >= least and not broken_rules(admin, mutation)
    ]
    assert unnoticed == []


def test_a_forbidden_privilege_on_any_table_is_found_out(admin: Engine) -> None:
    unnoticed = []
    with admin.connect() as connection:
        for table in connection.scalars(text(TENANT_TABLES)).all():
            for privilege in PRIVILEGES:
                savepoint = connection.begin_nested()
                connection.execute(text(f"GRANT {privilege.format(table)}"))
                if not any(connection.execute(text(rule.sql)).first() for rule in catalogue.GRANT_RULES):
                    unnoticed.append(privilege.format(table))
                savepoint.rollback()
        connection.rollback()
    assert unnoticed == []


def test_no_rule_is_idle(admin: Engine) -> None:
    """A rule that no mutation breaks may have been written wrong."""
    idle = {rule.name: rule for rule in RULES}
    for mutation in MUTATIONS:
        for name in broken_rules(admin, mutation, list(idle.values())):
            del idle[name]
    assert list(idle) == []


def test_there_are_at_least_forty_mutations() -> None:
    assert len(set(MUTATIONS)) >= 40
