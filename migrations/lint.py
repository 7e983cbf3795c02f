"""The linter of migrations: each is printed as SQL and read by squawk, so that a deploy stops nobody at work.

`python -m migrations.lint` names every statement that would lock a table in use, break the code that still runs while
the new code starts, or silently do nothing. A migration that must (the second half of a removal) says so and why:
`lint_exempt = {"ban-drop-column": "tidak dipakai sejak rilis 2026.3 (0061)"}`. The rules in words: docs/operations.md.
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from io import StringIO
from pathlib import Path
from types import ModuleType

from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory

FOLDER = Path(__file__).parent
SQUAWK = Path(sys.executable).with_name("squawk")
OLDEST_POSTGRES = "15"
#: env.py sets the lock time-out for all; a concurrent index may take as long as it needs; types are the catalogue's.
NOT_ASKED = ("require-lock-timeout", "require-statement-timeout", "prefer-robust-stmts", "prefer-text-field")
LEAST_REASON = 20
#: Up to here the schema was built before anybody used it: no table was in use, no old code was running.
BUILT_BEFORE_USE = "0070"
# The owner sees no row of a tenant table (FORCE): such a statement would change nothing and say nothing.
ROWS = re.compile(r"(?:\A|;)\s*(UPDATE|DELETE\s+FROM|INSERT\s+INTO)\s+(?!tenancy\.)([a-z_.]+)", re.IGNORECASE)


def sql_of(migration: ModuleType) -> str:
    """The migration as a script, its transaction around it; concurrent parts stand outside, as they run."""
    printed = StringIO()
    context = MigrationContext.configure(dialect_name="postgresql", opts={"as_sql": True, "output_buffer": printed})
    printed.write("BEGIN;\n")
    with Operations.context(context):
        migration.upgrade()
    printed.write("COMMIT;\n")
    return printed.getvalue()


def problems(name: str, sql: str, exempt: dict[str, str] | None = None) -> list[str]:
    """`name:line: rule: why` for everything in a migration's SQL that the rules forbid. Empty is good."""
    exempt = exempt or {}
    hasty = [rule for rule, why in exempt.items() if len(why) < LEAST_REASON]
    found = [f"{name}: {rule}: alasan pengecualian terlalu pendek" for rule in hasty]
    if "rows-of-tenant-tables" not in exempt:
        found += [
            f"{name}: rows-of-tenant-tables: {kind} {table} tidak melihat satu baris pun (FORCE ROW LEVEL SECURITY);"
            " isi ulang lewat pekerjaan tiap daerah"
            for kind, table in ROWS.findall(sql)
        ]
    return found + list(_squawk(name, sql, [*NOT_ASKED, *(rule for rule in exempt if rule != "rows-of-tenant-tables")]))


def _squawk(name: str, sql: str, exclude: Iterable[str]) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{name}.sql"
        file.write_text(sql, encoding="utf-8")
        command = [SQUAWK, "--reporter", "gcc", "--pg-version", OLDEST_POSTGRES, "--exclude", ",".join(exclude), file]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (our own arguments)
    for line in ran.stdout.splitlines():
        _path, place, _column, message = line.split(":", 3)
        yield f"{name}:{place}: {message.partition(':')[2].strip()}"
    if ran.returncode and not ran.stdout:
        yield f"{name}: squawk: {ran.stderr.strip()}"


def all_problems() -> list[str]:
    """Over every migration since the schema is in use, oldest first."""
    scripts = reversed(list(ScriptDirectory(str(FOLDER)).walk_revisions(BUILT_BEFORE_USE, "head")))
    found: list[str] = []
    for script in scripts:
        if script.revision == BUILT_BEFORE_USE:
            continue
        exempt = getattr(script.module, "lint_exempt", {})
        found += problems(Path(script.path).stem, sql_of(script.module), exempt)
    return found


if __name__ == "__main__":
    bad = all_problems()
    sys.stdout.writelines(f"{line}\n" for line in bad)
    sys.exit(1 if bad else 0)
