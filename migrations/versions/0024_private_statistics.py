"""The planner samples no personal data: not of the columns that were added to a table that was there, either."""

from migrations.ops import hide_private_columns

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    hide_private_columns()
