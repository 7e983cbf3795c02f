"""Random SQL as a runtime role for a bounded time: no foreign row is seen, none is changed.

`SMARTCITY_RANDOM_SQL_SECONDS` says for how long (10; `make isolation` takes 60), `SMARTCITY_RANDOM_SQL_SEED` repeats a run.
"""

import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, ResourceClosedError

from tests.conftest import B
from tests.isolation.conftest import C, Opener
from tests.isolation.planting import Planted, plant, wipe
from tests.isolation.probes import fingerprints, tables_of
from tests.isolation.random_sql import Author, Schema

SECONDS = float(os.environ.get("SMARTCITY_RANDOM_SQL_SECONDS", "10"))
SEED = int(os.environ.get("SMARTCITY_RANDOM_SQL_SEED", "20260101"))
ELSEWHERE = f"region_id <> {C}"
#: So often the attacker's own region is made as it was: what he deletes or doubles is not what the run is about.
FRESH_EVERY = 100
LEAST = 60
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass
class Run:
    """What came of a run."""

    tried: int = 0
    answered: int = 0
    rows: int = 0
    leaks: list[str] = field(default_factory=list)

    def over(self, end: float) -> bool:
        """Whether something was found, or the time is over; a busy machine tries a few statements all the same."""
        return bool(self.leaks) or (time.monotonic() > end and self.tried >= LEAST)


@dataclass(frozen=True)
class Watch:
    """Knows a foreign row when it sees one: by its marks, its key, its region."""

    planted: Planted
    keys: frozenset[str]

    def foreign(self, name: str, value: object) -> bool:
        """Whether the value, of a result's column of that name, was read from a row of elsewhere."""
        if name == "region_id":
            return value not in {C, None}
        if name == "foreign_rows":
            return bool(value)
        seen = str(value)
        return self.planted.shown_in(seen) or not self.keys.isdisjoint(UUID.findall(seen))


@pytest.fixture(scope="module")
def watch(admin: Engine, rows_of_b: Planted) -> Watch:
    with admin.connect() as connection:
        keys = " UNION ALL ".join(f"SELECT id::text FROM {table} WHERE {ELSEWHERE}" for table in tables_of(connection))
        return Watch(rows_of_b, frozenset(connection.scalars(text(keys))))


def attempt(connection: Connection, statement: str, watch: Watch, run: Run) -> None:
    """One statement, and what its answer or its error shows."""
    run.tried += 1
    savepoint = connection.begin_nested()
    try:
        result = connection.exec_driver_sql(statement.replace("%", "%%"))
        rows = result.fetchall() if result.returns_rows else []
        names = list(result.keys()) if result.returns_rows else []
        savepoint.commit()
    except ResourceClosedError:
        rows, names = [], []
    except DBAPIError as error:
        savepoint.rollback()
        if watch.foreign("", str(error.orig)) or "bocor" in str(error.orig):
            run.leaks.append(f"{statement}: {error.orig}")
        return
    run.answered += 1
    run.rows += len(rows)
    if any(watch.foreign(name, value) for row in rows for name, value in zip(names, row, strict=True)):
        run.leaks.append(statement)


@dataclass
class Campaign:
    """Attacks as a role of region C until the time is over or something is found."""

    inside: Opener
    admin: Engine
    watch: Watch
    role: str = "app"
    tables: tuple[str, ...] = ()

    def run(self, seconds: float) -> Run:
        """What was tried is kept as often as not; every row of elsewhere is compared again and again."""
        run = Run()
        with self.inside.engine(self.role).connect() as connection:
            author = Author(SEED, Schema.read(connection, self.tables), C, B)
            connection.rollback()
            before = self._fresh()
            end = time.monotonic() + seconds
            while not run.over(end):
                for _transaction in range(FRESH_EVERY):
                    self._transaction(connection, author, run)
                    if run.over(end):
                        break
                after = self._fresh()
                run.leaks += [f"{table} milik daerah lain berubah" for table in before if before[table] != after[table]]
        return run

    def _transaction(self, connection: Connection, author: Author, run: Run) -> None:
        self.inside.speak(connection, C, self.role)
        connection.exec_driver_sql("SET LOCAL statement_timeout = 300; DEALLOCATE ALL")
        for _statement in range(3):
            attempt(connection, author.statement(), self.watch, run)
        if author.dice.random() < 0.6:
            connection.commit()
        else:
            connection.rollback()

    def _fresh(self) -> dict[str, str]:
        """The attacker's own region as it was; the fingerprints of all others."""
        with self.admin.begin() as connection:
            wipe(connection, C)
            plant(connection, C, "milik-penyerang-c", numbers=False)
            return fingerprints(connection, ELSEWHERE)


@pytest.mark.timeout(SECONDS + 120)
@pytest.mark.parametrize(("role", "share"), [("app", 0.6), ("worker", 0.3), ("export", 0.1)])
def test_random_sql_sees_and_changes_no_foreign_row(
    inside: Opener, watch: Watch, admin: Engine, role: str, share: float
) -> None:
    run = Campaign(inside, admin, watch, role).run(SECONDS * share)
    assert run.leaks == [], f"benih {SEED}"
    # A run of errors, or of statements that find nothing even of their own, would show nothing.
    assert run.tried >= LEAST
    assert run.answered > run.tried * 0.5
    assert run.rows > run.tried * 0.3


@pytest.fixture
def broken(admin: Engine, request: pytest.FixtureRequest) -> Iterator[None]:
    """One wall down, and what came over it thrown back."""
    table, change = request.param
    own = "region_id = tenancy.region_id()"
    with admin.begin() as connection:
        there = connection.scalars(text(f"SELECT id FROM {table} WHERE {ELSEWHERE}")).all()
        connection.execute(text(f"ALTER {change.format(table)}"))
    yield
    with admin.begin() as connection:
        connection.execute(text(f"DELETE FROM {table} WHERE {ELSEWHERE} AND id <> ALL (:there)"), {"there": there})
        connection.execute(text(f"ALTER POLICY own_region ON {table} USING ({own}) WITH CHECK ({own})"))
        connection.execute(text(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"))


@pytest.mark.parametrize(
    "broken",
    [
        ("hibah", "POLICY own_region ON {} USING (true) WITH CHECK (false)"),
        ("organisasi", "POLICY own_region ON {} USING (region_id > 0) WITH CHECK (false)"),
        ("accounts", "POLICY own_region ON {} WITH CHECK (true)"),
    ],
    indirect=True,
)
@pytest.mark.usefixtures("broken")
def test_one_broken_wall_is_found_by_chance(inside: Opener, admin: Engine, watch: Watch) -> None:
    tables = ("hibah", "organisasi", "hibah_words", "accounts")
    assert Campaign(inside, admin, watch, tables=tables).run(60).leaks


def test_the_same_seed_writes_the_same(inside: Opener) -> None:
    with inside(C) as connection:
        schema = Schema.read(connection)
    one, other = (Author(7, schema, C, B) for _ in range(2))
    assert [one.statement() for _ in range(50)] == [other.statement() for _ in range(50)]
