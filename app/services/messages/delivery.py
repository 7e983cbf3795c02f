"""One message by one channel, if its reader wants it so and has not had too many today."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import current_app

from app.kernel.identifiers import uuid7
from app.services.jobs import outbox
from app.services.messages import choices, contacts, mail
from app.services.messages.choices import CHANNELS, NOW
from app.services.messages.events import MAIL, SMS, Event, events
from app.services.messages.gateways import Undeliverable, gateway
from app.services.messages.people import home, people
from app.services.messages.unsubscribe import unsubscribe_url
from app.services.ui.i18n import lazy
from app.tenancy.database import region_sql
from config.settings import Settings

JOB = "pesan.kirim"
SENT, HELD, UNREACHED = "TERKIRIM", "DITAHAN", "TIDAK_SAMPAI"


@dataclass(frozen=True)
class Message:
    """An inbox message on its way out by one channel."""

    id: UUID
    account_id: UUID
    event: str
    subject: str
    body: str
    url: str


def _send(payload: dict[str, Any]) -> None:
    """The job: one message by one channel, if its reader wants it so and has not had too many today."""
    channel = CHANNELS[payload["saluran"]]
    row = region_sql(
        "SELECT id, account_id, event, subject, body, url FROM inbox_messages"
        " WHERE region_id = :region_id AND id = :id",
        id=UUID(payload["pesan"]),
    ).mappings().one_or_none()  # fmt: skip
    event = events().get(row["event"]) if row else None
    if row is None or event is None:
        return
    message = Message(**row)
    if choices.chosen(message.account_id, event, channel.code) != NOW:
        return
    # Two messages to one person at once would both be the last that the day allows.
    region_sql(
        "SELECT pg_advisory_xact_lock(hashtextextended(:who, 0)) WHERE :region_id IS NOT NULL",
        who=f"{message.account_id}:{channel.code}",
    )
    if not choices.forced(event, channel.code) and sent_today(message.account_id, channel.code) >= channel.daily:
        note(message, channel.code, HELD, "batas harian")
        return
    try:
        reference = _by_mail(message, event) if channel.code == MAIL else _by_phone(message, channel.code)
    except Undeliverable as error:
        note(message, channel.code, UNREACHED, str(error))
        return
    if reference is not None:
        note(message, channel.code, SENT, reference=reference)


def sent_today(account: UUID, channel: str) -> int:
    """How many messages this person got by this channel since midnight where the region lies."""
    count = region_sql(
        "SELECT count(*) FROM message_sends WHERE region_id = :region_id AND account_id = :account"
        " AND channel = :channel AND state = 'TERKIRIM'"
        " AND at >= date_trunc('day', clock_timestamp() AT TIME ZONE :zone) AT TIME ZONE :zone",
        account=account, channel=channel, zone=home().zone,
    )  # fmt: skip
    return int(count.scalar_one())


def note(message: Message, channel: str, state: str, reason: str = "", reference: str = "") -> None:
    """Write down what became of it."""
    region_sql(
        "INSERT INTO message_sends"
        " (region_id, id, account_id, inbox_message_id, channel, event, state, reason, reference)"
        " VALUES (:region_id, :id, :account, :message, :channel, :event, :state, :reason, :reference)",
        id=uuid7(), account=message.account_id, message=message.id, channel=channel, event=message.event, state=state,
        reason=reason, reference=reference,
    )  # fmt: skip


def _by_mail(message: Message, event: Event) -> str | None:
    reader = people([message.account_id])
    if not reader:
        return None
    place = home()
    stop = "" if event.required else unsubscribe_url(place, message.account_id, event)
    link = f"\n\n{place.url.rstrip('/')}{message.url}" if message.url else ""
    mail.deliver(reader[0].email, message.subject, f"{message.body}{link}\n\n-- \n{place.name}\n", stop)
    region_sql(
        "UPDATE inbox_messages SET told_at = clock_timestamp() WHERE region_id = :region_id AND id = :id", id=message.id
    )
    return ""


def _by_phone(message: Message, channel: str) -> str | None:
    settings: Settings = current_app.extensions["settings"]
    contact, way, place = contacts.of(message.account_id), gateway(channel, settings), home()
    if way is None or not contact.verified or not people([message.account_id]):
        return None
    link = f" {place.url.rstrip('/')}{message.url}" if message.url else ""
    short = message.subject if channel == SMS else f"{message.subject}\n{message.body}"
    return way.send(contact.phone, f"{place.name}: {short}{link}", str(message.id))


def register() -> None:
    """The job."""
    outbox.register_job(JOB, _send, lazy("Mengirim pesan"))
