"""Which columns hold sealed values: rooms and modules register theirs, so that a new key reaches every one of them."""

from dataclasses import dataclass

from sqlalchemy import text

from app.tenancy.database import db

#: The house's name for a sealed column; the catalogue is asked for all of them.
SUFFIX = "_sealed"
COLUMNS = f"""
SELECT c.relname, a.attname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
AND a.atttypid = 'bytea'::regtype AND right(a.attname, {len(SUFFIX)}) = '{SUFFIX}' ORDER BY 1, 2
"""


@dataclass(frozen=True)
class SealedColumn:
    """A bytea column whose values were sealed under the name `sealed_as` (`Sealer.seal(value, sealed_as)`)."""

    table: str
    column: str
    sealed_as: str


_columns: dict[tuple[str, str], SealedColumn] = {}


def register_sealed(table: str, **columns: str) -> None:
    """Name a table's sealed columns and what each was sealed as: `register_sealed("lpj", nik_sealed="nik")`."""
    for column, sealed_as in columns.items():
        _columns[table, column] = SealedColumn(table, column, sealed_as)


def sealed_columns() -> list[SealedColumn]:
    """Every registered column, by table and name."""
    return [column for _name, column in sorted(_columns.items())]


def unregistered() -> list[str]:
    """Sealed columns of the schema that nobody registered; a key must not be retired while there is one."""
    found = {(row.relname, row.attname) for row in db.session.execute(text(COLUMNS))}
    return [f"{table}.{column}" for table, column in sorted(found - _columns.keys())]
