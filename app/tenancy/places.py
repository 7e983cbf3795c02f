"""Official names of a region's kecamatan: reference data, the same for everybody."""

from sqlalchemy import text

from app.tenancy.context import current
from app.tenancy.database import db

_known: dict[int, dict[str, str]] = {}


def district_names() -> dict[str, str]:
    """code -> name of each kecamatan of the current region, by code; empty for a province or the nation."""
    region_id = current().region_id
    if region_id not in _known:
        low = f"{region_id // 100}.{region_id % 100:02d}."
        statement = text("SELECT code, name FROM tenancy.districts WHERE code >= :low AND code < :high ORDER BY code")
        rows = db.session.execute(statement, {"low": low, "high": low[:-1] + "/"})
        # The official list changes with a deployment, not with a request.
        _known[region_id] = {row.code: row.name for row in rows}
    return _known[region_id]
