"""The one helper that makes a tenant table: keys, policy, grants, and its Citus form."""

from collections.abc import Sequence
from dataclasses import dataclass

from alembic import op
from sqlalchemy import text

from app.tenancy.catalogue import SAMPLED_PRIVATE_COLUMNS
from config import settings as configuration

POLICY_ROLES = "smartcity_app, smartcity_worker, smartcity_export"
OWN_REGION = "region_id = tenancy.region_id()"


@dataclass(frozen=True)
class TenantTable:
    """A table whose every row belongs to one region.

    Attributes:
        columns: column definitions in SQL, without `region_id` and `id`.
        uniques: column lists; each gets `region_id` in front.
        references: (columns, table, columns) of other tenant tables; each gets `region_id` in front.
        indexes: column lists; each gets `region_id` in front.
        writes: what app and worker may do beside SELECT. DELETE on money and decisions is never granted.
    """

    name: str
    columns: Sequence[str]
    uniques: Sequence[str] = ()
    references: Sequence[tuple[str, str, str]] = ()
    indexes: Sequence[str] = ()
    writes: str = "INSERT, UPDATE"


def create_tenant_table(table: TenantTable) -> None:
    """Create the table with its composite keys, forced row-level security, one policy and its grants."""
    parts = ["region_id bigint NOT NULL REFERENCES tenancy.regions (id)", "id uuid NOT NULL", *table.columns]
    parts.append(f"CONSTRAINT pk_{table.name} PRIMARY KEY (region_id, id)")
    for columns in table.uniques:
        name = f"uq_{table.name}_{'_'.join(part.strip() for part in columns.split(','))}"
        parts.append(f"CONSTRAINT {name} UNIQUE (region_id, {columns})")
    op.execute(f"CREATE TABLE {table.name} ({', '.join(parts)})")
    distribute(table.name)
    for columns, target, target_columns in table.references:
        name = f"fk_{table.name}_{columns.replace(', ', '_')}"
        op.execute(
            f"ALTER TABLE {table.name} ADD CONSTRAINT {name} FOREIGN KEY (region_id, {columns})"
            f" REFERENCES {target} (region_id, {target_columns})"
        )
    for number, columns in enumerate(table.indexes, 1):
        op.execute(f"CREATE INDEX ix_{table.name}_{number} ON {table.name} (region_id, {columns})")
    hide_private_columns()
    secure(table.name, table.writes)


def secure(name: str, writes: str) -> None:
    """Row-level security, forced; one permissive policy to named roles; grants. Never RESTRICTIVE (Citus drops it)."""
    op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY own_region ON {name} AS PERMISSIVE FOR ALL TO {POLICY_ROLES}"
        f" USING ({OWN_REGION}) WITH CHECK ({OWN_REGION})"
    )
    op.execute(f"GRANT SELECT ON {name} TO {POLICY_ROLES}")
    op.execute(f"GRANT {writes} ON {name} TO smartcity_app, smartcity_worker")


def hide_private_columns() -> None:
    """Keep the planner's statistics from sampling personal data; call it after adding a column to a table."""
    if op.get_context().as_sql:
        # Printed for the linter: there is no catalogue to ask.
        return
    connection = op.get_bind()
    for table, column in connection.execute(text(f"SELECT c.relname, a.attname FROM {SAMPLED_PRIVATE_COLUMNS}")).all():
        op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0")


def distribute(name: str, column: str = "region_id") -> None:
    """On Citus (CITUS=1) the table is spread by region (or another column) before its foreign keys are added."""
    if configuration.load().citus:
        op.execute(f"SELECT create_distributed_table('{name}', '{column}')")
