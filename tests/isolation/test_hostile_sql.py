"""Injected SQL, as the runtime role inside A's transaction: whatever it tries, no row and no byte of B."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from app.tenancy.context import Context, Signer
from tests.conftest import A, B
from tests.isolation.conftest import Opener

COUNT_B = f"SELECT count(*) FROM hibah WHERE region_id = {B}"
TITLE_B = f"SELECT judul FROM hibah WHERE region_id = {B} LIMIT 1"
#: Each is run whole; `{token_b}` is a token of B made with the right key but for another connection.
ATTACKS = (
    f"SELECT set_config('app.region_id', '{B}', true); {COUNT_B}",
    f"SELECT set_config('app.context', '{B}', true); {COUNT_B}",
    f"SELECT set_config('app.context', 'k1|app|{B}|x||9999999999|~00', true); {COUNT_B}",
    f"SELECT set_config('app.context', '', true); {COUNT_B}",
    f"SET LOCAL app.context = 'k1|app|{B}|x||9999999999|~'; {COUNT_B}",
    f"SET SESSION app.context = 'k1|app|{B}|x||9999999999|~ab'; {COUNT_B}",
    f"RESET app.context; {COUNT_B}",
    f"RESET ALL; {COUNT_B}",
    f"DISCARD ALL; {COUNT_B}",
    f"SELECT tenancy.open('{{token_b}}'); {COUNT_B}",
    f"SELECT tenancy.open('{{expired}}'); {COUNT_B}",
    f"SELECT tenancy.open('{{worker}}'); {COUNT_B}",
    f"SELECT tenancy.open('{{forged}}'); {COUNT_B}",
    f"SELECT tenancy.open('{{unknown_key}}'); {COUNT_B}",
    f"SELECT tenancy.open('{{swapped}}'); {COUNT_B}",
    f"SET ROLE smartcity_owner; {COUNT_B}",
    f"SET ROLE smartcity_backup; {COUNT_B}",
    f"SET ROLE smartcity_ctx; {COUNT_B}",
    f"SET ROLE postgres; {COUNT_B}",
    f"SET SESSION AUTHORIZATION postgres; {COUNT_B}",
    f"SET row_security = off; {COUNT_B}",
    "SELECT * FROM tenancy.keys",
    "SELECT encode(inner_block, 'hex') FROM tenancy.keys",
    "COPY tenancy.keys TO STDOUT",
    "COPY (SELECT 1) TO PROGRAM 'id'",
    "COPY hibah FROM '/etc/passwd'",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT lo_create(0)",
    f"CREATE FUNCTION public.spy(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$ BEGIN RAISE NOTICE '%%', $1; RETURN true; END $$; {COUNT_B}",
    "CREATE FUNCTION pg_temp.spy(text) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
    "CREATE OPERATOR public.=== (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq)",
    "CREATE TEMPORARY TABLE copy AS SELECT * FROM hibah",
    "CREATE TABLE public.copy AS SELECT * FROM hibah",
    "CREATE VIEW public.peek AS SELECT * FROM hibah",
    f"SELECT CAST(({TITLE_B}) AS integer)",
    f"SELECT 1 / (CASE WHEN EXISTS ({TITLE_B}) THEN 0 ELSE 1 END)",
    f"SELECT count(*) FROM hibah WHERE region_id = {B} AND CAST(judul AS integer) = 1",
    f"DECLARE c CURSOR FOR SELECT judul FROM hibah WHERE region_id = {B}; FETCH ALL FROM c",
    f"PREPARE p AS {COUNT_B}; EXECUTE p",
    f"PREPARE q AS SELECT count(*) FROM hibah WHERE region_id = $1; EXECUTE q({B})",
    f"WITH b AS MATERIALIZED (SELECT * FROM hibah WHERE region_id <> {A}) SELECT count(*) FROM b",
    f"SELECT count(*) FROM hibah h JOIN hibah o ON o.region_id = {B}",
    f"SELECT count(*) FROM (TABLE hibah) x WHERE region_id = {B}",
    f"SELECT count(*) FROM ONLY hibah WHERE region_id = {B}",
    f"SELECT count(*) FROM hibah TABLESAMPLE SYSTEM (100) WHERE region_id = {B}",
    f"SELECT count(*) FROM hibah_rab WHERE hibah_id IN (SELECT id FROM hibah WHERE region_id = {B})",
    f"UPDATE hibah SET judul = 'dibajak' WHERE region_id = {B}",
    f"UPDATE hibah SET region_id = {B}",
    f"INSERT INTO hibah (region_id, id, nomor, judul) VALUES ({B}, gen_random_uuid(), 'X', 'X')",
    f"DELETE FROM hibah_terms WHERE region_id = {B}",
    "DELETE FROM hibah",
    "TRUNCATE hibah CASCADE",
    "LOCK TABLE hibah IN ACCESS EXCLUSIVE MODE",
    "ALTER TABLE hibah NO FORCE ROW LEVEL SECURITY",
    "DROP POLICY own_region ON hibah",
    "GRANT ALL ON hibah TO PUBLIC",
    f"UPDATE tenancy.sites SET region_id = {A}",
    "INSERT INTO tenancy.sites (subdomain, region_id, room) VALUES ('palsu', 3273, 'portal')",
    "SELECT tenancy.publish_site('palsu', 'portal', false)",
    "SELECT tenancy.set_site_state('DITANGGUHKAN', 'x')",
    "SELECT most_common_vals FROM pg_stats WHERE tablename = 'hibah' AND attname = 'judul' AND most_common_vals IS NOT NULL",
    "SELECT passwd FROM pg_shadow",
    "SELECT query FROM pg_stat_activity WHERE query LIKE '%%tenancy.open%%' AND pid <> pg_backend_pid()",
    f"INSERT INTO hibah (region_id, id, nomor, judul) SELECT {A}, id, 'ganda', 'x' FROM hibah WHERE region_id = {B}",
    f"MERGE INTO hibah t USING (SELECT {B} AS r) s ON t.region_id = s.r WHEN MATCHED THEN UPDATE SET judul = 'x'",
    f"DO $$ BEGIN PERFORM set_config('app.context', '', true); IF (SELECT count(*) FROM hibah WHERE region_id = {B}) > 0 THEN RAISE EXCEPTION 'bocor'; END IF; END $$",
    f"EXPLAIN (ANALYZE, VERBOSE) {TITLE_B}",
    f"SELECT query_to_xml('SELECT judul FROM hibah WHERE region_id = {B}', true, false, '')",
    "UPDATE audit_log SET actor = 'orang lain'",
    "UPDATE audit_log SET hash = decode(repeat('00', 32), 'hex') WHERE seq = 1",
    "DELETE FROM audit_log",
    "TRUNCATE audit_log",
    "DELETE FROM audit_heads",
    f"UPDATE audit_heads SET seq = 0 WHERE region_id = {B}",
    "DELETE FROM tenancy.audit_roots",
    "SELECT tenancy.publish_audit_root(999, decode(repeat('00', 32), 'hex'))",
    f"SELECT tenancy.audit_append({B}, '4:{B}', array_fill('x'::text, ARRAY[1, 15]))",
    "SELECT dblink('dbname=postgres', 'SELECT 1')",
)


@pytest.fixture
def titles_of_b(admin: Engine) -> list[str]:
    with admin.connect() as connection:
        distinct = f"SELECT judul FROM hibah WHERE region_id = {B} EXCEPT SELECT judul FROM hibah WHERE region_id = {A}"
        return list(connection.scalars(text(distinct)))


def checksum(admin: Engine) -> str:
    with admin.connect() as connection:
        statement = f"SELECT md5(string_agg(h::text, '' ORDER BY id)) FROM hibah h WHERE region_id = {B}"
        return str(connection.scalar(text(statement)))


def bad_tokens(signer: Signer) -> dict[str, str]:
    """Tokens that an attacker may hold: of another connection, another time, another role, or made up."""
    good = signer.token(Context(A, "x", "app"), None)
    body, _, signature = good.partition("~")
    return {
        "token_b": signer.token(Context(B, "x", "app"), 1),
        "expired": signer.token(Context(B, "x", "app"), None, now=1_000_000),
        "worker": signer.token(Context(B, "x", "worker"), None),
        "forged": Signer(signer.key_id, b"0" * 32).token(Context(B, "x", "app"), None),
        "unknown_key": Signer("k9", signer.key).token(Context(B, "x", "app"), None),
        "swapped": body.replace(f"|{A}|", f"|{B}|") + "~" + signature,
    }


def answers(connection: Connection, attack: str) -> list[object]:
    """What the attacker reads: rows, or the error's text."""
    try:
        result = connection.exec_driver_sql(attack)
        return [value for row in result for value in row] if result.returns_rows else []
    except DBAPIError as error:
        return [str(error.orig)]


@pytest.mark.parametrize("attack", ATTACKS)
def test_hostile_sql_gets_nothing_of_another_region(
    attack: str, inside: Opener, signer: Signer, admin: Engine, titles_of_b: list[str]
) -> None:
    before = checksum(admin)
    for name, token in bad_tokens(signer).items():
        attack = attack.replace("{" + name + "}", token)
    with inside(A) as connection:
        seen = answers(connection, attack)
    shown = " ".join(str(value) for value in seen)
    assert not [title for title in titles_of_b if title in shown]
    if attack.endswith(COUNT_B):
        assert (
            seen == [0]
            or "konteks" in shown
            or "permission denied" in shown
            or "cannot" in shown
            or "row-level" in shown
        )
    assert "bocor" not in shown
    assert checksum(admin) == before


def test_there_are_at_least_forty_kinds() -> None:
    assert len(set(ATTACKS)) >= 40


def test_the_context_ends_with_its_transaction(role_engine: Callable[[str], Engine], signer: Signer) -> None:
    with role_engine("app").connect() as connection:
        pid = connection.connection.dbapi_connection.info.backend_pid
        connection.execute(text("SELECT tenancy.open(:t)"), {"t": signer.token(Context(A, "x", "app"), pid)})
        assert connection.scalar(text("SELECT count(*) FROM hibah")) == 30
        connection.commit()
        assert connection.scalar(text("SELECT count(*) FROM hibah")) == 0
        connection.execute(text("SELECT tenancy.open(:t)"), {"t": signer.token(Context(B, "x", "app"), pid)})
        assert connection.scalar(text(f"SELECT count(*) FROM hibah WHERE region_id = {A}")) == 0


@pytest.mark.parametrize("name", ["expired", "worker", "forged", "unknown_key", "swapped", "token_b"])
def test_a_bad_token_is_an_error_and_not_an_empty_answer(name: str, inside: Opener, signer: Signer) -> None:
    with inside(None) as connection:
        connection.execute(text("SELECT tenancy.open(:t)"), {"t": bad_tokens(signer)[name]})
        with pytest.raises(DBAPIError, match="konteks"):
            connection.execute(text("SELECT count(*) FROM hibah"))
