"""A region's own words for an event, before the shipped ones."""

from dataclasses import dataclass
from datetime import datetime

from app.kernel.identifiers import uuid7
from app.services import audit
from app.services.messages.events import BadText, Event, Text, check
from app.services.ui.i18n import SOURCE
from app.tenancy.context import current
from app.tenancy.database import region_sql

CHANGED = "pesan.ubah"


@dataclass(frozen=True)
class Own:
    """What the region wrote, who and when."""

    text: Text
    actor: str
    saved_at: datetime


def own(event: Event, language: str) -> Own | None:
    """The region's words in a language, if it wrote any."""
    row = region_sql(
        "SELECT subject, body, actor, saved_at FROM message_templates"
        " WHERE region_id = :region_id AND event = :event AND language = :language",
        event=event.code, language=language,
    ).one_or_none()  # fmt: skip
    return Own(Text(row.subject, row.body), row.actor, row.saved_at) if row else None


def written() -> set[tuple[str, str]]:
    """(event, language) of everything that the region wrote itself."""
    rows = region_sql("SELECT event, language FROM message_templates WHERE region_id = :region_id")
    return {(row.event, row.language) for row in rows}


def words(event: Event, language: str) -> Text:
    """What is sent: the region's words while they fit the event, else the shipped ones, else the Indonesian ones."""
    found = own(event, language)
    if found is not None:
        try:
            check(event, found.text)
        except BadText:
            # The event lost a placeholder since: better the shipped words than no message.
            found = None
    return found.text if found else event.texts.get(language, event.texts[SOURCE])


def save(event: Event, language: str, text: Text) -> None:
    """Keep the region's words; the caller commits.

    Raises:
        BadText: they cannot be filled in.
    """
    check(event, text)
    before = own(event, language)
    audit.note(
        CHANGED, "message_template", f"{event.code}/{language}",
        before={"subjek": before.text.subject, "isi": before.text.body} if before else None,
        after={"subjek": text.subject, "isi": text.body},
    )  # fmt: skip
    region_sql(
        "INSERT INTO message_templates (region_id, id, event, language, subject, body, actor)"
        " VALUES (:region_id, :id, :event, :language, :subject, :body, :actor)"
        " ON CONFLICT (region_id, event, language) DO UPDATE SET subject = excluded.subject, body = excluded.body,"
        " actor = excluded.actor, saved_at = clock_timestamp()",
        id=uuid7(), event=event.code, language=language, subject=text.subject.strip(), body=text.body.strip(),
        actor=current().actor,
    )  # fmt: skip


def forget(event: Event, language: str) -> None:
    """Back to the shipped words; the caller commits."""
    audit.note(CHANGED, "message_template", f"{event.code}/{language}", reason="kembali ke kata-kata bawaan")
    region_sql(
        "DELETE FROM message_templates WHERE region_id = :region_id AND event = :event AND language = :language",
        event=event.code, language=language,
    )  # fmt: skip
