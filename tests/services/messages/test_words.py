"""Words and their placeholders: shipped, a region's own, checked before they are kept."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest

from app.services import messages
from app.services.messages import inbox, texts
from app.services.messages.events import BadText, Text, check, events, fill
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db
from tests.conftest import B
from tests.services.messages.conftest import RETURNED, tell

Find = Callable[..., UUID]


@pytest.mark.parametrize(
    ("subject", "body", "field"),
    [
        ("", "isi", "subjek"),
        ("subjek", "  ", "isi"),
        ("x" * 151, "isi", "subjek"),
        ("dua\nbaris", "isi", "subjek"),
        ("{nik}", "isi", "subjek"),
        ("subjek", "{nomor", "isi"),
        ("subjek", "nomor}", "isi"),
        ("subjek", "{}", "isi"),
        ("subjek", "{0}", "isi"),
        ("subjek", "{nomor.__class__}", "isi"),
        ("subjek", "{nomor[0]}", "isi"),
        ("subjek", "{nomor!r}", "isi"),
        ("subjek", "{nomor:>9999999}", "isi"),
    ],
)
def test_words_that_cannot_be_filled_in_are_refused(subject: str, body: str, field: str) -> None:
    with pytest.raises(BadText) as refused:
        check(RETURNED, Text(subject, body))
    assert refused.value.field == field


def test_an_unknown_placeholder_is_answered_with_those_that_exist() -> None:
    with pytest.raises(BadText, match=r"\{nik\}.*\{alasan\}, \{daerah\}, \{nama\}, \{nomor\}, \{tautan\}"):
        check(RETURNED, Text("Halo", "NIK {nik}"))


def test_a_subject_stays_one_line_whatever_is_filled_in() -> None:
    filled = fill(Text("Usulan {nomor}", "Isi"), {"nomor": "HB-7\r\nBcc: jahat@contoh.go.id"})
    assert filled.subject == "Usulan HB-7 Bcc: jahat@contoh.go.id"


def test_an_event_needs_words_in_every_language_and_only_its_own_placeholders() -> None:
    with pytest.raises(ValueError, match="bahasa en"):
        messages.register_event(replace(RETURNED, texts={"id": RETURNED.texts["id"]}))
    with pytest.raises(BadText):
        messages.register_event(replace(RETURNED, sample={"nomor": "1"}))


def test_every_shipped_event_reads_well_with_its_examples(worker_app: object) -> None:
    assert worker_app
    for event in events().values():
        for text in event.texts.values():
            filled = fill(text, dict.fromkeys(event.placeholders, "contoh"))
            assert "{" not in filled.subject + filled.body


@pytest.mark.usefixtures("post_office")
def test_a_regions_own_words_come_first_and_only_there(account: Find) -> None:
    texts.save(RETURNED, "id", Text("Punten, usulan {nomor}", "Wilujeng {nama}"))
    db.session.commit()
    tell(account("opd"))
    assert inbox.listing(account("opd"), 1).entries[0].subject == "Punten, usulan HB-7"
    assert texts.words(RETURNED, "en") == RETURNED.texts["en"]
    db.session.rollback()
    with acting_for(Context(B, "sistem:uji", "worker")):
        assert texts.words(RETURNED, "id") == RETURNED.texts["id"]
        db.session.rollback()
    texts.forget(RETURNED, "id")
    assert texts.words(RETURNED, "id") == RETURNED.texts["id"]


@pytest.mark.usefixtures("post_office")
def test_own_words_with_a_placeholder_that_the_event_lost_give_way_to_the_shipped_ones() -> None:
    texts.save(RETURNED, "id", Text("Usulan {nomor}", "Sebab: {alasan}"))
    poorer = replace(RETURNED, sample={"nomor": "1"})
    assert texts.words(poorer, "id") == RETURNED.texts["id"]
