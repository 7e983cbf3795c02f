"""The time zone of the current region: reference data."""

from sqlalchemy import text

from app.tenancy.context import current
from app.tenancy.database import db

_known: dict[int, str] = {}


def region_zone() -> str:
    """IANA name of the current region's zone."""
    region_id = current().region_id
    if region_id not in _known:
        statement = text("SELECT time_zone FROM tenancy.regions WHERE id = :id")
        _known[region_id] = str(db.session.execute(statement, {"id": region_id}).scalar_one())
    return _known[region_id]
