"""Working days: what the law counts in. A region's calendar is the nation's holidays and its own days."""

from dataclasses import dataclass, field
from datetime import date, timedelta

SATURDAY = 5
ONE_DAY = timedelta(days=1)
MOST_DAYS = 3_660


@dataclass(frozen=True)
class WorkingCalendar:
    """Monday to Friday without holidays.

    Attributes:
        off: holidays, joint leave (cuti bersama) and the region's own free days.
        on: days that are worked although they fall on a weekend or a holiday (a decree moved them).
    """

    off: frozenset[date] = field(default_factory=frozenset)
    on: frozenset[date] = field(default_factory=frozenset)

    def is_working(self, day: date) -> bool:
        """Whether offices work on `day`."""
        return day in self.on or (day.weekday() < SATURDAY and day not in self.off)

    def add(self, day: date, working_days: int) -> date:
        """The last day of a limit of `working_days` that begins on the day after `day`; `day` itself for none.

        Raises:
            ValueError: a negative or an unreasonable number of days.
        """
        if not 0 <= working_days <= MOST_DAYS:
            raise ValueError(f"{working_days} hari kerja")
        while working_days:
            day += ONE_DAY
            working_days -= self.is_working(day)
        return day

    def between(self, start: date, end: date) -> int:
        """Working days after `start` up to and with `end`; 0 when `end` is not later."""
        days = (start + timedelta(days=n) for n in range(1, (end - start).days + 1))
        return sum(map(self.is_working, days))
