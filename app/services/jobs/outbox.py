"""The outbox: a job exists exactly when the transaction that asked for it was committed, and is done once in effect.

A row is MENUNGGU until a worker begins it, BERJALAN while one holds its lock, then SELESAI; after `MOST_ATTEMPTS`
beginnings it is GAGAL and waits for a person (`desk`), who repeats it or drops it (DIBATALKAN).
"""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import event
from sqlalchemy.orm import Session

from app.kernel.identifiers import uuid7
from app.services.ui.i18n import Lazy
from app.tenancy.context import current
from app.tenancy.database import db, region_sql
from config.logs import masked

#: What the relay listens to; the payload is the region's number, a public fact.
CHANNEL = "outbox"
MOST_ATTEMPTS = 8
FIRST_WAIT_SECONDS = 15
LONGEST_REASON = 300
Job = Callable[[dict[str, Any]], None]
Payload = dict[str, Any]


@dataclass(frozen=True)
class Registered:
    """A job by name; `title` is what people read of it."""

    name: str
    run: Job
    title: Lazy | str


@dataclass(frozen=True)
class Claim:
    """One beginning of one job: `begun` tells it from every other beginning of the same job."""

    id: UUID
    job: str
    payload: Payload
    actor: str
    attempts: int
    begun: datetime


_jobs: dict[str, Registered] = {}
_running: ContextVar[Claim | None] = ContextVar("running_job", default=None)


def register_job(name: str, job: Job, title: Lazy | str = "") -> None:
    """Make `job(payload)` runnable by name. It runs inside the region's context and does not commit."""
    _jobs[name] = Registered(name, job, title or name)


def jobs() -> dict[str, Registered]:
    """Every registered job by name."""
    return dict(sorted(_jobs.items()))


def title_of(name: str) -> str:
    """What people read of a job, also of one whose code is gone."""
    return str(_jobs[name].title) if name in _jobs else name


def running() -> Claim | None:
    """The job that this code runs in, or None outside a job."""
    return _running.get()


INSERT = """
WITH asked AS (
    INSERT INTO outbox (region_id, id, job, payload, actor, key)
    VALUES (:region_id, :id, :job, :payload, :actor, :key)
    ON CONFLICT (region_id, job, key) WHERE key IS NOT NULL DO NOTHING RETURNING id)
SELECT id, pg_notify(:channel, CAST(:region_id AS text)) FROM asked
"""


def enqueue(job: str, payload: Payload, key: str = "") -> UUID:
    """Ask for a job; it is sent only if the caller's transaction is committed. Returns its id.

    Asking again with the same `key` (of the same job, in the same region) makes no second job and returns the first
    one's id, also after it is done, for as long as done jobs are kept (`desk.KEEP_DAYS`).

    Raises:
        KeyError: no such job is registered.
    """
    if job not in _jobs:
        raise KeyError(job)
    asked = region_sql(
        INSERT, id=uuid7(), job=job, payload=json.dumps(payload, ensure_ascii=False), actor=current().actor,
        key=key or None, channel=CHANNEL,
    ).one_or_none()  # fmt: skip
    if asked is not None:
        return UUID(str(asked.id))
    there = "SELECT id FROM outbox WHERE region_id = :region_id AND job = :job AND key = :key"
    return UUID(str(region_sql(there, job=job, key=key).scalar_one()))


def enqueue_many(job: str, payloads: list[Payload]) -> None:
    """Ask for one job for each payload, in one statement.

    Raises:
        KeyError: no such job is registered.
    """
    if job not in _jobs:
        raise KeyError(job)
    rows = [{"id": str(uuid7()), "payload": json.dumps(payload, ensure_ascii=False)} for payload in payloads]
    region_sql(
        "WITH asked AS (INSERT INTO outbox (region_id, id, job, payload, actor)"
        " SELECT :region_id, r.id, :job, r.payload, :actor"
        " FROM json_to_recordset(CAST(:rows AS json)) AS r(id uuid, payload text) RETURNING id)"
        " SELECT count(*), pg_notify(:channel, CAST(:region_id AS text)) FROM asked",
        job=job, actor=current().actor, rows=json.dumps(rows, ensure_ascii=False), channel=CHANNEL,
    )  # fmt: skip


# Do not wait for the disk at this commit: what it marks is found out again when a crash forgets it. Asked for within
# the statement (it runs once, before the rows), since a round trip more for each job would cost as much as it saves.
HURRY = "(SELECT set_config('synchronous_commit', 'off', true)) = 'off'"
OPEN = "region_id = :region_id AND done_at IS NULL AND dead_at IS NULL"
# ARRAY: as a plain sub-select PostgreSQL may run it again for each row, and lock more than the limit.
TAKE = f"""
WITH taken AS (
    UPDATE outbox SET sent_at = clock_timestamp(), sent_to = :line, started_at = NULL
    WHERE {HURRY} AND region_id = :region_id AND id = ANY (ARRAY(
        SELECT id FROM outbox WHERE {OPEN} AND due_at <= clock_timestamp()
        AND (sent_at IS NULL OR sent_to IS DISTINCT FROM :line)
        ORDER BY due_at LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED))
    RETURNING id, due_at)
SELECT id FROM taken ORDER BY due_at, id
"""
CLAIM = f"""
UPDATE outbox SET attempts = attempts + 1, started_at = clock_timestamp()
WHERE {{hurry}} AND region_id = :region_id AND id = ANY (ARRAY(
    SELECT id FROM outbox WHERE {OPEN} AND id = :id AND due_at <= clock_timestamp() FOR NO KEY UPDATE SKIP LOCKED))
RETURNING id, job, payload, actor, attempts, started_at
"""


def take_due(limit: int, line: str = "") -> list[UUID]:
    """Mark up to `limit` due jobs of the region as sent to `line`, oldest first; two relays never take the same one.

    A line is one life of one Redis (`line.Line.life`). What was sent to another life is lost there and taken again.
    """
    return list(region_sql(TAKE, limit=limit, line=line).scalars())


def put_back(numbers: Iterable[UUID]) -> None:
    """These were taken but not begun: they are due again, and the relay hears of it."""
    region_sql(
        "WITH again AS (UPDATE outbox SET sent_at = NULL, sent_to = NULL WHERE region_id = :region_id"
        " AND id = ANY(:ids) AND started_at IS NULL RETURNING id)"
        " SELECT count(*), pg_notify(:channel, CAST(:region_id AS text)) FROM again",
        ids=list(numbers), channel=CHANNEL,
    )  # fmt: skip


def perform(number: UUID) -> bool:
    """Do one due job of the current region. Whether it ran: another worker may have it, or it is done.

    Raises:
        Exception: whatever the job raised, after it was noted.
    """
    begun = claim(number)
    return begun is not None and run(begun).ran


def claim(number: UUID) -> Claim | None:
    """Begin a job that is due and in nobody's hand; commits.

    The beginning is counted before the job runs, so that a job that kills its worker is given up in the end too.
    """
    begun = _begin(number, hurry=True)
    db.session.commit()
    return begun


@dataclass(frozen=True)
class Outcome:
    """Whether a job ran (else somebody else has it now), and the next one that was begun along with its end."""

    ran: bool
    following: Claim | None = None


def run(claim: Claim, following: Callable[[], UUID | None] = lambda: None) -> Outcome:
    """Do a job that was begun; its effect and its mark "done" are one transaction.

    A failed job is noted with its reason and tried again later, each time after twice as long.

    Args:
        claim: the beginning.
        following: asked at the end for the next job, which is begun in the same transaction and so needs none for that.

    Raises:
        Exception: whatever the job raised, after it was noted.
    """
    token = _running.set(claim)
    try:
        if not _lock(claim):
            db.session.rollback()
            return Outcome(ran=False)
        with _uncommitted():
            _jobs[claim.job].run(claim.payload)
        _mark_done(claim)
        wanted = following()
        begun = _begin(wanted, hurry=False) if wanted else None
        db.session.commit()
    except Exception as error:
        db.session.rollback()
        _note_failure(claim, f"{type(error).__name__}: {error}")
        db.session.commit()
        raise
    finally:
        _running.reset(token)
    return Outcome(ran=True, following=begun)


def _begin(number: UUID, *, hurry: bool) -> Claim | None:
    row = region_sql(CLAIM.format(hurry=HURRY if hurry else "true"), id=number).one_or_none()
    if row is None:
        return None
    return Claim(row.id, row.job, json.loads(row.payload), row.actor, row.attempts, row.started_at)


def _lock(claim: Claim) -> bool:
    """Hold the row until the end. NO KEY: the job's progress, written beside it, refers to the row."""
    row = region_sql(
        f"SELECT 1 FROM outbox WHERE {OPEN} AND id = :id AND started_at = :begun FOR NO KEY UPDATE SKIP LOCKED",
        id=claim.id, begun=claim.begun,
    )  # fmt: skip
    return row.one_or_none() is not None


@contextmanager
def _uncommitted() -> Iterator[None]:
    """A commit inside the job would let go of its lock and tear its effect from its mark "done"."""

    def refuse(session: Session) -> None:
        if not session.in_nested_transaction():
            raise RuntimeError("Pekerjaan tidak boleh commit: hasilnya dan tanda selesainya satu transaksi.")

    session = db.session()
    event.listen(session, "before_commit", refuse)
    try:
        yield
    finally:
        event.remove(session, "before_commit", refuse)


def _mark_done(claim: Claim) -> None:
    # The payload may hold an address: once done, nobody needs it.
    region_sql(
        "UPDATE outbox SET done_at = clock_timestamp(), error = '', payload = '{}'"
        " WHERE region_id = :region_id AND id = :id",
        id=claim.id,
    )


def _note_failure(claim: Claim, reason: str) -> None:
    region_sql(
        "UPDATE outbox SET error = :error, sent_at = NULL, sent_to = NULL, started_at = NULL,"
        " due_at = clock_timestamp() + make_interval(secs => :wait),"
        " dead_at = CASE WHEN attempts >= :most THEN clock_timestamp() END"
        " WHERE region_id = :region_id AND id = :id AND started_at = :begun",
        id=claim.id, begun=claim.begun, error=masked(reason)[:LONGEST_REASON], most=MOST_ATTEMPTS,
        wait=FIRST_WAIT_SECONDS * 2 ** (claim.attempts - 1),
    )  # fmt: skip
