"""Questions whose answer would be "it exists in another region": unique keys, foreign keys, conflicts, statistics.

What remains, and cannot be closed in PostgreSQL: EXPLAIN estimates how many rows a region has in a table, and what values
of columns that are not private (titles, amounts) are common in the nation. It shows no row.
"""

import re
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from app.tenancy.catalogue import COLUMNS, PRIVATE_NAMES
from tests.conftest import B
from tests.isolation.conftest import C, Opener
from tests.isolation.planting import Planted
from tests.isolation.probes import COMPOSITE_KEYS

UNIQUES = """
SELECT c.relname::text AS table, array_agg(a.attname::text ORDER BY k.place) AS columns
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace,
unnest(i.indkey) WITH ORDINALITY k(number, place) JOIN pg_attribute a ON a.attnum = k.number
WHERE a.attrelid = i.indrelid AND n.nspname = 'public' AND i.indisunique AND NOT c.relispartition
GROUP BY i.indexrelid, c.relname ORDER BY 1
"""
#: SQLSTATEs that speak of the key: unique, foreign key, exclusion.
TELLING = {"23505", "23503", "23P01"}


def outcome(connection: Connection, statement: str, **params: Any) -> str:
    """What happened, as the attacker is told it, without the values that he sent himself; it is undone."""
    savepoint = connection.begin_nested()
    try:
        result = connection.execute(text(statement), params)
        told = f"{result.rowcount} baris"
    except DBAPIError as error:
        told = f"{error.orig.pgcode} {error.orig} {error.orig.diag.message_detail}"
    savepoint.rollback()
    for value in params.values():
        told = told.replace(str(value), "…")
    return told


def row_of(admin: Engine, table: str, planted: Planted) -> dict[str, Any]:
    with admin.connect() as connection:
        row = connection.execute(text(f"SELECT * FROM {table} WHERE id = :id"), {"id": planted.rows[table]}).mappings().one()
        computed = connection.scalars(
            text("SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(:t) AND attgenerated <> ''"), {"t": table}
        ).all()
    return {name: value for name, value in row.items() if name not in computed}


def test_no_unique_key_tells_what_another_region_has(
    admin: Engine, inside: Opener, rows_of_b: Planted, rows_of_c: Planted
) -> None:
    """Written into one's own region with a key of B, a row is answered like one with a key that nobody has."""
    with admin.connect() as connection:
        uniques = [(row.table, row.columns) for row in connection.execute(text(UNIQUES))]
        parents = {(key.child, column) for key in connection.execute(text(COMPOSITE_KEYS)) for column in key.columns}
    told, taken = [], 0
    for table, columns in uniques:
        theirs, mine = row_of(admin, table, rows_of_b), row_of(admin, table, rows_of_c)
        asked = [name for name in columns if name != "region_id" and (table, name) not in parents]
        varied = [name for name in asked if name == "id" or _marked(theirs[name], rows_of_b)]
        if not varied or table in rows_of_b.found:
            continue
        base = _copy_of(mine, rows_of_c)
        exists = {**base, **{name: theirs[name] for name in varied}}
        nowhere = {**base, **{name: _unlike(theirs[name]) for name in varied}}
        names = ", ".join(base)
        statement = f"INSERT INTO {table} ({names}) VALUES ({', '.join(f':{name}' for name in base)})"
        with inside(C, "worker") as connection:
            answers = [outcome(connection, statement, **values) for values in (exists, nowhere)]
        taken += answers[1] == "1 baris"
        if answers[0] != answers[1]:
            told.append(f"{table} ({', '.join(columns)}): {answers}")
    assert told == []
    assert taken > 10


def _marked(value: object, planted: Planted) -> bool:
    """Whether the value is one that no other row has."""
    return planted.mark in str(bytes(value) if isinstance(value, memoryview) else value)


def _copy_of(row: dict[str, Any], planted: Planted) -> dict[str, Any]:
    """The row once more, with texts, bytes and a key of its own."""
    return {**{name: _another(value) if _marked(value, planted) else value for name, value in row.items()}, "id": uuid4()}


def _another(value: object) -> object:
    if isinstance(value, memoryview):
        return bytes(value) + uuid4().bytes
    return f"{value}-{uuid4()}" if isinstance(value, str) else value


def _unlike(value: object) -> object:
    """A value of the same kind that nobody has."""
    if isinstance(value, str):
        return f"tidak-ada-{uuid4()}"
    return f"tidak-ada-{uuid4()}".encode() if isinstance(value, bytes | memoryview) else uuid4()


def test_no_foreign_key_tells_what_another_region_has(
    admin: Engine, inside: Opener, rows_of_b: Planted, rows_of_c: Planted
) -> None:
    """A parent of B is answered like a parent that is nowhere: refused, in the same words."""
    with admin.connect() as connection:
        keys = connection.execute(text(COMPOSITE_KEYS)).all()
    told = []
    for key in keys:
        (column,) = (name for name in key.columns if name != "region_id")
        base = _copy_of(row_of(admin, key.child, rows_of_c), rows_of_c)
        names = ", ".join(base)
        statement = f"INSERT INTO {key.child} ({names}) VALUES ({', '.join(f':{name}' for name in base)})"
        with inside(C, "worker") as connection:
            answers = [
                outcome(connection, statement, **{**base, column: parent})
                for parent in (rows_of_b.rows[key.parent], str(uuid4()))
            ]
        if answers[0] != answers[1] or not answers[0].startswith(("23503", "42501")):
            told.append(f"{key.child}.{column}: {answers}")
    assert keys
    assert told == []


CONFLICTS = (
    "DO NOTHING",
    "DO UPDATE SET nama = accounts.nama WHERE accounts.nama LIKE 'rahasia%'",
    "DO UPDATE SET nama = accounts.nama WHERE accounts.nama > 'r'",
    "DO UPDATE SET nama = excluded.nama WHERE 1 / length(accounts.nama) = 1",
)


@pytest.mark.parametrize("region", [B, C])
@pytest.mark.parametrize("conflict", CONFLICTS)
def test_a_conflict_reads_no_hidden_row(
    admin: Engine, inside: Opener, rows_of_b: Planted, region: int, conflict: str
) -> None:
    """CVE-2026-120154: on servers without the fix, `ON CONFLICT DO UPDATE … WHERE` reads rows that the policy hides.

    Every key begins with the region, so a conflict with another region's row needs that region's number in the new row,
    which the policy refuses first.
    """
    theirs = row_of(admin, "accounts", rows_of_b)
    statement = (
        "INSERT INTO accounts (region_id, id, email, nama) VALUES (:region, :id, :email, 'x')"
        f" ON CONFLICT ({{}}) {conflict} RETURNING nama"
    )
    for key in ("region_id, email", "region_id, id"):
        answers = []
        for values in (
            {"id": theirs["id"], "email": theirs["email"]},
            {"id": uuid4(), "email": f"tidak-ada-{uuid4()}"},
        ):
            with inside(C) as connection:
                answers.append(outcome(connection, statement.format(key), region=region, **values))
        assert answers[0] == answers[1]
        assert answers[0].startswith("42501" if region == B else "1 baris")


def test_the_conflict_would_be_read_within_the_own_region(inside: Opener, rows_of_c: Planted, admin: Engine) -> None:
    """Otherwise the statements above would prove nothing."""
    mine = row_of(admin, "accounts", rows_of_c)
    statement = (
        "INSERT INTO accounts (region_id, id, email, nama) VALUES (:region, :id, :email, 'x')"
        " ON CONFLICT (region_id, email) DO UPDATE SET nama = accounts.nama WHERE accounts.nama LIKE :like RETURNING nama"
    )
    with inside(C) as connection:
        for like, rows in (("milik-penyerang%", "1 baris"), ("rahasia%", "0 baris")):
            values = {"region": C, "id": uuid4(), "email": mine["email"], "like": like}
            assert outcome(connection, statement, **values) == rows


#: B's people, and as many of the attacker's own: the more rows he has, the finer the estimates that he gets.
CROWD = """
INSERT INTO accounts (region_id, id, email, nama)
SELECT r, gen_random_uuid(), CASE r WHEN {b} THEN 'rahasia-' ELSE 'penyerang-' END || n || '@contoh', 'x'
FROM unnest(ARRAY[{b}, {c}]) r, generate_series(1, 3000) n
"""
GUESSES = {"text": ("a", "rahasia", "rahasia-1500@contoh", "rahasia-9", "z"), "bytea": (r"\x00", r"\x70", r"\xff")}
SHAPES = ("{0} < '{1}'", "{0} >= '{1}'", "{0} = '{1}'", "{0} <> '{1}'")


def _estimate(connection: Connection, table: str, condition: str) -> tuple[str, ...]:
    """How many rows the planner expects at each step."""
    plan = connection.exec_driver_sql(f"EXPLAIN SELECT * FROM {table} WHERE {condition}").scalars()
    return tuple(re.findall(r"rows=\d+", "\n".join(plan)))


def _analysed(connection: Connection, inside: Opener) -> None:
    """Right after an ANALYZE of a table full of people, as the role that serves requests, in the attacker's context."""
    connection.execute(text(CROWD.format(b=B, c=C)))
    connection.execute(text("ANALYZE"))
    connection.execute(text("SET LOCAL SESSION AUTHORIZATION smartcity_app"))
    inside.speak(connection, C)


def test_no_estimate_tells_a_private_value(admin: Engine, inside: Opener) -> None:
    """EXPLAIN knows the statistics of all regions; of private columns there are none: any value is as likely as another."""
    private = f"{COLUMNS} AND (t.typname = 'bytea' OR t.typname = 'text' AND a.attname ~ '{PRIVATE_NAMES}')"
    with admin.connect() as connection:
        columns = [tuple(row) for row in connection.execute(text(f"SELECT c.relname, a.attname, t.typname FROM {private}"))]
        _analysed(connection, inside)
        told = [
            f"{table}.{column}: {shape}"
            for table, column, kind in columns
            for shape in SHAPES
            if len({_estimate(connection, table, shape.format(column, guess)) for guess in GUESSES[kind]}) > 1
        ]
        sampled = connection.execute(text("SELECT * FROM pg_stats WHERE schemaname = 'public' OR tablename = 'keys'")).all()
        connection.rollback()
    assert ("accounts", "email", "text") in columns
    assert told == []
    assert sampled == []


def test_an_estimate_would_tell_what_is_sampled(admin: Engine, inside: Opener) -> None:
    """Otherwise the test above would pass without statistics at all."""
    with admin.connect() as connection:
        connection.execute(text("ALTER TABLE accounts ALTER COLUMN email SET STATISTICS 100"))
        _analysed(connection, inside)
        estimates = {_estimate(connection, "accounts", f"email < '{guess}'") for guess in GUESSES["text"]}
        connection.rollback()
    assert len(estimates) > 3
