"""Audit: what was done, by whom, when, from where, in one hash chain a region that nobody rewrites unnoticed.

`note` and `look` are what other rooms call. How the chain works and what it cannot do: docs/audit.md.
"""

from collections.abc import Mapping
from uuid import UUID

from flask import Flask

from app.kernel.identifiers import uuid7
from app.services.audit import chain, entries, roots
from app.services.audit.entries import Entry, keyed_hash, origin, packed, plain
from app.services.audit.events import LOOK, register_events
from app.services.jobs.outbox import register_job
from app.services.jobs.processes import register_schedule
from app.services.personal.keys import register_held
from app.tenancy.database import db

__all__ = ["init_app", "look", "note", "register_events"]


def note(  # noqa: PLR0913 (one keyword for each thing that an entry can say)
    event: str,
    subject_type: str,
    subject_id: UUID | str,
    *,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    personal: Mapping[str, str] | None = None,
    reason: str = "",
    acting_for: str = "",
) -> None:
    """Log an act, inside its transaction: the entry is written with the commit and is gone with a rollback.

    Args:
        event: what happened, as `room.word` ("akun.tutup"); its words for people: `register_events`.
        subject_type, subject_id: what it happened to ("account", its id). Never a name, a NIK, an address.
        before, after: what changed; no personal data, the log is kept for ever.
        personal: personal values by name; only their keyed hashes are kept, so that a suspicion can be checked.
        reason: why, as the actor wrote it.
        acting_for: whose duty it was when the actor stands in (Plh./Plt.): an account id or an office.

    Raises:
        TypeError, ValueError: `before` or `after` holds something without one canonical form.
    """
    hashes = {name: keyed_hash(name, value) for name, value in (personal or {}).items()}
    chain.keep(
        Entry(
            id=str(uuid7()), event=event, subject_type=subject_type, subject_id=plain(str(subject_id)), **origin(),
            acting_for=plain(acting_for), reason=plain(reason), before=packed(before), after=packed(after),
            personal=packed(hashes),
        )
    )  # fmt: skip


def look(subject_type: str, subject_id: UUID | str, what: str) -> None:
    """Log that the actor looks at somebody's data, and commit: nothing is shown that was not logged before.

    For requests that change nothing. `what` names the data ("NIK", "daftar akun"), never their content.
    """
    note(LOOK, subject_type, subject_id, after={"data": what})
    db.session.commit()


def init_app(_app: Flask) -> None:
    """Chain what sessions commit; publish each region's root every hour."""
    register_held(entries.KEY)
    register_held(roots.KEY)
    chain.listen()
    register_job(roots.JOB, roots.publish)
    register_schedule(roots.JOB, 3600)
