"""From `note` to the row: entries wait on the session and are chained by the transaction's last statement.

The head of a region's chain is locked from that statement to the end of the commit, so writers of one region wait for
each other's insert and flush only, never for each other's work; writers of different regions never meet.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import CursorResult, event, text
from sqlalchemy.orm import Session, SessionTransaction

from app.kernel.identifiers import uuid7
from app.services.audit.entries import TEXTS, Entry, length_prefixed
from app.tenancy.context import NoContext, current
from app.tenancy.database import db

KEY = "audit"
#: The moment of an entry as its hash covers it: UTC, microseconds.
MOMENT = """to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
# One round trip: lock the head, stamp the time after the wait, hash each entry onto the one before it, move the head,
# insert. FOR UPDATE returns the row as the writer before us left it, also when our snapshot is older.
APPEND = text(f"""
WITH RECURSIVE entry AS MATERIALIZED (
    SELECT * FROM unnest({", ".join(f"CAST(:{name} AS {'uuid' if name == 'id' else 'text'}[])" for name in TEXTS)})
        WITH ORDINALITY AS e ({", ".join(TEXTS)}, n)
), head AS MATERIALIZED (
    SELECT seq, hash FROM audit_heads WHERE region_id = :region_id FOR UPDATE
), stamped AS MATERIALIZED (
    SELECT seq, hash, clock_timestamp() AS at FROM head
), link (n, seq, at, hash) AS (
    SELECT 0, seq, at, hash FROM stamped
    UNION ALL
    SELECT l.n + 1, l.seq + 1, l.at, sha256(l.hash || convert_to(
        :region || octet_length(CAST(l.seq + 1 AS text)) || ':' || (l.seq + 1)
        || '27:' || {MOMENT.format("l.at")} || (CAST(:bodies AS text[]))[l.n + 1], 'UTF8'))
    FROM link l WHERE l.n < :count
), moved AS (
    UPDATE audit_heads h SET seq = l.seq, hash = l.hash FROM link l WHERE h.region_id = :region_id AND l.n = :count
)
INSERT INTO audit_log (region_id, seq, at, hash, {", ".join(TEXTS)})
SELECT :region_id, l.seq, l.at, l.hash, {", ".join(f"e.{name}" for name in TEXTS)}
FROM link l JOIN entry e ON e.n = l.n
""")
FIRST_HEAD = text(
    "INSERT INTO audit_heads (region_id, id) VALUES (:region_id, :id) ON CONFLICT (region_id, chain) DO NOTHING"
)


@dataclass
class Pending:
    """Entries of a session's transaction; `marks`: how many there were when each open savepoint began."""

    region_id: int = -1
    entries: list[Entry] = field(default_factory=list)
    marks: dict[SessionTransaction, int] = field(default_factory=dict)


def keep(entry: Entry) -> None:
    """Hold `entry` until the session's transaction commits.

    Raises:
        NoContext: the transaction already holds entries of another region.
    """
    session = db.session()
    if not session.in_transaction():
        # So that a rollback before the first statement ends it too.
        session.begin()
    pending: Pending = session.info.setdefault(KEY, Pending())
    if not pending.entries:
        pending.region_id = current().region_id
    elif pending.region_id != current().region_id:
        raise NoContext(f"Catatan daerah {current().region_id} dalam transaksi daerah {pending.region_id}.")
    pending.entries.append(entry)


def append(session: Session, region_id: int, entries: list[Entry]) -> None:
    """Chain `entries` in order, all with one moment; the region's first act makes its head.

    Raises:
        sqlalchemy.exc.IntegrityError: the head was moved back; the act that called fails with it.
    """
    values: dict[str, object] = {name: [getattr(entry, name) for entry in entries] for name in TEXTS}
    values |= {
        "bodies": [entry.body for entry in entries],
        "region": length_prefixed([str(region_id)]),
        "region_id": region_id,
        "count": len(entries),
    }
    if not _inserted(session, values):
        session.execute(FIRST_HEAD, {"region_id": region_id, "id": uuid7()})
        assert _inserted(session, values), "kepala rantai tidak terbaca"


def _inserted(session: Session, values: dict[str, object]) -> bool:
    result = session.execute(APPEND, values)
    assert isinstance(result, CursorResult)
    return bool(result.rowcount)


def _write(session: Session) -> None:
    """Before a commit. The end of a savepoint is announced as one too: its entries then belong to what is around it."""
    pending: Pending | None = session.info.get(KEY)
    if pending is None or not pending.entries or session.in_nested_transaction():
        return
    # What the session still holds goes first: after the head's lock nothing may wait.
    session.flush()
    append(session, pending.region_id, pending.entries)
    pending.entries.clear()


def _mark(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested:
        pending: Pending = session.info.setdefault(KEY, Pending())
        pending.marks[transaction] = len(pending.entries)


def _undo(session: Session, transaction: SessionTransaction) -> None:
    pending: Pending | None = session.info.get(KEY)
    if pending is not None and transaction in pending.marks:
        del pending.entries[pending.marks[transaction] :]


def _end(session: Session, transaction: SessionTransaction) -> None:
    """Committed, rolled back or closed: nothing of it reaches the session's next transaction."""
    if transaction.parent is None:
        session.info.pop(KEY, None)


def listen() -> None:
    """Attach to every session of the process, once."""
    listeners: dict[str, Callable[..., None]] = {
        "before_commit": _write,
        "after_transaction_create": _mark,
        "after_soft_rollback": _undo,
        "after_transaction_end": _end,
    }
    for name, listener in listeners.items():
        if not event.contains(Session, name, listener):
            event.listen(Session, name, listener)
