"""The two clocks of a file, in working days of the region.

The legal clock starts when the file is complete, not when it is filed (Perpres 97/2014 pasal 15), and stands still
while the applicant has to answer, for no longer than the process's budget. The public clock starts at filing and never
stops, because that is what the applicant feels. We show both.
"""

from dataclasses import dataclass
from datetime import date

from app.kernel.calendar import WorkingCalendar
from app.services.workflow.models import WorkflowFile
from app.services.workflow.process import Process
from app.services.workflow.settings import Rules

LEVELS = (80, 100, 120)


@dataclass(frozen=True)
class Clocks:
    """Working days: of the present holder, and of the whole file by both clocks. None: not running yet."""

    used: int
    allowed: int | None
    legal: int | None
    public: int | None

    @property
    def level(self) -> int:
        """The highest of 80, 100, 120 per cent of the holder's days that is reached, else 0."""
        if not self.allowed:
            return 0
        return max((level for level in LEVELS if 100 * self.used >= level * self.allowed), default=0)


def paused_days(file: WorkflowFile, process: Process, calendar: WorkingCalendar, day: date) -> int:
    """Days for which the legal clock has stood still by `day`, at most the budget of the process."""
    running = calendar.between(file.paused_since, day) if file.paused_since else 0
    return min(file.days_paused + running, process.pause_budget)


def read(file: WorkflowFile, process: Process, calendar: WorkingCalendar, day: date) -> Clocks:
    """The clocks of a file at the end of `day` (the day on which it ended, for one that did)."""
    until = min(day, file.ended_on) if file.ended_on else day
    legal = None
    if file.legal_since:
        legal = max(0, calendar.between(file.legal_since, until) - paused_days(file, process, calendar, until))
    public = calendar.between(file.public_since, until) if file.public_since else None
    return Clocks(file.days_before + calendar.between(file.entered_on, until), file.days_allowed, legal, public)


def enter(file: WorkflowFile, rules: Rules, calendar: WorkingCalendar, day: date, days_before: int) -> None:
    """Set the holder's clock for the state that the file has just entered. A state that was held before goes on where
    it stood: sending a file back buys nobody time."""
    state = rules.process.state(file.state)
    file.entered_on, file.days_before = day, days_before
    file.days_allowed = rules.limit(file.state)
    file.due_on = None if file.days_allowed is None else calendar.add(day, max(0, file.days_allowed - days_before))
    file.paused_since = day if state.paused else None
    file.ended_on = day if rules.process.is_end(file.state) else None


def leave(file: WorkflowFile, process: Process, calendar: WorkingCalendar, day: date) -> int:
    """Close the holder's clock; returns the working days that this visit took."""
    if file.paused_since is not None:
        file.days_paused = paused_days(file, process, calendar, day)
        file.paused_since = None
    return calendar.between(file.entered_on, day)
