"""The context is checked by the backend that opened it: a parallel worker has another pid, and refused its own leader.

A table whose policy is restricted to the leader is read without parallel workers: a page of one region never takes
the cores of the others.
"""

from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.execute("ALTER FUNCTION tenancy.region_id() PARALLEL RESTRICTED")
