"""The list's own order as an index: newest first, what has no date last; before, a page sorted its whole region."""

from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.execute("DROP INDEX ix_hibah_2")
    op.execute("CREATE INDEX ix_hibah_newest ON hibah (region_id, tanggal_masuk DESC NULLS LAST, id DESC)")
