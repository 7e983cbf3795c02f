"""The linter of migrations lets through what a running deployment bears, and nothing else."""

import pytest

from config.settings import Settings
from migrations import lint

TABLE = "CREATE TABLE baru (region_id bigint NOT NULL, id uuid NOT NULL, n text NOT NULL, PRIMARY KEY (region_id, id));"
BAD = {
    "CREATE INDEX ix ON outbox (region_id, job);": "require-concurrent-index-creation",
    "DROP INDEX ix;": "require-concurrent-index-deletion",
    "ALTER TABLE outbox ADD COLUMN x uuid NOT NULL DEFAULT gen_random_uuid();": "adding-field-with-default",
    "ALTER TABLE outbox ADD COLUMN x text NOT NULL;": "adding-required-field",
    "ALTER TABLE outbox ALTER COLUMN key SET NOT NULL;": "adding-not-nullable-field",
    "ALTER TABLE outbox DROP COLUMN key;": "ban-drop-column",
    "ALTER TABLE outbox RENAME COLUMN key TO kunci;": "renaming-column",
    "ALTER TABLE outbox RENAME TO kotak_keluar;": "renaming-table",
    "ALTER TABLE outbox ALTER COLUMN attempts TYPE integer;": "changing-column-type",
    "ALTER TABLE outbox ADD CONSTRAINT c CHECK (attempts >= 0);": "constraint-missing-not-valid",
    "ALTER TABLE outbox ADD CONSTRAINT u UNIQUE (region_id, key);": "disallowed-unique-constraint",
    "ALTER TABLE outbox ADD CONSTRAINT f FOREIGN KEY (region_id, id) REFERENCES accounts (region_id, id);":
        "adding-foreign-key-constraint",
    "DROP TABLE outbox;": "ban-drop-table",
    "CREATE INDEX CONCURRENTLY ix ON outbox (region_id, job);": "ban-concurrent-index-creation-in-transaction",
    "UPDATE outbox SET attempts = 0;": "rows-of-tenant-tables",
    "DELETE FROM outbox;": "rows-of-tenant-tables",
    "INSERT INTO outbox (region_id) VALUES (1);": "rows-of-tenant-tables",
}  # fmt: skip
GOOD = (
    TABLE,
    TABLE + " CREATE INDEX ix ON baru (region_id, n);",
    "ALTER TABLE outbox ADD COLUMN x text;",
    "ALTER TABLE outbox ADD COLUMN x text NOT NULL DEFAULT '';",
    "ALTER TABLE outbox ADD CONSTRAINT c CHECK (attempts >= 0) NOT VALID;",
    "COMMIT; CREATE INDEX CONCURRENTLY IF NOT EXISTS ix ON outbox (region_id, job); BEGIN;",
    "INSERT INTO tenancy.regions (id) VALUES (1);",
)


def script(statement: str) -> str:
    return f"BEGIN;\n{statement}\nCOMMIT;\n"


@pytest.mark.parametrize(("statement", "rule"), BAD.items())
def test_what_would_stop_a_running_deployment_is_refused(statement: str, rule: str) -> None:
    assert any(rule in problem for problem in lint.problems("9999", script(statement)))


@pytest.mark.parametrize("statement", GOOD)
def test_what_it_bears_is_let_through(statement: str) -> None:
    assert lint.problems("9999", script(statement)) == []


def test_an_exemption_holds_for_its_rule_and_needs_a_reason() -> None:
    both = script("ALTER TABLE outbox DROP COLUMN key; UPDATE outbox SET attempts = 0;")
    reason = "tidak dipakai sejak rilis 2026.3 (0061)"
    found = lint.problems("9999", both, {"ban-drop-column": reason})
    assert [problem.split(": ")[1] for problem in found] == ["rows-of-tenant-tables"]
    assert lint.problems("9999", both, {"ban-drop-column": reason, "rows-of-tenant-tables": reason}) == []
    assert lint.problems("9999", both, {"ban-drop-column": "perlu", "rows-of-tenant-tables": reason}) == [
        "9999: ban-drop-column: alasan pengecualian terlalu pendek"
    ]


def test_every_migration_of_this_house_passes(settings: Settings) -> None:
    assert settings
    assert lint.all_problems() == []
