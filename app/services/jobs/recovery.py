"""Jobs that fell out of the line: their worker died, or Redis forgot them while it lived on."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from app.services.jobs.outbox import FIRST_WAIT_SECONDS, HURRY, MOST_ATTEMPTS, OPEN, put_back
from app.tenancy.database import db, region_sql

#: Younger than this a beginning may stand between its two transactions.
BEGUN_SECONDS = 5
#: Younger than this a job may be on its way from the relay's commit into Redis.
SENT_SECONDS = 10
AT_ONCE = 500

# The worker holds the row's lock as long as it lives: a row that was begun and can be locked has none any more.
ABANDONED = f"""
UPDATE outbox SET started_at = NULL, sent_at = NULL, sent_to = NULL, error = :error,
    due_at = clock_timestamp() + make_interval(secs => :wait * (2 ^ (attempts - 1) - 1)),
    dead_at = CASE WHEN attempts >= :most THEN clock_timestamp() END
WHERE {HURRY} AND region_id = :region_id AND id = ANY (ARRAY(
    SELECT id FROM outbox WHERE {OPEN} AND started_at < clock_timestamp() - make_interval(secs => :begun)
    ORDER BY started_at LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED))
RETURNING id
"""
WAITING_IN_LINE = f"""
SELECT id FROM outbox WHERE {OPEN} AND started_at IS NULL AND sent_to = :line
AND sent_at < clock_timestamp() - make_interval(secs => :sent) ORDER BY sent_at LIMIT :limit
"""


@dataclass(frozen=True)
class Recovered:
    """What one region's look-through found: jobs without a worker, jobs that Redis does not know now (`missing`), and
    those of them that it did not know at the last look either (`lost`): in between a worker would have begun them."""

    abandoned: list[UUID]
    missing: frozenset[UUID]
    lost: list[UUID]


def recover(line: str, known: Callable[[], set[str]], missing: frozenset[UUID] = frozenset()) -> Recovered:
    """Make due again what fell out of `line` in the current region; commits.

    Args:
        line: the life of Redis that `take_due` wrote down.
        known: ids that Redis still keeps in line; asked only when something has been waiting for long.
        missing: what the last look-through of this region missed.
    """
    abandoned = region_sql(
        ABANDONED, error="Pekerja berhenti di tengah jalan", wait=FIRST_WAIT_SECONDS, most=MOST_ATTEMPTS,
        begun=BEGUN_SECONDS, limit=AT_ONCE,
    ).scalars().all()  # fmt: skip
    waiting = region_sql(WAITING_IN_LINE, line=line, sent=SENT_SECONDS, limit=AT_ONCE).scalars().all()
    in_line = known() if waiting else set()
    absent = frozenset(number for number in waiting if str(number) not in in_line)
    lost = sorted(absent & missing)
    if lost:
        put_back(lost)
    db.session.commit()
    return Recovered(list(abandoned), absent, lost)
