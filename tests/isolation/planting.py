"""Rows that can be recognised: one in each tenant table of a region, with a mark in every text, binary and number.

What goes into a column is read from the catalogue, so that a new table is covered without being told.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from psycopg2.errors import CheckViolation, UniqueViolation
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import IntegrityError

from tests.isolation.probes import REGISTRY, tables_of

#: A region's own number is added: no figure of the demonstration is written like it.
NUMBER = 98_765_400_000
COLUMNS = """
SELECT a.attname AS name, format_type(a.atttypid, NULL) AS type, a.attnotnull AS wanted, f.relname AS parent, (
    SELECT (regexp_match(pg_get_constraintdef(k.oid), '''([^'']*)'''))[1] FROM pg_constraint k
    WHERE k.conrelid = c.oid AND k.contype = 'c' AND k.conkey = ARRAY[a.attnum] LIMIT 1) AS word
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
LEFT JOIN pg_constraint p ON p.conrelid = c.oid AND p.contype = 'f' AND a.attnum = ANY (p.conkey)
    AND p.confrelid <> 'tenancy.regions'::regclass
LEFT JOIN pg_class f ON f.oid = p.confrelid
WHERE c.oid = to_regclass('public.' || :table) AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
AND a.attname NOT IN ('region_id', 'id') ORDER BY a.attnum
"""
CHECKED = """
SELECT a.attname::text FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
WHERE k.conrelid = to_regclass('public.' || :table) AND k.conname = :name
"""
#: A value for each type; the marked ones are tried first, the plain ones where a CHECK refuses the mark.
MARKED = {
    "text": "'{mark}'", "bytea": "convert_to('{mark}', 'UTF8')", "jsonb": "jsonb_build_object('x', '{mark}')",
    "text[]": "ARRAY['{mark}']", "bigint": "{number}",
}  # fmt: skip
PLAIN = {
    "text": "'uji'", "bigint": "1", "integer": "1", "uuid": "gen_random_uuid()", "date": "date '2026-01-02'",
    "timestamp with time zone": "clock_timestamp()", "boolean": "false", "bytea": "decode(repeat('00', 32), 'hex')",
    "double precision": "1", "jsonb": "'{}'::jsonb", "text[]": "'{}'::text[]", "smallint": "1", "interval": "interval '1 day'",
}  # fmt: skip


@dataclass
class Planted:
    """What was put into a region: `mark` is in each text, `number` in each number, `rows` is table -> id, parents first.

    Without `numbers` only the texts are marked, so that the region's own pages stay sensible. Where a table takes one row
    a region (a head, a key) the row that is there counts, and stays: it is in `found`.
    """

    region: int
    mark: str
    numbers: bool = True
    rows: dict[str, str] = field(default_factory=dict)
    found: set[str] = field(default_factory=set)

    @property
    def number(self) -> int:
        """The number that no other region has."""
        return NUMBER + self.region

    def shown_in(self, seen: str) -> bool:
        """Whether anything of the planted rows is in `seen`."""
        low = seen.lower()
        return any(sign in low for sign in self._signs())

    def _signs(self) -> Iterator[str]:
        yield self.mark
        yield self.mark.encode().hex()
        yield from self.rows.values()
        for separator in ("", ".", ",", "\xa0"):
            yield f"{self.number:,}".replace(",", separator)


def plant(admin: Connection, region: int, mark: str, *, numbers: bool = True) -> Planted:
    """Put one marked row into each tenant table of `region`, parents first."""
    planted = Planted(region, mark, numbers)
    for table in tables_of(admin):
        _plant(admin, planted, table)
    return planted


def uproot(admin: Connection, planted: Planted) -> None:
    """Take the planted rows away, children first."""
    for table, number in reversed(planted.rows.items()):
        if table not in planted.found:
            admin.execute(text(f"DELETE FROM {table} WHERE region_id = {planted.region} AND id = :id"), {"id": number})


@contextmanager
def every_table_filled(admin: Engine, regions: Iterable[int]) -> Iterator[None]:
    """For as long as it lasts, each of `regions` has a row in every tenant table."""
    with admin.begin() as connection:
        planted = [plant(connection, region, f"milik-{region}", numbers=False) for region in regions]
    try:
        yield
    finally:
        with admin.begin() as connection:
            for rows in planted:
                uproot(connection, rows)


def wipe(admin: Connection, region: int) -> None:
    """Take every row of `region` away, whatever refers to what."""
    admin.execute(text("SET LOCAL session_replication_role = replica"))
    registry = [row.table for row in admin.execute(text(REGISTRY)) if row.regional]
    for table in (*tables_of(admin), *registry):
        admin.execute(text(f"DELETE FROM {table} WHERE region_id = {region}"))
    admin.execute(text("SET LOCAL session_replication_role = origin"))


def _plant(admin: Connection, planted: Planted, table: str) -> None:
    if table in planted.rows:
        return
    columns = admin.execute(text(COLUMNS), {"table": table}).mappings().all()
    for column in columns:
        if column["parent"] and column["parent"] != table:
            _plant(admin, planted, column["parent"])
    plain: set[str] = set()
    while table not in planted.rows:
        savepoint = admin.begin_nested()
        try:
            planted.rows[table] = str(admin.scalar(text(_insert(planted, table, columns, plain))))
            savepoint.commit()
        except IntegrityError as error:
            savepoint.rollback()
            _learn(admin, planted, table, plain, error)


def _learn(admin: Connection, planted: Planted, table: str, plain: set[str], error: IntegrityError) -> None:
    """Mark the columns that a CHECK wants plain; take the row that is there when no second one fits."""
    if isinstance(error.orig, UniqueViolation):
        there = admin.scalar(text(f"SELECT id FROM {table} WHERE region_id = {planted.region} LIMIT 1"))
        assert there, f"{table}: {error.orig}"
        planted.rows[table] = str(there)
        planted.found.add(table)
        return
    assert isinstance(error.orig, CheckViolation), f"{table}: {error.orig}"
    name = error.orig.diag.constraint_name
    checked = set(admin.scalars(text(CHECKED), {"table": table, "name": name}))
    assert checked - plain, f"{table}: tidak ada nilai contoh yang memenuhi {name}"
    plain |= checked


def _insert(planted: Planted, table: str, columns: Any, plain: set[str]) -> str:
    values = {column["name"]: value for column in columns if (value := _value(planted, table, column, plain))}
    names = "".join(f", {name}" for name in values)
    given = "".join(f", {value}" for value in values.values())
    return (
        f"INSERT INTO {table} (region_id, id{names}) VALUES ({planted.region}, gen_random_uuid(){given}) RETURNING id"
    )


def _value(planted: Planted, table: str, column: Any, plain: set[str]) -> str | None:
    """SQL of what goes into the column; None leaves its default."""
    name, kind = column["name"], column["type"]
    if column["parent"]:
        if name in plain and not column["wanted"]:
            return None
        there = planted.rows.get(column["parent"])
        return f"'{there}'" if there and column["parent"] != table else None
    if kind in MARKED and name not in plain and (planted.numbers or kind != "bigint"):
        mark = f"{planted.mark}-{table}-{name}".replace("_", "-")
        return MARKED[kind].format(mark=mark, number=planted.number)
    if column["word"] is not None and kind == "text":
        return f"'{column['word']}'"
    if column["wanted"]:
        assert kind in PLAIN, f"{table}.{name}: tulis nilai contoh untuk jenis {kind}"
        return PLAIN[kind]
    return None
