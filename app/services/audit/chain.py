"""From `note` to the row: entries wait on the session and are chained by the transaction's last statement.

The head of a region's chain is locked from that statement to the end of the commit, so writers of one region wait for
each other's insert and flush only, never for each other's work; writers of different regions never meet.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import event, text
from sqlalchemy.orm import Session, SessionTransaction

from app.services.audit.entries import Entry, length_prefixed
from app.tenancy.context import NoContext, current
from app.tenancy.database import db

KEY = "audit"
# One round trip: migrations/versions/0025_audit_append.py.
APPEND = text("SELECT tenancy.audit_append(:region_id, :region, CAST(:entries AS text[]))")


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
    rows = [[*entry.texts, entry.body] for entry in entries]
    session.execute(APPEND, {"region_id": region_id, "region": length_prefixed([str(region_id)]), "entries": rows})


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
