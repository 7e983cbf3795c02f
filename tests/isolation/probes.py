"""What must hold for every tenant table, tried and not read: used on the real schema and on each mutated one."""

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

TENANT_TABLES = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') ORDER BY 1
"""
COMPOSITE_KEYS = """
SELECT c.relname AS child, k.conname AS name, f.relname AS parent, array_agg(a.attname ORDER BY x.ord)::text[] AS columns
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class f ON f.oid = k.confrelid
JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_namespace fn ON fn.oid = f.relnamespace,
unnest(k.conkey) WITH ORDINALITY x(num, ord) JOIN pg_attribute a ON a.attnum = x.num
WHERE a.attrelid = k.conrelid AND k.contype = 'f' AND n.nspname = 'public' AND fn.nspname = 'public'
GROUP BY 1, 2, 3 ORDER BY 1, 2
"""


POLICY_VIOLATION = "42501"
FOREIGN_KEY_VIOLATION = "23503"


def refused(connection: Connection, statement: str, sqlstate: str, **params: object) -> bool:
    """Whether the database refuses the statement for the reason `sqlstate`; whatever it did is undone."""
    savepoint = connection.begin_nested()
    try:
        connection.execute(text(statement), params)
    except DBAPIError as error:
        return getattr(error.orig, "pgcode", None) == sqlstate
    finally:
        savepoint.rollback()
    return False


def table_leaks(connection: Connection, table: str, own: int, foreign: int) -> list[str]:
    """What is wrong with `table` as seen by a runtime role inside `own`'s context."""
    found = []
    rows = connection.execute(text(f"SELECT region_id, count(*) FROM {table} GROUP BY 1")).all()
    counts = {row.region_id: row.count for row in rows}
    if not counts.get(own):
        found.append(f"{table}: baris sendiri tidak terlihat")
    if set(counts) - {own}:
        found.append(f"{table}: terlihat baris daerah {sorted(set(counts) - {own})}")
    columns = connection.scalars(
        text(
            "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(:name) AND attnum > 0 AND NOT attisdropped"
            " AND attgenerated = ''"
        ),
        {"name": f"public.{table}"},
    ).all()
    rest = ", ".join(column for column in columns if column not in {"region_id", "id"})
    copy = (
        f"INSERT INTO {table} (region_id, id, {rest}) SELECT {foreign}, gen_random_uuid(), {rest} FROM {table} LIMIT 1"
    )
    if not refused(connection, copy, POLICY_VIOLATION):
        found.append(f"{table}: baris dapat ditulis untuk daerah {foreign}")
    return found


def key_leaks(admin: Connection, key: dict[str, object], own: int, foreign: int) -> list[str]:
    """Whether a row of `own` can point at a parent of `foreign`: policies do not guard foreign-key checks."""
    child, parent = key["child"], key["parent"]
    columns = [column for column in key["columns"] if column != "region_id"]  # type: ignore[attr-defined]
    target = admin.scalar(text(f"SELECT id FROM {parent} WHERE region_id = {foreign} LIMIT 1"))
    source = admin.scalar(text(f"SELECT id FROM {child} WHERE region_id = {own} LIMIT 1"))
    assert target is not None, f"tabel {parent} tidak berisi baris daerah {foreign}"
    assert source is not None, f"tabel {child} tidak berisi baris daerah {own}"
    move = f"UPDATE {child} SET {columns[0]} = :target WHERE region_id = {own} AND id = :source"
    return (
        []
        if refused(admin, move, FOREIGN_KEY_VIOLATION, target=target, source=source)
        else [f"{child}.{columns[0]} menerima induk asing"]
    )


FILLABLE = """
SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, f.relname AS parent, (
    SELECT (regexp_match(pg_get_constraintdef(k.oid), '''([^'']*)'''))[1] FROM pg_constraint k
    WHERE k.conrelid = c.oid AND k.contype = 'c' AND k.conkey = ARRAY[a.attnum] LIMIT 1) AS word
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
LEFT JOIN pg_constraint p ON p.conrelid = c.oid AND p.contype = 'f' AND a.attnum = ANY (p.conkey)
LEFT JOIN pg_class f ON f.oid = p.confrelid
WHERE c.oid = to_regclass('public.' || :table) AND a.attnum > 0 AND NOT a.attisdropped
AND a.attname NOT IN ('region_id', 'id') AND a.attgenerated = '' AND a.attnotnull AND NOT a.atthasdef
"""
SAMPLES = {
    "text": "'uji'", "bigint": "1", "integer": "1", "uuid": "gen_random_uuid()", "date": "date '2026-01-02'",
    "timestamp with time zone": "now()", "boolean": "false", "bytea": "'\\x00'", "double precision": "1", "jsonb": "'{}'",
}  # fmt: skip


def fill(admin: Connection, table: str, region: int) -> None:
    """Put one row of `region` into `table` (and, before it, into what it refers to) when it holds none.

    What goes into a column is read from the catalogue, so that a new table is covered without being told.
    """
    if admin.scalar(text(f"SELECT count(*) FROM {table} WHERE region_id = {region}")):
        return
    values = {}
    for column in admin.execute(text(FILLABLE), {"table": table}).mappings():
        if column["parent"] and column["parent"] != table:
            fill(admin, column["parent"], region)
            values[column["name"]] = f"(SELECT id FROM {column['parent']} WHERE region_id = {region} LIMIT 1)"
        elif not column["parent"]:
            values[column["name"]] = f"'{column['word']}'" if column["word"] else SAMPLES[column["type"]]
    names = "".join(f", {name}" for name in values)
    given = "".join(f", {value}" for value in values.values())
    admin.execute(text(f"INSERT INTO {table} (region_id, id{names}) VALUES ({region}, gen_random_uuid(){given})"))
