"""How far a long job is: written beside its transaction, so that a person sees it while it runs and after a reload.

Outside a job (a command, a test) the three functions do nothing: the same code serves both.
"""

import time
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.kernel.identifiers import uuid7
from app.services.jobs.outbox import running
from app.tenancy.database import beside, region_sql

#: A page reads it every few seconds; more writes would only slow the work down.
WRITE_SECONDS = 0.5
START = """
INSERT INTO job_progress (region_id, id, outbox_id, total, note) VALUES (:region_id, :id, :job, :total, :note)
ON CONFLICT (region_id, outbox_id) DO UPDATE SET done = 0, total = excluded.total, note = excluded.note, url = '',
    started_at = clock_timestamp(), updated_at = clock_timestamp(), finished_at = NULL
"""
WRITE = """
UPDATE job_progress SET done = :done, note = :note, url = :url, updated_at = clock_timestamp(),
    finished_at = CASE WHEN :finished THEN clock_timestamp() END
WHERE region_id = :region_id AND outbox_id = :job
"""


@dataclass
class _Counter:
    job: UUID
    total: int
    note: str
    done: int = 0
    written: float = 0.0

    def write(self, *, url: str = "", finished: bool = False) -> None:
        self.written = time.monotonic()
        beside(WRITE, job=self.job, done=self.done, note=self.note, url=url, finished=finished)


@dataclass(frozen=True)
class Progress:
    """What is known of one job's progress; `url` leads to its result once it is finished."""

    done: int
    total: int
    note: str
    url: str
    updated_at: datetime
    finished_at: datetime | None


_counter: ContextVar[_Counter | None] = ContextVar("job_progress", default=None)


def start(total: int, note: str = "") -> None:
    """`total` steps lie ahead (0: unknown yet); a repeated job begins at nothing again."""
    job = running()
    if job is None:
        return
    beside(START, id=uuid7(), job=job.id, total=total, note=note)
    _counter.set(_Counter(job.id, total, note, written=time.monotonic()))


def step(count: int = 1, note: str = "") -> None:
    """`count` more steps are done; `note` says what is being done now."""
    counter = _mine()
    if counter is None:
        return
    counter.done += count
    counter.note = note or counter.note
    if time.monotonic() - counter.written >= WRITE_SECONDS:
        counter.write()


def finish(note: str = "", url: str = "") -> None:
    """All is done; `note` is the result in words, `url` (a path of this site) where it can be read."""
    counter = _mine()
    if counter is None:
        return
    counter.note = note or counter.note
    counter.done = counter.total or counter.done
    counter.write(url=url, finished=True)


def _mine() -> _Counter | None:
    """The counter of the job that runs now, never that of the one before it in this process."""
    counter, job = _counter.get(), running()
    return counter if counter and job and counter.job == job.id else None


def of(job: UUID) -> Progress | None:
    """The progress of a job of the current region, if it told of any."""
    row = region_sql(
        "SELECT done, total, note, url, updated_at, finished_at FROM job_progress"
        " WHERE region_id = :region_id AND outbox_id = :job",
        job=job,
    ).mappings().one_or_none()  # fmt: skip
    return Progress(**row) if row else None
