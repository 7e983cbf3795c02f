"""How a region's own files are read: kept, so that next year is one command."""

from migrations.ops import TenantTable, create_tenant_table

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    create_tenant_table(
        TenantTable(
            "import_mappings",
            (
                "dataset text NOT NULL",
                "toml text NOT NULL",
                "actor text NOT NULL",
                "saved_at timestamptz NOT NULL DEFAULT clock_timestamp()",
            ),
            uniques=("dataset",),
        )
    )
