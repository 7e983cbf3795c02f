"""Statements that nobody thought of: written by chance over every tenant table, the same ones for the same seed.

They read, write, join, group, order, wrap and nest. A foreign region's number stands in conditions and in what is written,
never in what is read: where it comes back, it was read from a row.
"""

import random
from collections.abc import Callable, Collection
from dataclasses import dataclass

from sqlalchemy import Connection, text

COLUMNS = """
SELECT c.relname::text AS table, a.attname::text AS name, format_type(a.atttypid, NULL) AS type,
    a.attgenerated <> '' AS computed
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
AND a.attnum > 0 AND NOT a.attisdropped ORDER BY 1, a.attnum
"""
PRIVILEGES = """
SELECT c.relname::text AS table, p.name AS privilege
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
    unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS p(name)
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND has_table_privilege(c.oid, p.name)
"""
SETTINGS = (
    "row_security = off", "enable_seqscan = off", "enable_indexscan = off", "plan_cache_mode = force_generic_plan",
    "enable_nestloop = off", "enable_hashjoin = off", "enable_material = off", "from_collapse_limit = 1", "work_mem = 64",
    "debug_parallel_query = on", "geqo_threshold = 2", "search_path = tenancy, public", "app.context = ''",
)  # fmt: skip


@dataclass(frozen=True)
class Column:
    """One column as the catalogue has it."""

    name: str
    type: str
    computed: bool


@dataclass(frozen=True)
class Schema:
    """Tables with their columns, and which of them the role may read, insert into, update, delete from."""

    tables: dict[str, list[Column]]
    may: dict[str, list[str]]

    @classmethod
    def read(cls, connection: Connection, only: Collection[str] = ()) -> "Schema":
        """The schema as the role on this connection has it; some of its tables only, where they are named."""
        tables: dict[str, list[Column]] = {}
        for row in connection.execute(text(COLUMNS)):
            if not only or row.table in only:
                tables.setdefault(row.table, []).append(Column(row.name, row.type, row.computed))
        may: dict[str, list[str]] = {}
        for row in connection.execute(text(PRIVILEGES)):
            if row.table in tables:
                may.setdefault(row.privilege, []).append(row.table)
        return cls(tables, may)


@dataclass(frozen=True)
class Source:
    """One thing in a FROM clause: its alias and the columns that it has there."""

    alias: str
    sql: str
    columns: list[Column]


class Author:
    """Writes statements for a role of region `own` that would like to see `foreign`."""

    def __init__(self, seed: int, schema: Schema, own: int, foreign: int) -> None:
        self.dice = random.Random(seed)
        self._schema = schema
        self._own, self._foreign = own, foreign
        self._aliases = 0

    def statement(self) -> str:
        """One statement, perhaps with others before it that it depends on."""
        kinds: list[tuple[int, Callable[[], str]]] = [
            (10, lambda: self.query(2)), (5, self.update), (4, self.insert), (4, self.delete), (4, self.merge),
            (4, self.changing_cte), (3, self.set_operation), (2, self.recursive), (3, self.wrapped), (2, self.preceded),
        ]  # fmt: skip
        (write,) = self.dice.choices([kind for _weight, kind in kinds], [weight for weight, _kind in kinds])
        return write()

    # What is read

    def source(self, depth: int) -> Source:
        """A table, a sampled table, or a sub-query."""
        self._aliases += 1
        alias = f"t{self._aliases}"
        if depth > 0 and self.dice.random() < 0.25:
            table = self.dice.choice(self._schema.may["SELECT"])
            inner = f"SELECT * FROM {table} WHERE {self.condition(Source(table, table, self._schema.tables[table]), 0)} OFFSET 0"
            return Source(alias, f"({inner}) {alias}", self._schema.tables[table])
        table = self.dice.choice(self._schema.may["SELECT"])
        form = self.dice.choice(("{0} {1}", "{0} {1}", "ONLY {0} {1}", "{0} {1} TABLESAMPLE BERNOULLI (100)", "(TABLE {0}) {1}"))
        return Source(alias, form.format(table, alias), self._schema.tables[table])

    def column(self, source: Source, *kinds: str) -> str:
        """One column, of one of these types where there is one."""
        fitting = [column for column in source.columns if column.type in kinds] or source.columns
        return f"{source.alias}.{self.dice.choice(fitting).name}"

    def value(self, source: Source, depth: int) -> str:
        """Something to show of a row, as text or as it is."""
        forms = [
            lambda: f"{source.alias}.*",
            lambda: f"{source.alias}.region_id",
            lambda: f"{source.alias}.region_id, {self.column(source)}",
            lambda: f"{source.alias}::text",
            lambda: f"row_to_json({source.alias})::text",
            lambda: f"upper({self.column(source, 'text')}::text)",
            lambda: f"coalesce({self.column(source)}::text, 'kosong')",
            lambda: f"CASE WHEN {self.condition(source, 0)} THEN {source.alias}::text END",
            lambda: f"quote_literal({self.column(source, 'text')})",
            lambda: f"encode(convert_to({self.column(source, 'text')}::text, 'UTF8'), 'escape')",
        ]
        if depth > 0:
            forms.append(lambda: f"({self.one_value(depth - 1)})")
        return self.dice.choice(forms)()

    def one_value(self, depth: int) -> str:
        """A query of one row and one column."""
        source = self.source(depth)
        return f"SELECT {source.alias}::text FROM {source.sql} WHERE {self.condition(source, depth)} LIMIT 1"

    def condition(self, source: Source, depth: int) -> str:
        """Which rows: mostly those of elsewhere."""
        region, foreign = f"{source.alias}.region_id", self._foreign
        forms = [
            lambda: f"{region} = {foreign}",
            lambda: f"{region} <> {self._own}",
            lambda: f"{region} IS DISTINCT FROM tenancy.region_id()",
            lambda: f"{region} IN (0, 32, {foreign}, {self._own})",
            lambda: f"{region} BETWEEN 0 AND 9999",
            lambda: f"{region}::text LIKE '32%'",
            lambda: f"({region} + 0) % 10000 = {foreign}",
            lambda: "true",
            lambda: "random() >= 0",
            lambda: f"{self.column(source, 'text')}::text LIKE '%rahasia%'",
            lambda: f"{self.column(source, 'text')}::text >= ''",
            lambda: f"{self.column(source, 'text')}::text ~ '.*'",
            lambda: f"{source.alias}.ctid >= '(0,0)'" if " " in source.sql and "(" not in source.sql else "true",
            lambda: f"length({source.alias}::text) > 0",
            lambda: f"NULLIF({self.column(source, 'bigint')}::text, '')::numeric IS NOT NULL",
        ]
        if depth > 0:
            forms += [
                lambda: f"EXISTS ({self.query(depth - 1)})",
                lambda: f"{region} IN (SELECT o.region_id FROM {self.dice.choice(self._schema.may['SELECT'])} o)",
                lambda: f"{source.alias}.id::text NOT IN ({self.one_value(depth - 1)})",
                lambda: f"NOT ({self.condition(source, depth - 1)})",
                lambda: f"({self.condition(source, depth - 1)}) OR ({self.condition(source, depth - 1)})",
                lambda: f"({self.condition(source, depth - 1)}) AND ({self.condition(source, depth - 1)})",
            ]
        return self.dice.choice(forms)()

    def query(self, depth: int) -> str:
        """One SELECT of a kind."""
        return self.dice.choice((self._plain, self._joined, self._grouped, self._windowed, self._lateral))(depth)

    def _end(self, source: Source) -> str:
        order = self.dice.choice(("", f" ORDER BY {self.column(source)} DESC", " ORDER BY 1", f" ORDER BY {source.alias}.region_id"))
        return f"{order} LIMIT {self.dice.choice((1, 5, 40))}{self.dice.choice(('', ' OFFSET 1'))}"

    def _plain(self, depth: int) -> str:
        source = self.source(depth)
        lock = self.dice.choice(("", "", "", " FOR UPDATE", " FOR SHARE SKIP LOCKED", " FOR KEY SHARE"))
        distinct = self.dice.choice(("", "", "DISTINCT ")) if not lock else ""
        return f"SELECT {distinct}{self.value(source, depth)} FROM {source.sql} WHERE {self.condition(source, depth)} LIMIT 40{lock}"

    def _joined(self, depth: int) -> str:
        left, right = self.source(depth), self.source(0)
        on = self.dice.choice(
            (
                f"{left.alias}.region_id <> {right.alias}.region_id",
                f"{left.alias}.region_id = {right.alias}.region_id",
                f"{right.alias}.region_id = {self._foreign}",
                f"{left.alias}.id::text > {right.alias}.id::text",
                "true",
            )
        )
        kind = self.dice.choice(("JOIN", "LEFT JOIN", "RIGHT JOIN"))
        shown = ", ".join(self.value(source, 0) for source in (left, right))
        return f"SELECT {shown} FROM {left.sql} {kind} {right.sql} ON {on} WHERE {self.condition(left, depth)}{self._end(right)}"

    def _grouped(self, depth: int) -> str:
        source = self.source(depth)
        shown = self.dice.choice(
            (
                f"string_agg({source.alias}::text, ' ')",
                f"array_agg({self.column(source, 'text')})::text",
                f"jsonb_agg({source.alias})::text",
                f"min({self.column(source, 'text')}::text), max({self.column(source, 'text')}::text)",
                f"count(*) FILTER (WHERE {source.alias}.region_id <> {self._own}) AS foreign_rows",
                f"mode() WITHIN GROUP (ORDER BY {self.column(source, 'text')}::text)",
            )
        )
        by = self.dice.choice((f"{source.alias}.region_id", f"ROLLUP ({source.alias}.region_id)", f"CUBE ({source.alias}.region_id)"))
        having = self.dice.choice(("", " HAVING count(*) > 0"))
        return f"SELECT {source.alias}.region_id, {shown} FROM {source.sql} WHERE {self.condition(source, depth)} GROUP BY {by}{having}"

    def _windowed(self, depth: int) -> str:
        source = self.source(depth)
        what = self.dice.choice(("lag({0})", "lead({0})", "first_value({0})", "last_value({0})", "string_agg({0}, ' ')"))
        frame = self.dice.choice(("", f"PARTITION BY {source.alias}.region_id ", f"PARTITION BY {source.alias}.region_id % 2 "))
        window = f"({frame}ORDER BY {source.alias}.region_id, {source.alias}.id)"
        return (
            f"SELECT {what.format(f'{source.alias}::text')} OVER {window} FROM {source.sql}"
            f" WHERE {self.condition(source, depth)}{self._end(source)}"
        )

    def _lateral(self, depth: int) -> str:
        outer, inner = self.source(0), self.source(depth)
        return (
            f"SELECT l.*, r.id FROM tenancy.regions r, LATERAL (SELECT {inner.alias}::text FROM {inner.sql}"
            f" WHERE {inner.alias}.region_id = r.id AND {self.condition(inner, 0)} LIMIT 2) l"
            f" WHERE r.id IN (32, {self._foreign}, {self._own}) AND EXISTS (SELECT 1 FROM {outer.sql}) LIMIT 20"
        )

    def set_operation(self) -> str:
        """Two queries of one text column each."""
        word = self.dice.choice(("UNION", "UNION ALL", "EXCEPT", "EXCEPT ALL", "INTERSECT"))
        return f"({self.one_value(1).replace('LIMIT 1', 'LIMIT 9')}) {word} ({self.one_value(1).replace('LIMIT 1', 'LIMIT 9')})"

    def recursive(self) -> str:
        """From row to row of other regions."""
        table = self.dice.choice(self._schema.may["SELECT"])
        return (
            f"WITH RECURSIVE r(n, t) AS (SELECT 1, x::text FROM (SELECT * FROM {table} LIMIT 2) x UNION ALL"
            f" SELECT r.n + 1, y::text FROM r, LATERAL (SELECT * FROM {table} z WHERE z.region_id <> {self._own} LIMIT 2) y"
            " WHERE r.n < 3) SELECT t FROM r LIMIT 20"
        )

    # What is written

    def _target(self, privilege: str) -> Source | None:
        tables = self._schema.may.get(privilege)
        if not tables:
            return None
        table = self.dice.choice(tables)
        return Source("w", f"{table} w", self._schema.tables[table])

    def _assignment(self, target: Source) -> str:
        free = [column for column in target.columns if column.type == "text" and not column.computed]
        if free and self.dice.random() < 0.6:
            name = self.dice.choice(free).name
            return f"{name} = {self.dice.choice((f'w.{name}', f'w.{name} || 1'))}"
        return self.dice.choice((f"region_id = {self._foreign}", "region_id = w.region_id", "id = gen_random_uuid()"))

    def _returning(self) -> str:
        # A row that comes back must be visible too, which refuses more than the policy for writing does.
        return self.dice.choice((" RETURNING w.*", ""))

    def update(self) -> str:
        """UPDATE, sometimes FROM another table."""
        target = self._target("UPDATE")
        if target is None:
            return self.query(1)
        other = self.source(0)
        source = self.dice.choice(("", f" FROM {other.sql}"))
        also = f" AND {self.condition(other, 0)}" if source else ""
        return (
            f"UPDATE {target.sql} SET {self._assignment(target)}{source} WHERE {self.condition(target, 1)}{also}{self._returning()}"
        )

    def insert(self) -> str:
        """INSERT of copies, for oneself or for another region, with every kind of ON CONFLICT."""
        target = self._target("INSERT")
        if target is None:
            return self.query(1)
        table = target.sql.split(" ")[0]
        names = [column.name for column in target.columns if not column.computed and column.name not in {"region_id", "id"}]
        rest = "".join(f", {name}" for name in names)
        region = self.dice.choice((str(self._foreign), str(self._foreign), str(self._own), "o.region_id", "tenancy.region_id()"))
        key = self.dice.choice(("gen_random_uuid()", "gen_random_uuid()", "o.id"))
        copied = "".join(f", o.{name}" for name in names)
        condition = self.dice.choice(("true", self.condition(Source("o", f"{table} o", target.columns), 0)))
        return (
            f"INSERT INTO {table} AS w (region_id, id{rest}) SELECT {region}, {key}{copied} FROM {table} o"
            f" WHERE {condition} LIMIT 2{self._conflict(table, target)}{self._returning()}"
        )

    def _conflict(self, table: str, target: Source) -> str:
        forms = ["", "", " ON CONFLICT DO NOTHING"]
        if table in self._schema.may.get("UPDATE", ()):
            name = next((c.name for c in target.columns if c.type == "text" and not c.computed), "id")
            update = f" ON CONFLICT (region_id, id) DO UPDATE SET {name} = "
            forms += [f"{update}excluded.{name}", f"{update}w.{name} WHERE w.{name}::text >= ''"]
        return self.dice.choice(forms)

    def delete(self) -> str:
        """DELETE, sometimes USING another table."""
        target = self._target("DELETE")
        if target is None:
            return self.query(1)
        other = self.source(0)
        using = self.dice.choice(("", f" USING {other.sql}"))
        also = f" AND {self.condition(other, 0)}" if using else ""
        return f"DELETE FROM {target.sql}{using} WHERE {self.condition(target, 1)}{also}{self._returning()}"

    def merge(self) -> str:
        """MERGE with a source of any region; it gives no rows back on every server."""
        target = self._target("UPDATE")
        if target is None:
            return self.query(1)
        source = self.source(0)
        on = self.dice.choice(
            (f"w.region_id = {source.alias}.region_id", f"w.region_id = {self._foreign}", "true", f"w.id::text = {source.alias}.id::text")
        )
        return (
            f"MERGE INTO {target.sql} USING (SELECT * FROM {source.sql} LIMIT 1) {source.alias} ON {on}"
            f" WHEN MATCHED AND {self.condition(target, 0)} THEN UPDATE SET {self._assignment(target)}"
            " WHEN NOT MATCHED THEN DO NOTHING"
        )

    def changing_cte(self) -> str:
        """A change whose rows are then read."""
        change = self.dice.choice((self.update, self.insert, self.delete))()
        if " RETURNING " not in change:
            return change
        hint = self.dice.choice(("", "MATERIALIZED "))
        return f"WITH c AS {hint}({change}) SELECT * FROM c"

    # Around it

    def wrapped(self) -> str:
        """A query inside something that runs it."""
        query = self.query(1)
        quoted = query.replace("'", "''")
        return self.dice.choice(
            (
                f"EXPLAIN (ANALYZE, VERBOSE, COSTS OFF) {query}",
                f"PREPARE p AS {query}; EXECUTE p",
                f"DECLARE c NO SCROLL CURSOR FOR {query.partition(' FOR ')[0]}; FETCH 40 FROM c",
                f"SELECT query_to_xml('{quoted}', true, false, '')::text",
                f"WITH c AS MATERIALIZED ({query}) SELECT c::text FROM c",
                f"SELECT array(SELECT x::text FROM ({query}) x)::text",
                f"DO $$ DECLARE found record; BEGIN FOR found IN {query} LOOP IF found::text LIKE '%rahasia%' THEN RAISE EXCEPTION 'bocor %', found; END IF; END LOOP; END $$",
            )
        )

    def preceded(self) -> str:
        """A query after a setting, or inside a savepoint that undoes one."""
        setting = f"SET LOCAL {self.dice.choice(SETTINGS)}"
        return self.dice.choice((f"{setting}; {self.query(1)}", f"SAVEPOINT s; {setting}; ROLLBACK TO s; {self.query(1)}"))
