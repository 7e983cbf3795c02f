"""What a person wants to hear of, and how: by event and channel. What the law wants told is told all the same."""

from dataclasses import dataclass
from uuid import UUID

from flask import current_app

from app.kernel.identifiers import uuid7
from app.services.messages.events import MAIL, SMS, WHATSAPP, Event, events
from app.services.messages.gateways import gateway
from app.services.ui.i18n import Lazy, lazy
from app.tenancy.database import region_sql
from config.settings import Settings

NOW, DIGEST, OFF = "LANGSUNG", "RINGKASAN", "MATI"
CHOICES: dict[str, Lazy] = {NOW: lazy("Langsung"), DIGEST: lazy("Ringkasan harian"), OFF: lazy("Tidak")}


@dataclass(frozen=True)
class Channel:
    """A way to a person beside the inbox: at most `daily` messages a day, what may be chosen, and what counts as chosen
    by who chose nothing. A phone is used only by who asked for it."""

    code: str
    title: Lazy
    daily: int
    options: tuple[str, ...]
    unless_chosen: str


CHANNELS = {
    MAIL: Channel(MAIL, lazy("Surel"), 20, (NOW, DIGEST, OFF), NOW),
    WHATSAPP: Channel(WHATSAPP, lazy("WhatsApp"), 5, (NOW, OFF), OFF),
    SMS: Channel(SMS, lazy("SMS"), 3, (NOW, OFF), OFF),
}


@dataclass(frozen=True)
class Row:
    """One event on the page of choices: channel -> what is chosen ('' where the law leaves no choice), and channel ->
    what can be chosen."""

    event: Event
    chosen: dict[str, str]
    options: dict[str, list[str]]


def open_channels() -> list[Channel]:
    """The channels that this deployment has."""
    settings: Settings = current_app.extensions["settings"]
    return [channel for channel in CHANNELS.values() if channel.code == MAIL or gateway(channel.code, settings)]


def forced(event: Event, channel: str) -> bool:
    """Whether the law wants the event told by this channel: e-mail is enough for it, a phone stays a wish."""
    return event.required and channel == MAIL


def offered(event: Event, channel: str) -> list[str]:
    """What a person can choose for an event by a channel."""
    return [option for option in CHANNELS[channel].options if option != DIGEST or event.digestible]


def chosen(account: UUID, event: Event, channel: str) -> str:
    """What holds for this person."""
    if forced(event, channel):
        return NOW
    choice = region_sql(
        "SELECT choice FROM message_choices WHERE region_id = :region_id AND account_id = :account"
        " AND event = :event AND channel = :channel",
        account=account, event=event.code, channel=channel,
    ).scalar_one_or_none()  # fmt: skip
    return str(choice) if choice in offered(event, channel) else CHANNELS[channel].unless_chosen


def rows(account: UUID) -> list[Row]:
    """Every event with what this person chose, for the page."""
    stored = {
        (row.event, row.channel): row.choice
        for row in region_sql(
            "SELECT event, channel, choice FROM message_choices WHERE region_id = :region_id AND account_id = :account",
            account=account,
        )
    }

    def shown(event: Event, channel: Channel) -> str:
        kept = stored.get((event.code, channel.code), channel.unless_chosen)
        return "" if forced(event, channel.code) else kept

    channels = open_channels()
    return [
        Row(
            event,
            {channel.code: shown(event, channel) for channel in channels if channel.code in event.channels},
            {channel.code: offered(event, channel.code) for channel in channels},
        )
        for event in events().values()
    ]


def choose(account: UUID, event: Event, channel: str, choice: str) -> None:
    """Keep a choice; one that the law or the channel does not offer is left out. The caller commits."""
    if forced(event, channel) or choice not in offered(event, channel):
        return
    region_sql(
        "INSERT INTO message_choices (region_id, id, account_id, event, channel, choice)"
        " VALUES (:region_id, :id, :account, :event, :channel, :choice)"
        " ON CONFLICT (region_id, account_id, event, channel) DO UPDATE SET choice = excluded.choice",
        id=uuid7(), account=account, event=event.code, channel=channel, choice=choice,
    )  # fmt: skip
