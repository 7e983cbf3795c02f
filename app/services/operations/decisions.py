"""What people decide about jobs that were given up; every decision is in the region's audit log."""

from collections.abc import Sequence
from uuid import UUID

from app.services import audit
from app.services.jobs import desk
from app.services.ui.i18n import lazy
from app.tenancy.database import db

REPEATED, DROPPED = "pekerjaan.ulangi", "pekerjaan.buang"
SUBJECT = "outbox"


def repeat(numbers: Sequence[UUID] | None = None) -> int:
    """Try given-up jobs (all without `numbers`) from the beginning; commits; returns how many."""
    count = desk.repeat(numbers)
    if count:
        audit.note(REPEATED, SUBJECT, ", ".join(map(str, numbers)) if numbers else "semua", after={"jumlah": count})
    db.session.commit()
    return count


def drop(number: UUID) -> bool:
    """Give a given-up job up for good; commits; False when it is none."""
    found = desk.one(number)
    if found is None or not desk.drop(number):
        return False
    audit.note(DROPPED, SUBJECT, number, before={"pekerjaan": found[0].job, "percobaan": found[0].attempts})
    db.session.commit()
    return True


def register() -> None:
    """What the log calls these decisions."""
    audit.register_events({REPEATED: lazy("Pekerjaan gagal diulang"), DROPPED: lazy("Pekerjaan gagal dibuang")})
