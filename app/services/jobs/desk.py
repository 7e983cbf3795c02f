"""Jobs as a person sees them: what waits, runs and was given up, and what to do about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.services.jobs import outbox, progress
from app.services.jobs.outbox import CHANNEL, title_of
from app.services.jobs.progress import Progress
from app.services.ui.i18n import lazy
from app.services.ui.states import register_states
from app.tenancy.context import current
from app.tenancy.database import region_sql

CLEAN_JOB = "pekerjaan.bersihkan"
#: Done jobs (and with them their keys) are kept so long; jobs given up longer, as long as they have work for somebody.
KEEP_DAYS, KEEP_DEAD_DAYS = 30, 90
SHOWN = 50
OPEN_STATES = ("MENUNGGU", "DIULANG", "BERJALAN")
STATE = """CASE WHEN done_at IS NOT NULL THEN 'SELESAI' WHEN dropped_at IS NOT NULL THEN 'DIBATALKAN'
    WHEN dead_at IS NOT NULL THEN 'GAGAL' WHEN started_at IS NOT NULL THEN 'BERJALAN'
    WHEN attempts > 0 THEN 'DIULANG' ELSE 'MENUNGGU' END"""
DEAD = "region_id = :region_id AND dead_at IS NOT NULL AND dropped_at IS NULL"
COLUMNS = f"id, job, {STATE} AS state, actor, attempts, error, created_at, due_at, started_at, done_at, dead_at"
STATES = {
    "MENUNGGU": (lazy("Menunggu"), "netral"),
    "DIULANG": (lazy("Menunggu diulang"), "awas"),
    "BERJALAN": (lazy("Sedang berjalan"), "jalan"),
    "GAGAL": (lazy("Gagal"), "bahaya"),
}


@dataclass(frozen=True)
class Work:
    """One job of the current region."""

    id: UUID
    job: str
    state: str
    actor: str
    attempts: int
    error: str
    created_at: datetime
    due_at: datetime
    started_at: datetime | None
    done_at: datetime | None
    dead_at: datetime | None

    @property
    def title(self) -> str:
        """What people read of it."""
        return title_of(self.job)

    @property
    def ended(self) -> bool:
        """Whether nothing more happens by itself."""
        return self.state not in OPEN_STATES


@dataclass(frozen=True)
class Desk:
    """Everything open in the current region; lists are cut at `SHOWN`, counts are whole."""

    counts: dict[str, int]
    oldest_seconds: int
    open: list[Work]
    dead: list[Work]


def desk() -> Desk:
    """What waits and runs (oldest first) and what was given up (latest first)."""
    return Desk(counts(), oldest_seconds(), _works(f"{outbox.OPEN} ORDER BY started_at NULLS LAST, due_at"), dead())


def counts() -> dict[str, int]:
    """How many jobs are in each open state and GAGAL."""
    rows = region_sql(
        f"SELECT {STATE} AS state, count(*) AS jobs FROM outbox WHERE {outbox.OPEN} GROUP BY 1"
        f" UNION ALL SELECT 'GAGAL', count(*) FROM outbox WHERE {DEAD}"
    )
    found = {str(row.state): int(row.jobs) for row in rows}
    return dict.fromkeys((*OPEN_STATES, "GAGAL"), 0) | found


def oldest_seconds() -> int:
    """How long the oldest due job has been waiting."""
    return int(region_sql(
        "SELECT coalesce(extract(epoch FROM clock_timestamp() - min(due_at)), 0)::bigint FROM outbox"
        f" WHERE {outbox.OPEN} AND started_at IS NULL AND due_at <= clock_timestamp()"
    ).scalar_one())  # fmt: skip


def dead() -> list[Work]:
    """What was given up and nobody has decided on, latest first."""
    return _works(f"{DEAD} ORDER BY dead_at DESC")


def _works(where: str, **params: Any) -> list[Work]:
    rows = region_sql(f"SELECT {COLUMNS} FROM outbox WHERE {where} LIMIT {SHOWN}", **params)
    return [Work(**row) for row in rows.mappings()]


def one(number: UUID) -> tuple[Work, Progress | None] | None:
    """A job and its progress, or None."""
    found = _works("region_id = :region_id AND id = :id", id=number)
    return (found[0], progress.of(number)) if found else None


def repeat(numbers: Iterable[UUID] | None = None) -> int:
    """Try given-up jobs (all without `numbers`) from the beginning; returns how many. The caller commits."""
    changed = region_sql(
        "WITH again AS (UPDATE outbox SET dead_at = NULL, attempts = 0, started_at = NULL, sent_at = NULL,"
        " sent_to = NULL, due_at = clock_timestamp() WHERE region_id = :region_id AND dead_at IS NOT NULL"
        " AND dropped_at IS NULL AND (CAST(:ids AS uuid[]) IS NULL OR id = ANY(:ids)) RETURNING id)"
        " SELECT count(*) AS jobs, pg_notify(:channel, CAST(:region AS text)) FROM again",
        ids=None if numbers is None else list(numbers), channel=CHANNEL, region=current().region_id,
    )  # fmt: skip
    return int(changed.one().jobs)


def drop(number: UUID) -> bool:
    """Give a given-up job up for good, and forget what it was to work on. The caller commits."""
    changed = region_sql(
        "UPDATE outbox SET dropped_at = clock_timestamp(), payload = '{}' WHERE region_id = :region_id AND id = :id"
        " AND dead_at IS NOT NULL AND dropped_at IS NULL RETURNING id",
        id=number,
    )
    return changed.one_or_none() is not None


def clean(_payload: dict[str, Any]) -> None:
    """The daily job: jobs done or dropped long ago go; a payload that nobody decided on is forgotten in the end."""
    region_sql(
        "UPDATE outbox SET dropped_at = clock_timestamp(), payload = '{}' WHERE region_id = :region_id"
        " AND dropped_at IS NULL AND dead_at < clock_timestamp() - make_interval(days => :days)",
        days=KEEP_DEAD_DAYS,
    )
    old = (
        "region_id = :region_id AND (done_at < clock_timestamp() - make_interval(days => :days)"
        " OR dropped_at < clock_timestamp() - make_interval(days => :days))"
    )
    region_sql(
        f"DELETE FROM job_progress WHERE region_id = :region_id AND outbox_id IN (SELECT id FROM outbox WHERE {old})",
        days=KEEP_DAYS,
    )
    region_sql(f"DELETE FROM outbox WHERE {old}", days=KEEP_DAYS)


def register() -> None:
    """The clean-up as a job, and how the states look."""
    register_states(STATES)
    outbox.register_job(CLEAN_JOB, clean, lazy("Membersihkan pekerjaan lama"))
