"""Working days: weekends, holidays, moved days."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.calendar import WorkingCalendar

FRIDAY = date(2026, 8, 14)
CALENDAR = WorkingCalendar(frozenset({date(2026, 8, 17)}), frozenset({date(2026, 8, 22)}))


def test_weekends_and_holidays_are_free_and_a_moved_day_is_worked() -> None:
    free = [day for n in range(10) if not CALENDAR.is_working(day := FRIDAY + timedelta(days=n))]
    assert free == [date(2026, 8, 15), date(2026, 8, 16), date(2026, 8, 17), date(2026, 8, 23)]


@pytest.mark.parametrize(
    ("days", "last"),
    [(0, FRIDAY), (1, date(2026, 8, 18)), (4, date(2026, 8, 21)), (5, date(2026, 8, 22))],
)
def test_a_limit_begins_on_the_day_after(days: int, last: date) -> None:
    assert CALENDAR.add(FRIDAY, days) == last


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 200))
def test_adding_and_counting_agree(start: date, days: int) -> None:
    assert CALENDAR.between(start, CALENDAR.add(start, days)) == days


def test_an_earlier_end_counts_nothing_and_a_senseless_limit_is_refused() -> None:
    assert CALENDAR.between(FRIDAY, FRIDAY - timedelta(days=3)) == 0
    with pytest.raises(ValueError, match="hari kerja"):
        CALENDAR.add(FRIDAY, -1)
