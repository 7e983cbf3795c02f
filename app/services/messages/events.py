"""What can be told to people: each event with its shipped words in every language, and how words are filled in."""

from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter

from app.services.ui.i18n import LANGUAGES, Lazy, _
from app.services.ui.i18n import Language as Language

MAIL, WHATSAPP, SMS = "surel", "whatsapp", "sms"
#: Filled in for every message: the reader's name, the region's, the page that it is about.
COMMON = {"nama": "Siti Aminah", "daerah": "Kota Contoh", "tautan": "https://contoh.go.id/hibah/saya"}
LONGEST_SUBJECT, LONGEST_BODY = 150, 4_000


class BadText(ValueError):
    """Words that cannot be filled in; the message is for the person who wrote them. `field` is subjek or isi."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class Text:
    """Words of a message with placeholders in braces: `Usulan {nomor} dikembalikan`."""

    subject: str
    body: str


@dataclass(frozen=True)
class Event:
    """Something that people are told.

    Attributes:
        code: `room.thing`, as written in rows and addresses.
        title: what it is called where people choose what they want to hear of.
        texts: language -> words, for every language of the product.
        sample: placeholder -> an example of it; the placeholders of the event are its keys and those of `COMMON`.
        channels: beside the inbox: `surel`, `whatsapp`, `sms`.
        required: the law wants people to hear of it: it cannot be switched off nor held back.
        digestible: whether it may be left for the daily digest; not the digest itself.
    """

    code: str
    title: Lazy | str
    texts: Mapping[str, Text]
    sample: Mapping[str, str]
    channels: tuple[str, ...] = (MAIL,)
    required: bool = False
    digestible: bool = True

    @property
    def placeholders(self) -> frozenset[str]:
        """Every word in braces that its texts may use."""
        return frozenset(self.sample) | frozenset(COMMON)


_events: dict[str, Event] = {}


def register_event(event: Event) -> None:
    """Let `notify` tell of it.

    Raises:
        ValueError: words in a language are missing, or use a placeholder that the event does not have.
    """
    if missing := LANGUAGES.keys() - event.texts.keys():
        raise ValueError(f"{event.code}: tanpa kata-kata dalam bahasa {', '.join(sorted(missing))}")
    for text in event.texts.values():
        check(event, text)
    _events[event.code] = event


def events() -> dict[str, Event]:
    """Every registered event by code."""
    return dict(sorted(_events.items()))


def used(text: str) -> set[str]:
    """The placeholders in a text.

    Raises:
        ValueError: a brace is left open, or something other than a plain name stands between two.
    """
    found = set()
    for _literal, name, spec, conversion in Formatter().parse(text):
        if name is None:
            continue
        if not name.isidentifier() or spec or conversion:
            raise ValueError(name)
        found.add(name)
    return found


def check(event: Event, text: Text) -> None:
    """Words that a person wrote for an event.

    Raises:
        BadText: empty, too long, or a placeholder that the event does not have; says which, and which there are.
    """
    for field, value, longest in (("subjek", text.subject, LONGEST_SUBJECT), ("isi", text.body, LONGEST_BODY)):
        if not value.strip() or len(value) > longest:
            raise BadText(field, _("Isi dengan 1 sampai %(most)s huruf.", most=longest))
        try:
            unknown = used(value) - event.placeholders
        except ValueError as error:
            raise BadText(field, _("Kurung kurawal hanya untuk isian seperti {nama}; periksa pasangannya.")) from error
        if unknown:
            known = ", ".join(f"{{{name}}}" for name in sorted(event.placeholders))
            raise BadText(field, _("Isian {%(name)s} tidak ada. Yang ada: %(known)s.", name=min(unknown), known=known))
    if "\n" in text.subject:
        raise BadText("subjek", _("Subjek harus satu baris."))


def fill(text: Text, values: Mapping[str, str]) -> Text:
    """The words with every placeholder replaced. A value is text and never read as words with placeholders."""
    subject = " ".join(text.subject.format_map(values).split())
    return Text(subject[: 2 * LONGEST_SUBJECT], text.body.format_map(values))
