"""Numbers that people read: gap-free in a region, from one row a name that is locked from here to the commit."""

from app.kernel.identifiers import uuid7
from app.tenancy.database import region_sql


def next_number(name: str) -> int:
    """The next number of `name` ("hibah:2026"), from 1. Ask for it last: whoever asks next waits for this commit."""
    return int(
        region_sql(
            "INSERT INTO counters AS c (region_id, id, name, value) VALUES (:region_id, :id, :name, 1)"
            " ON CONFLICT (region_id, name) DO UPDATE SET value = c.value + 1 RETURNING value",
            id=uuid7(), name=name,
        ).scalar_one()
    )  # fmt: skip
