"""The daily e-mail of what waits unread in the inbox and was told by no e-mail of its own."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from app.kernel import clock
from app.services.jobs import outbox
from app.services.messages import choices, mail, texts
from app.services.messages.choices import OFF
from app.services.messages.events import MAIL, Event, Text, events, fill, register_event
from app.services.messages.people import home, people
from app.services.messages.unsubscribe import unsubscribe_url
from app.services.ui.i18n import lazy
from app.tenancy.database import region_sql

JOB, ONE_JOB = "pesan.ringkasan", "pesan.ringkasan.satu"
RULE = "0 6 * * *"
DAYS, LISTED = 14, 30
EVENT = Event(
    "pesan.ringkasan",
    lazy("Ringkasan harian"),
    {
        "id": Text(
            "{jumlah} pesan belum dibaca di {daerah}",
            "Halo {nama},\n\nPesan yang belum Anda baca:\n\n{daftar}\n\nBaca semuanya di {tautan}",
        ),
        "en": Text(
            "{jumlah} unread messages from {daerah}",
            "Hello {nama},\n\nMessages you have not read yet:\n\n{daftar}\n\nRead them all at {tautan}",
        ),
    },
    {"jumlah": "3", "daftar": "- Usulan HB-0012 dikembalikan\n- Bukti setor diterima"},
    channels=(MAIL,),
    digestible=False,
)
WAITING = (
    "read_at IS NULL AND told_at IS NULL AND event <> 'pesan.ringkasan'"
    " AND created_at > clock_timestamp() - make_interval(days => :days)"
)


def _everyone(_payload: dict[str, Any]) -> None:
    """The daily job: one job for each person with something waiting, once a day however often this runs."""
    rows = region_sql(
        f"SELECT DISTINCT account_id FROM inbox_messages WHERE region_id = :region_id AND {WAITING}"
        " ORDER BY account_id",
        days=DAYS,
    )
    day = clock.today(home().zone).isoformat()
    for account in rows.scalars().all():
        outbox.enqueue(ONE_JOB, {"akun": str(account)}, key=f"{account}:{day}")


def _one(payload: dict[str, Any]) -> None:
    """The job of one person: a single e-mail with every subject line; what it told of is not told again."""
    account = UUID(payload["akun"])
    waiting = _wanted(account)
    reader = people([account])
    if not waiting or not reader or choices.chosen(account, EVENT, MAIL) == OFF:
        return
    place = home()
    lines = [f"- {subject}" for _id, subject in waiting[:LISTED]]
    values = {
        "jumlah": str(len(waiting)), "daftar": "\n".join(lines), "nama": reader[0].nama, "daerah": place.name,
        "tautan": f"{place.url}pesan",
    }  # fmt: skip
    text = fill(texts.words(EVENT, reader[0].language or place.language), values)
    mail.deliver(reader[0].email, text.subject, text.body, unsubscribe_url(place, account, EVENT))
    _mark_told(message for message, _subject in waiting)


def _wanted(account: UUID) -> list[tuple[UUID, str]]:
    rows = region_sql(
        f"SELECT id, event, subject FROM inbox_messages WHERE region_id = :region_id AND account_id = :account"
        f" AND {WAITING} ORDER BY created_at DESC",
        account=account, days=DAYS,
    ).all()  # fmt: skip
    known = events()
    off = {
        code for code in {row.event for row in rows}
        if code not in known or choices.chosen(account, known[code], MAIL) == OFF
    }  # fmt: skip
    return [(row.id, row.subject) for row in rows if row.event not in off]


def _mark_told(messages: Iterable[UUID]) -> None:
    region_sql(
        "UPDATE inbox_messages SET told_at = clock_timestamp() WHERE region_id = :region_id AND id = ANY(:ids)",
        ids=list(messages),
    )


def register() -> None:
    """The event, and both jobs."""
    register_event(EVENT)
    outbox.register_job(JOB, _everyone, lazy("Ringkasan pesan harian"))
    outbox.register_job(ONE_JOB, _one, lazy("Mengirim ringkasan pesan"))
