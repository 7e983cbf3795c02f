"""The outbox: a job exists exactly when the transaction that asked for it was committed."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.kernel.identifiers import uuid7
from app.tenancy.context import current
from app.tenancy.database import db, region_sql

#: What the relay listens to; the payload is the region's number, a public fact.
CHANNEL = "outbox"
MOST_ATTEMPTS = 8
RESEND_SECONDS = 300
Job = Callable[[dict[str, Any]], None]
_jobs: dict[str, Job] = {}


def register_job(name: str, job: Job) -> None:
    """Make `job(payload)` runnable by name. It runs inside the region's context and does not commit."""
    _jobs[name] = job


def jobs() -> dict[str, Job]:
    """Every registered job by name."""
    return dict(sorted(_jobs.items()))


def enqueue(job: str, payload: dict[str, Any]) -> UUID:
    """Ask for a job; it is sent only if the caller's transaction is committed. Returns its id.

    Raises:
        KeyError: no such job is registered.
    """
    if job not in _jobs:
        raise KeyError(job)
    number = uuid7()
    region_sql(
        "INSERT INTO outbox (region_id, id, job, payload, actor) VALUES (:region_id, :id, :job, :payload, :actor)",
        id=number, job=job, payload=json.dumps(payload, ensure_ascii=False), actor=current().actor,
    )  # fmt: skip
    db.session.execute(text("SELECT pg_notify(:channel, :region)"), {
        "channel": CHANNEL, "region": str(current().region_id),
    })  # fmt: skip
    return number


def take_due(limit: int) -> list[UUID]:
    """Mark up to `limit` waiting jobs of the current region as sent; two relays never take the same one.

    A job that was sent but not done within five minutes (its worker died) is taken again.
    """
    # ARRAY: as a plain sub-select PostgreSQL may run it again for each row, and take more than the limit.
    rows = region_sql(
        "UPDATE outbox SET sent_at = clock_timestamp() WHERE region_id = :region_id AND id = ANY (ARRAY("
        " SELECT id FROM outbox WHERE region_id = :region_id AND done_at IS NULL AND due_at <= clock_timestamp()"
        " AND attempts < :most AND (sent_at IS NULL OR sent_at < clock_timestamp() - make_interval(secs => :resend))"
        " ORDER BY due_at LIMIT :limit FOR UPDATE SKIP LOCKED)) RETURNING id",
        most=MOST_ATTEMPTS, resend=RESEND_SECONDS, limit=limit,
    )  # fmt: skip
    return list(rows.scalars())


def perform(number: UUID) -> bool:
    """Do one job of the current region; its effect and its mark "done" are one transaction. Returns whether it ran.

    A failed job is noted with the kind of its error and tried again later, each time after twice as long.
    """
    row = region_sql(
        "SELECT job, payload, attempts FROM outbox WHERE region_id = :region_id AND id = :id AND done_at IS NULL"
        " FOR UPDATE SKIP LOCKED",
        id=number,
    ).one_or_none()
    if row is None:
        db.session.rollback()
        return False
    try:
        _jobs[row.job](json.loads(row.payload))
    except Exception as error:
        db.session.rollback()
        region_sql(
            "UPDATE outbox SET attempts = attempts + 1, error = :error, sent_at = NULL,"
            " due_at = clock_timestamp() + make_interval(secs => :wait) WHERE region_id = :region_id AND id = :id",
            id=number, error=type(error).__name__, wait=15 * 2**row.attempts,
        )  # fmt: skip
        db.session.commit()
        raise
    # The payload may hold an address: once done, nobody needs it.
    region_sql(
        "UPDATE outbox SET done_at = clock_timestamp(), attempts = attempts + 1, error = '', payload = '{}'"
        " WHERE region_id = :region_id AND id = :id",
        id=number,
    )
    db.session.commit()
    return True
