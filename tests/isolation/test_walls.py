"""Every tenant table and every composite key, tried; and each policy and key removed in turn must be noticed."""

from collections.abc import Callable

import pytest
from sqlalchemy import Engine, text

from tests.conftest import A, B
from tests.isolation.conftest import Opener
from tests.isolation.probes import COMPOSITE_KEYS, TENANT_TABLES, fill, key_leaks, table_leaks


@pytest.fixture(scope="module")
def every_table_filled(admin: Engine) -> None:
    """One row, in both regions, of what the demonstration does not make."""
    with admin.begin() as connection:
        for table in connection.scalars(text(TENANT_TABLES)).all():
            for region in (A, B):
                fill(connection, table, region)


@pytest.fixture
def tables(admin: Engine) -> list[str]:
    with admin.connect() as connection:
        return list(connection.scalars(text(TENANT_TABLES)))


@pytest.mark.usefixtures("every_table_filled")
def test_every_table_shows_and_takes_only_the_own_region(tables: list[str], inside: Opener) -> None:
    with inside(A) as connection:
        found = [leak for table in tables for leak in table_leaks(connection, table, A, B)]
    assert len(tables) >= 11
    assert found == []


@pytest.mark.usefixtures("every_table_filled")
def test_no_table_shows_a_row_without_a_context(tables: list[str], inside: Opener) -> None:
    with inside(None) as connection:
        seen = {table: connection.scalar(text(f"SELECT count(*) FROM {table}")) for table in tables}
    assert set(seen.values()) == {0}


def test_a_region_large_enough_for_parallel_workers_reads_its_rows(inside: Opener) -> None:
    """A worker has another pid than the one that the token is bound to."""
    with inside(A) as connection:
        free = ("parallel_setup_cost", "parallel_tuple_cost", "min_parallel_table_scan_size", "enable_indexscan")
        for setting in (*free, "enable_bitmapscan"):
            connection.execute(text(f"SET LOCAL {setting} = 0"))
        assert connection.scalar(text(f"SELECT sum(length(judul)) FROM hibah WHERE region_id = {A}")) > 0


@pytest.mark.usefixtures("every_table_filled")
def test_no_composite_key_accepts_a_foreign_parent(admin: Engine) -> None:
    with admin.connect() as connection:
        keys = [dict(row) for row in connection.execute(text(COMPOSITE_KEYS)).mappings()]
        found = [leak for key in keys for leak in key_leaks(connection, key, A, B)]
        connection.rollback()
    assert keys
    assert found == []


@pytest.mark.usefixtures("every_table_filled")
def test_each_policy_removed_or_opened_is_noticed(
    tables: list[str], admin: Engine, role_engine: Callable[[str], Engine], inside: Opener
) -> None:
    """On the worker's own scratch database: the change is committed, tried by the runtime role, and put back."""
    assert role_engine is not None
    own = "region_id = tenancy.region_id()"
    broken = ("ALTER POLICY own_region ON {0} USING (true)", "ALTER POLICY own_region ON {0} WITH CHECK (true)")
    unnoticed = []
    for table in tables:
        for change in (*broken, "ALTER POLICY own_region ON {0} TO smartcity_export"):
            with admin.begin() as connection:
                connection.execute(text(change.format(table)))
            with inside(A) as connection:
                if not table_leaks(connection, table, A, B):
                    unnoticed.append(change.format(table))
            with admin.begin() as connection:
                connection.execute(
                    text(
                        f"ALTER POLICY own_region ON {table} TO smartcity_app, smartcity_worker, smartcity_export"
                        f" USING ({own}) WITH CHECK ({own})"
                    )
                )
    assert unnoticed == []


@pytest.mark.usefixtures("every_table_filled")
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
