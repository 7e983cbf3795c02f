"""The one clock: everything that asks "now" or "today" asks here."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

EASTERNMOST = "Asia/Jayapura"


def now() -> datetime:
    """This moment, aware, in UTC."""
    return datetime.now(UTC)  # noqa: TID251


def today(zone: str = EASTERNMOST) -> date:
    """The calendar day in a region's IANA zone; without one, where the day begins first (WIT)."""
    return now().astimezone(ZoneInfo(zone)).date()
