"""What the administrator's page shows of the region."""

from datetime import datetime

from app.services.ui.formats import FILTERS
from app.tenancy.database import region_sql

STATEMENTS = {
    "settings": "SELECT key, value, legal_basis FROM region_settings WHERE region_id = :region_id ORDER BY key",
    "steps": "SELECT name, actor, finished_at FROM provision_steps WHERE region_id = :region_id ORDER BY finished_at",
    "runs": "SELECT dataset, file_name, actor, rows_read, rows_new, finished_at FROM import_runs"
    " WHERE region_id = :region_id ORDER BY finished_at DESC LIMIT 50",
}


def settings_page() -> dict[str, list[list[object]]]:
    """Ready cells: settings, finished steps of provisioning, the latest fifty imports; times in the region's zone."""
    return {name: [[_cell(value) for value in row] for row in region_sql(sql)] for name, sql in STATEMENTS.items()}


def _cell(value: object) -> object:
    return FILTERS["waktu"](value) if isinstance(value, datetime) else value
