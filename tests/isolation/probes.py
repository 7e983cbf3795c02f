"""What must hold for every tenant table, tried and not read: used on the real schema and on each mutated one."""


from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

#: Partitions are not among them: they are reached through their parent only.
TENANT_TABLES = """
SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1
"""
PARTITIONS = TENANT_TABLES.replace("AND NOT c.relispartition", "AND c.relispartition")
COMPOSITE_KEYS = """
SELECT c.relname AS child, k.conname AS name, f.relname AS parent, array_agg(a.attname ORDER BY x.ord)::text[] AS columns
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class f ON f.oid = k.confrelid
JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_namespace fn ON fn.oid = f.relnamespace,
unnest(k.conkey) WITH ORDINALITY x(num, ord) JOIN pg_attribute a ON a.attnum = x.num
WHERE a.attrelid = k.conrelid AND k.contype = 'f' AND n.nspname = 'public' AND fn.nspname = 'public'
AND k.conparentid = 0 AND NOT c.relispartition
GROUP BY 1, 2, 3 ORDER BY 1, 2
"""
#: The registry holds no region's rows, but rows about regions, and no region may change another's there either.
REGISTRY = """
SELECT 'tenancy.' || c.relname AS table, EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid
    AND a.attname = 'region_id') AS regional
FROM pg_class c WHERE c.relnamespace = 'tenancy'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY 1
"""
POLICY_VIOLATION = "42501"
FOREIGN_KEY_VIOLATION = "23503"


def tables_of(connection: Connection) -> list[str]:
    """Every tenant table by name."""
    return list(connection.scalars(text(TENANT_TABLES)))


def fingerprints(admin: Connection, where: str) -> dict[str, str]:
    """Table -> digest of its rows for which `where` holds (of `region_id`), over all tenant tables and the registry."""
    digest = "SELECT '{0}', md5(coalesce(string_agg(t::text, chr(10) ORDER BY t::text), '')) FROM {0} t WHERE {1}"
    parts = [digest.format(table, where) for table in tables_of(admin)]
    parts += [digest.format(row.table, where if row.regional else "true") for row in admin.execute(text(REGISTRY))]
    return {str(name): str(md5) for name, md5 in admin.execute(text(" UNION ALL ".join(parts)))}


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
    rest = "".join(f", {column}" for column in columns if column not in {"region_id", "id"})
    copy = f"INSERT INTO {table} (region_id, id{rest}) SELECT {foreign}, gen_random_uuid(){rest} FROM {table} LIMIT 1"
    if not refused(connection, copy, POLICY_VIOLATION):
        found.append(f"{table}: baris dapat ditulis untuk daerah {foreign}")
    return found


def owner_leaks(admin: Connection, table: str) -> list[str]:
    """Whether the schema's owner, whom only FORCE binds, sees a row."""
    savepoint = admin.begin_nested()
    admin.execute(text("SET LOCAL ROLE smartcity_owner"))
    seen = admin.scalar(text(f"SELECT count(*) FROM {table}"))
    savepoint.rollback()
    return [f"{table}: pemilik melihat {seen} baris"] if seen else []


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
