"""From an act to the people it concerns: an inbox row in the act's transaction, and a job for each other channel."""

import json
from collections.abc import Iterable, Mapping
from uuid import UUID

from app.kernel.identifiers import uuid7
from app.services.jobs import outbox
from app.services.messages import choices, texts
from app.services.messages.delivery import JOB
from app.services.messages.events import Event, events, fill
from app.services.messages.people import Person, home, people
from app.tenancy.database import region_sql

AT_ONCE = 500


def notify(event: str, account_ids: Iterable[UUID], values: Mapping[str, str], url: str) -> list[UUID]:
    """Tell people of an event; told only if the caller's transaction is committed. Returns the inbox messages.

    Args:
        event: the code of a registered event.
        account_ids: whom; closed accounts and accounts of other regions are left out.
        values: what the event's placeholders stand for. No more personal data than the message needs.
        url: the page that it is about, as a path of this site.

    Raises:
        KeyError: no such event.
        ValueError: a placeholder without a value, or a url that leaves this site.
    """
    told = events()[event]
    if missing := told.sample.keys() - values.keys():
        raise ValueError(f"{event}: tanpa nilai untuk {', '.join(sorted(missing))}")
    if url and (not url.startswith("/") or url.startswith("//")):
        raise ValueError(f"{event}: {url!r} bukan alamat di situs ini")
    written = _write(told, people(account_ids), values, url)
    _ask_for_delivery(told, written)
    return written


def _write(event: Event, readers: list[Person], values: Mapping[str, str], url: str) -> list[UUID]:
    place = home()
    words = {language: texts.words(event, language) for language in {r.language or place.language for r in readers}}
    rows = []
    for reader in readers:
        common = {"nama": reader.nama, "daerah": place.name, "tautan": place.url.rstrip("/") + url}
        text = fill(words[reader.language or place.language], {**values, **common})
        rows.append({"id": str(uuid7()), "account": str(reader.id), "subject": text.subject, "body": text.body})
    for start in range(0, len(rows), AT_ONCE):
        region_sql(
            "INSERT INTO inbox_messages (region_id, id, account_id, event, subject, body, url)"
            " SELECT :region_id, r.id, r.account, :event, r.subject, r.body, :url"
            " FROM json_to_recordset(CAST(:rows AS json)) AS r(id uuid, account uuid, subject text, body text)",
            event=event.code, url=url, rows=json.dumps(rows[start : start + AT_ONCE], ensure_ascii=False),
        )  # fmt: skip
    return [UUID(row["id"]) for row in rows]


def _ask_for_delivery(event: Event, written: list[UUID]) -> None:
    wanted = [channel.code for channel in choices.open_channels() if channel.code in event.channels]
    payloads = [{"pesan": str(message), "saluran": channel} for message in written for channel in wanted]
    for start in range(0, len(payloads), AT_ONCE):
        outbox.enqueue_many(JOB, payloads[start : start + AT_ONCE])
