"""Every tenant table and every composite key, tried; and each wall removed in turn must be noticed."""

import pytest
from sqlalchemy import Connection, Engine, text

from app.tenancy import catalogue
from tests.conftest import A, B
from tests.isolation.conftest import Opener
from tests.isolation.probes import COMPOSITE_KEYS, PARTITIONS, key_leaks, owner_leaks, table_leaks, tables_of

pytestmark = pytest.mark.usefixtures("rows_of_a", "rows_of_b")
RUNTIME = ("app", "worker", "export")
OWN = "region_id = tenancy.region_id()"
WHOLE = (
    "CREATE POLICY own_region ON {} TO smartcity_app, smartcity_worker, smartcity_export"
    f" USING ({OWN}) WITH CHECK ({OWN})"
)


def may(connection: Connection, table: str, privilege: str, role: str = "app") -> bool:
    """Whether the runtime role holds the privilege on the table."""
    statement = text("SELECT has_table_privilege('smartcity_' || :role, 'public.' || :table, :privilege)")
    return bool(connection.scalar(statement, {"role": role, "table": table, "privilege": privilege}))


@pytest.fixture
def tables(admin: Engine) -> list[str]:
    with admin.connect() as connection:
        return tables_of(connection)


@pytest.mark.parametrize("role", RUNTIME)
def test_every_table_shows_and_takes_only_the_own_region(
    tables: list[str], admin: Engine, inside: Opener, role: str
) -> None:
    with admin.connect() as connection:
        readable = [table for table in tables if may(connection, table, "SELECT", role)]
    with inside(A, role) as connection:
        found = [leak for table in readable for leak in table_leaks(connection, table, A, B)]
    assert len(readable) >= 11
    assert found == []


@pytest.mark.parametrize("role", RUNTIME)
def test_no_table_shows_a_row_without_a_context(tables: list[str], admin: Engine, inside: Opener, role: str) -> None:
    with admin.connect() as connection:
        readable = [table for table in tables if may(connection, table, "SELECT", role)]
    with inside(None, role) as connection:
        seen = {table: connection.scalar(text(f"SELECT count(*) FROM {table}")) for table in readable}
    assert set(seen.values()) == {0}


def test_a_region_large_enough_for_parallel_workers_reads_its_rows(inside: Opener) -> None:
    """A worker has another pid than the one that the token is bound to."""
    with inside(A) as connection:
        free = ("parallel_setup_cost", "parallel_tuple_cost", "min_parallel_table_scan_size", "enable_indexscan")
        for setting in (*free, "enable_bitmapscan"):
            connection.execute(text(f"SET LOCAL {setting} = 0"))
        assert connection.scalar(text(f"SELECT sum(length(judul)) FROM hibah WHERE region_id = {A}")) > 0


def test_the_owner_sees_no_row_either(tables: list[str], admin: Engine) -> None:
    with admin.connect() as connection:
        assert [leak for table in tables for leak in owner_leaks(connection, table)] == []


def test_no_partition_can_be_reached_past_its_parent(admin: Engine) -> None:
    with admin.connect() as connection:
        reached = [
            (partition, role, privilege)
            for partition in connection.scalars(text(PARTITIONS)).all()
            for role in (*RUNTIME, "reader")
            for privilege in ("SELECT", "INSERT", "UPDATE", "DELETE")
            if may(connection, partition, privilege, role)
        ]
    assert reached == []


def test_no_composite_key_accepts_a_foreign_parent(admin: Engine) -> None:
    with admin.connect() as connection:
        keys = [dict(row) for row in connection.execute(text(COMPOSITE_KEYS)).mappings()]
        found = [leak for key in keys for leak in key_leaks(connection, key, A, B)]
        connection.rollback()
    assert keys
    assert found == []


def breaks(connection: Connection, table: str) -> tuple[str, list[str]]:
    """The role that can show the harm, and every way to take the table's policy down."""
    role = "app" if may(connection, table, "SELECT") else "worker"
    found = [
        f"DROP POLICY own_region ON {table}",
        f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
        f"ALTER POLICY own_region ON {table} USING (true)",
        f"ALTER POLICY own_region ON {table} USING ({OWN} OR region_id = {B})",
    ]
    if may(connection, table, "INSERT", role):
        found.append(f"ALTER POLICY own_region ON {table} WITH CHECK (true)")
    return role, found


def test_each_policy_removed_or_opened_is_noticed(tables: list[str], admin: Engine, inside: Opener) -> None:
    """On the worker's own scratch database: the change is committed, tried by the runtime role, and put back."""
    unnoticed = []
    for table in tables:
        with admin.connect() as connection:
            role, changes = breaks(connection, table)
        for change in changes:
            with admin.begin() as connection:
                connection.execute(text(change))
            try:
                with inside(A, role) as connection:
                    if not table_leaks(connection, table, A, B):
                        unnoticed.append(change)
            finally:
                with admin.begin() as connection:
                    connection.execute(text(f"DROP POLICY IF EXISTS own_region ON {table}"))
                    connection.execute(text(WHOLE.format(table)))
                    connection.execute(text(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"))
    assert unnoticed == []


def test_each_force_removed_is_noticed(tables: list[str], admin: Engine) -> None:
    unnoticed = []
    with admin.connect() as connection:
        for table in tables:
            savepoint = connection.begin_nested()
            connection.execute(text(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"))
            if not owner_leaks(connection, table):
                unnoticed.append(table)
            savepoint.rollback()
        connection.rollback()
    assert unnoticed == []


def test_each_composite_key_removed_is_noticed(admin: Engine) -> None:
    unnoticed = []
    with admin.connect() as connection:
        keys = [dict(row) for row in connection.execute(text(COMPOSITE_KEYS)).mappings()]
        for key in keys:
            savepoint = connection.begin_nested()
            connection.execute(text(f"ALTER TABLE {key['child']} DROP CONSTRAINT {key['name']}"))
            if not key_leaks(connection, key, A, B):
                unnoticed.append(key["name"])
            savepoint.rollback()
        connection.rollback()
    assert unnoticed == []


def test_the_walls_stand_again(admin: Engine) -> None:
    """What the tests above broke, they put back."""
    with admin.connect() as connection:
        assert catalogue.problems(connection) == []
