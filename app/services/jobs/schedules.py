"""What is asked for again and again. When it is due next stands in the region's own table, so that an emptied Redis
neither loses a run nor doubles one; a run that fell into an outage is made up for once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from croniter import croniter

from app.kernel import clock
from app.kernel.identifiers import uuid7
from app.services.jobs import outbox
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db, region_sql
from app.tenancy.site import Site


@dataclass(frozen=True)
class Schedule:
    """`rule`: seconds between two runs, or a cron line ("0 6 * * *") in the region's own time."""

    job: str
    rule: str

    def next_after(self, moment: datetime, zone: str) -> datetime:
        """The first run after `moment` (aware)."""
        if self.rule.isdigit():
            return moment + timedelta(seconds=int(self.rule))
        found: datetime = croniter(self.rule, moment.astimezone(ZoneInfo(zone))).get_next(datetime)
        return found


_schedules: dict[str, Schedule] = {}


def register_schedule(job: str, rule: int | str) -> None:
    """Ask for `job` in every live region: each `rule` seconds, or by a cron line in the region's own time.

    Raises:
        ValueError: the rule is neither.
    """
    if not (isinstance(rule, int) and rule > 0) and not (isinstance(rule, str) and croniter.is_valid(rule)):
        raise ValueError(f"jadwal {job}: {rule!r} bukan jumlah detik dan bukan baris cron")
    _schedules[job] = Schedule(job, str(rule))


def schedules() -> dict[str, Schedule]:
    """Every schedule by its job."""
    return dict(sorted(_schedules.items()))


class Planner:
    """Asks for what is due. Remembers for each region when to look again: most looks find nothing."""

    def __init__(self) -> None:
        self._look_again: dict[int, datetime] = {}

    def tick(self, sites: Iterable[Site]) -> int:
        """Ask for what is due in these regions, once for all schedulers; returns how many jobs were asked for."""
        now = clock.now()
        return sum(self._region(site) for site in sites if self._look_again.get(site.region_id, now) <= now)

    def _region(self, site: Site) -> int:
        with acting_for(Context(site.region_id, "sistem:jadwal", "worker")):
            asked = ask_due(site.time_zone)
            soonest = region_sql(
                "SELECT min(next_due) FROM job_schedules WHERE region_id = :region_id AND job = ANY(:jobs)",
                jobs=list(_schedules),
            ).scalar_one()
            db.session.commit()
        self._look_again[site.region_id] = soonest or clock.now()
        return asked


def ask_due(zone: str) -> int:
    """Write down the current region's schedules and ask for those that are due; the caller commits."""
    known = _known(zone)
    asked = 0
    for job, (rule, due) in known.items():
        schedule = _schedules[job]
        if rule != schedule.rule:
            _move(job, schedule, schedule.next_after(clock.now(), zone), due)
        elif due <= clock.now() and _move(job, schedule, schedule.next_after(clock.now(), zone), due):
            # The key is the run itself: even a scheduler that woke up late asks for no second one.
            outbox.enqueue(job, {}, key=f"jadwal:{due.isoformat()}")
            asked += 1
    return asked


def _known(zone: str) -> dict[str, tuple[str, datetime]]:
    for schedule in _schedules.values():
        # A new schedule of seconds is due at once, a new cron line at its next time.
        first = clock.now() if schedule.rule.isdigit() else schedule.next_after(clock.now(), zone)
        region_sql(
            "INSERT INTO job_schedules (region_id, id, job, rule, next_due) VALUES (:region_id, :id, :job, :rule, :due)"
            " ON CONFLICT (region_id, job) DO NOTHING",
            id=uuid7(), job=schedule.job, rule=schedule.rule, due=first,
        )  # fmt: skip
    rows = region_sql(
        "SELECT job, rule, next_due FROM job_schedules WHERE region_id = :region_id AND job = ANY(:jobs) ORDER BY job",
        jobs=list(_schedules),
    )
    return {row.job: (row.rule, row.next_due) for row in rows}


def _move(job: str, schedule: Schedule, due: datetime, seen: datetime) -> bool:
    """Set the next run; False when another scheduler was here since."""
    moved = region_sql(
        "UPDATE job_schedules SET next_due = :due, rule = :rule, asked_at = clock_timestamp()"
        " WHERE region_id = :region_id AND job = :job AND next_due = :seen RETURNING id",
        due=due, rule=schedule.rule, job=job, seen=seen,
    )  # fmt: skip
    return moved.one_or_none() is not None
