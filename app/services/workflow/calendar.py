"""The region's working calendar: the nation's holidays and joint leave, then the days that the region wrote itself."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import holidays

from app.kernel import clock
from app.kernel.calendar import WorkingCalendar
from app.kernel.identifiers import uuid7
from app.services import audit
from app.tenancy.database import region_sql
from app.tenancy.zones import region_zone

#: Years whose holidays are known to the library; before and after, only weekends and the region's own days are free.
FIRST_YEAR, LAST_YEAR = 2010, 2040


@dataclass(frozen=True)
class CalendarDay:
    """One day that is not like its weekday: `works` False for a free day. `own`: written by the region."""

    day: date
    works: bool
    name: str
    legal_basis: str
    own: bool


@lru_cache(maxsize=1)
def national_holidays() -> dict[date, str]:
    """Public holidays and joint leave (cuti bersama) of Indonesia, by day. Source: the yearly SKB of three ministers,
    as the package `holidays` has it."""
    years = range(FIRST_YEAR, LAST_YEAR + 1)
    found: dict[date, str] = {}
    for category in ("public", "government"):
        found |= dict(holidays.country_holidays("ID", years=years, language="id", categories=(category,)))
    return found


def region_calendar() -> WorkingCalendar:
    """The calendar that limits of the current region are counted in."""
    rows = region_sql("SELECT day, works FROM calendar_days WHERE region_id = :region_id").all()
    free = {row.day for row in rows if not row.works}
    worked = frozenset(row.day for row in rows if row.works)
    return WorkingCalendar(frozenset(national_holidays().keys() | free), worked)


def today() -> date:
    """The calendar day in the current region's zone."""
    return clock.today(region_zone())


def days_of(year: int) -> list[CalendarDay]:
    """Every day of a year that is not like its weekday: the nation's and the region's, in order."""
    own = region_sql(
        "SELECT day, works, name, legal_basis FROM calendar_days WHERE region_id = :region_id"
        " AND day BETWEEN :first AND :last",
        first=date(year, 1, 1), last=date(year, 12, 31),
    ).all()  # fmt: skip
    days = {
        day: CalendarDay(day, works=False, name=name, legal_basis="", own=False)
        for day, name in national_holidays().items()
        if day.year == year
    }
    for row in own:
        days[row.day] = CalendarDay(row.day, row.works, row.name, row.legal_basis, own=True)
    return [days[day] for day in sorted(days)]


def set_day(day: date, *, works: bool, name: str, legal_basis: str) -> None:
    """Write the region's own rule for one day; the caller commits."""
    region_sql(
        "INSERT INTO calendar_days (region_id, id, day, works, name, legal_basis) VALUES (:region_id, :id, :day,"
        " :works, :name, :basis) ON CONFLICT (region_id, day) DO UPDATE SET works = excluded.works,"
        " name = excluded.name, legal_basis = excluded.legal_basis",
        id=uuid7(), day=day, works=works, name=name, basis=legal_basis,
    )  # fmt: skip
    audit.note("kalender.ubah", "calendar", day.isoformat(), after={"works": works, "name": name}, reason=legal_basis)


def forget_day(day: date) -> None:
    """Take the region's own rule for a day back; the caller commits."""
    region_sql("DELETE FROM calendar_days WHERE region_id = :region_id AND day = :day", day=day)
    audit.note("kalender.hapus", "calendar", day.isoformat())
