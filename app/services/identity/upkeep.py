"""The daily job: what has ended is deleted. How long attempts and links stay is the region's rule (`privacy`)."""

from app.services.identity.sessions import LIFE_HOURS
from app.tenancy.database import region_sql

#: table -> which rows have served.
ENDED = {
    "spent_challenges": "at < clock_timestamp() - interval '1 day'",
    "account_totp": "state = 'MENUNGGU' AND created_at < clock_timestamp() - interval '1 day'",
    "account_sessions": f"started_at < clock_timestamp() - interval '{LIFE_HOURS} hours'",
}


def forget_old(_payload: dict[str, object]) -> None:
    """Spent challenges and secrets that nobody took into use after a day, sessions at the end of their life."""
    for table, ended in ENDED.items():
        region_sql(f"DELETE FROM {table} WHERE region_id = :region_id AND {ended}")
