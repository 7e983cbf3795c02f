"""From an act to inbox, e-mail and phone; what people chose, what the law wants, and how much is too much."""

from collections.abc import Callable
from email import message_from_bytes, policy
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, text
from sqlalchemy import event as listening

from app.services import messages
from app.services.jobs import outbox
from app.services.messages import choices, contacts, digest, inbox, mail
from app.services.messages.choices import DIGEST, NOW, OFF
from app.services.messages.events import MAIL, SMS, WHATSAPP
from app.services.messages.sandbox import Sandbox
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db, region_sql
from config.settings import Settings
from tests.conftest import A, B
from tests.services.messages.conftest import DECREE, RETURNED, VALUES, letters_to, proved, tell, work

pytestmark = pytest.mark.usefixtures("post_office")
Find = Callable[..., UUID]
Box = tuple[Sandbox, str]


@pytest.fixture(autouse=True)
def empty_folder(settings: Settings, post_office: Flask) -> None:
    """No letters of other tests."""
    for file in mail.mail_folder(settings).glob("*.eml"):
        file.unlink()


def sends(admin: Engine) -> list[tuple[str, str, str]]:
    with admin.connect() as connection:
        rows = connection.execute(text("SELECT channel, state, reason FROM message_sends ORDER BY at, channel"))
        return [tuple(row) for row in rows]


def test_an_act_puts_a_message_into_each_inbox_and_sends_letters(account: Find, settings: Settings) -> None:
    tell(account("pemohon"), account("opd"))
    work()
    entry = inbox.listing(account("pemohon"), 1).entries[0]
    assert (entry.subject, entry.url, entry.read_at) == ("Usulan HB-7 dikembalikan", "/hibah/HB-7", None)
    assert entry.body == "Halo pemohon,\n\nUsulan HB-7 perlu perbaikan: RAB belum lengkap"
    letter = letters_to(settings, "opd")[0]
    assert letter.subject == "Usulan HB-7 dikembalikan"
    assert "http://bandung.localhost:8000/hibah/HB-7" in letter.text


def test_an_act_that_is_rolled_back_tells_nobody(account: Find, settings: Settings) -> None:
    messages.notify(RETURNED.code, [account("opd")], VALUES, "/hibah")
    db.session.rollback()
    work()
    assert inbox.listing(account("opd"), 1).total == 0
    assert letters_to(settings, "opd") == []


def test_strangers_closed_accounts_and_doubles_are_left_out(account: Find, admin: Engine) -> None:
    with admin.begin() as connection:
        connection.execute(text("UPDATE accounts SET state = 'DITUTUP' WHERE id = :id"), {"id": account("tapd")})
    written = tell(account("opd"), account("opd"), account("tapd"), account("opd", B), UUID(int=5))
    assert len(written) == 1


def test_a_missing_value_a_foreign_address_and_an_unknown_event_are_refused(account: Find) -> None:
    with pytest.raises(ValueError, match="alasan"):
        messages.notify(RETURNED.code, [account("opd")], {"nomor": "1"}, "/")
    for url in ("//jahat.example", "https://jahat.example"):
        with pytest.raises(ValueError, match="bukan alamat"):
            messages.notify(RETURNED.code, [account("opd")], VALUES, url)
    with pytest.raises(KeyError):
        messages.notify("uji.tidak-ada", [account("opd")], VALUES, "/")


def test_a_value_with_braces_is_text_and_no_placeholder(account: Find) -> None:
    messages.notify(RETURNED.code, [account("opd")], {"nomor": "{nama}", "alasan": "{0.__class__}\nbaris"}, "")
    entry = inbox.listing(account("opd"), 1).entries[0]
    assert entry.subject == "Usulan {nama} dikembalikan"
    assert entry.body.endswith("{0.__class__}\nbaris")


def test_a_message_comes_in_the_language_that_its_reader_chose(account: Find) -> None:
    contacts.choose_language(account("opd"), "en")
    tell(account("opd"), account("tapd"))
    subjects = [inbox.listing(account(role), 1).entries[0].subject for role in ("opd", "tapd")]
    assert subjects == ["Proposal HB-7 returned", "Usulan HB-7 dikembalikan"]


def test_a_phone_is_used_only_when_it_is_proved_and_wanted(account: Find, sandbox: Box, admin: Engine) -> None:
    clerk, treasurer = account("opd"), account("bendahara")
    for person in (clerk, treasurer):
        choices.choose(person, RETURNED, WHATSAPP, NOW)
        choices.choose(person, RETURNED, SMS, NOW)
    proved(clerk, "0812 3456 7890")
    contacts.new_phone(treasurer, "0813 3456 7890")
    tell(clerk, treasurer)
    work()
    received = {item.channel: item for item in sandbox[0].received}
    assert set(received) == {"whatsapp", "sms"}
    assert len(sandbox[0].received) == 2
    assert {item.number for item in received.values()} == {"6281234567890"}
    link = "http://bandung.localhost:8000/hibah/HB-7"
    assert received["sms"].text == f"Kota Bandung: Usulan HB-7 dikembalikan {link}"
    assert "perlu perbaikan: RAB belum lengkap" in received["whatsapp"].text
    assert ("whatsapp", "TERKIRIM", "") in sends(admin)


def test_a_number_that_cannot_be_reached_is_written_down_and_not_tried_again(account: Find, admin: Engine) -> None:
    proved(account("opd"), "0812 3456 0000")
    for channel in (WHATSAPP, SMS):
        choices.choose(account("opd"), RETURNED, channel, NOW)
    tell(account("opd"))
    work()
    assert sorted(sends(admin)) == [
        ("sms", "TIDAK_SAMPAI", "SMS 422 invalid_number"),
        ("surel", "TERKIRIM", ""),
        ("whatsapp", "TIDAK_SAMPAI", "WhatsApp 131026"),
    ]


@pytest.mark.parametrize("channel", [WHATSAPP, SMS])
def test_a_busy_gateway_is_tried_again_by_the_outbox(account: Find, admin: Engine, channel: str) -> None:
    proved(account("opd"), "0812 3456 9999")
    choices.choose(account("opd"), RETURNED, channel, NOW)
    tell(account("opd"))
    busy = 0
    for number in outbox.take_due(100):
        db.session.commit()
        try:
            outbox.perform(number)
        except OSError:
            busy += 1
    assert busy == 1
    assert [row for row in sends(admin) if row[0] == channel] == []


def test_what_was_switched_off_is_not_sent_and_what_the_law_wants_is(account: Find, settings: Settings) -> None:
    for event in (RETURNED, DECREE):
        choices.choose(account("opd"), event, MAIL, OFF)
    tell(account("opd"))
    tell(account("opd"), event=DECREE.code)
    work()
    assert len(letters_to(settings, "opd")) == 1
    assert inbox.listing(account("opd"), 1).total == 2
    row = next(row for row in choices.rows(account("opd")) if row.event.code == DECREE.code)
    assert row.chosen == {MAIL: ""}


def test_too_many_a_day_wait_for_the_digest_but_the_law_does_not(
    account: Find, settings: Settings, admin: Engine
) -> None:
    most = choices.CHANNELS[MAIL].daily
    for _message in range(most + 3):
        tell(account("opd"))
    tell(account("opd"), event=DECREE.code)
    work()
    assert len(letters_to(settings, "opd")) == most + 1
    assert [row[1:] for row in sends(admin)].count(("DITAHAN", "batas harian")) == 3
    outbox.enqueue(digest.JOB, {})
    db.session.commit()
    work()
    letter = letters_to(settings, "opd")[0]
    assert letter.subject == "3 pesan belum dibaca di Kota Bandung"
    assert letter.text.count("- Usulan HB-7 dikembalikan") == 3


def test_a_digest_tells_of_each_unread_message_once(account: Find, settings: Settings, admin: Engine) -> None:
    reader = account("opd")
    choices.choose(reader, RETURNED, MAIL, DIGEST)
    kept, read = tell(reader), tell(reader)
    inbox.mark(reader, read[0], read=True)
    db.session.commit()
    work()
    assert letters_to(settings, "opd") == []
    for _day in range(2):
        outbox.enqueue(digest.JOB, {})
        db.session.commit()
        work()
    assert [letter.subject for letter in letters_to(settings, "opd")] == ["1 pesan belum dibaca di Kota Bandung"]
    with admin.begin() as connection:
        connection.execute(text("DELETE FROM outbox"))
    outbox.enqueue(digest.JOB, {})
    db.session.commit()
    work()
    assert len(letters_to(settings, "opd")) == 1, kept


def test_who_switched_every_mail_off_gets_no_digest(account: Find, settings: Settings) -> None:
    choices.choose(account("opd"), RETURNED, MAIL, OFF)
    choices.choose(account("tapd"), RETURNED, MAIL, DIGEST)
    choices.choose(account("tapd"), digest.EVENT, MAIL, OFF)
    tell(account("opd"), account("tapd"))
    outbox.enqueue(digest.JOB, {})
    db.session.commit()
    work()
    assert letters_to(settings, "opd") == letters_to(settings, "tapd") == []


def raw_letters(settings: Settings) -> list[object]:
    files = sorted(Path(mail.mail_folder(settings)).glob("*.eml"))
    return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]


def test_a_letter_is_plain_text_names_its_job_and_can_be_stopped(account: Find, settings: Settings) -> None:
    tell(account("opd"))
    tell(account("opd"), event=DECREE.code)
    work()
    ordinary, required = raw_letters(settings)
    assert ordinary.get_content_type() == "text/plain"
    assert ordinary["List-Unsubscribe"].startswith("<http://bandung.localhost:8000/pesan/berhenti/")
    assert required["List-Unsubscribe"] is None
    assert ordinary["Auto-Submitted"] == "auto-generated"


def test_a_letter_that_is_sent_again_after_a_crash_is_the_same_letter(settings: Settings) -> None:
    """The worker dies between the server's answer and the commit: the second letter takes the first one's place."""
    mail.send_mail("siti@contoh.go.id", "Undangan", "Isi")
    db.session.commit()
    number = outbox.take_due(1)[0]
    db.session.commit()
    claim = outbox.claim(number)
    token = outbox._running.set(claim)
    mail.deliver("siti@contoh.go.id", "Undangan", "Isi")
    outbox._running.reset(token)
    assert outbox.perform(number)
    found = raw_letters(settings)
    assert [letter["Message-ID"] for letter in found] == [f"<{number}@localhost>"]


def test_a_message_is_its_regions_own(account: Find) -> None:
    message = tell(account("opd"))[0]
    with acting_for(Context(B, "sistem:uji", "worker")):
        db.session.rollback()
        assert inbox.mark(account("opd"), message, read=True) is None
        assert inbox.listing(account("opd"), 1).total == 0
    assert A != B
    db.session.rollback()


def test_two_thousand_readers_are_told_in_few_statements(worker_app: Flask, admin: Engine) -> None:
    """Statements, not seconds: a bulk act must not ask once for each reader."""
    with admin.begin() as connection:
        connection.execute(text(
            f"INSERT INTO accounts (region_id, id, email, nama, state) SELECT {A}, gen_random_uuid(),"
            " 'warga-' || n || '@uji.contoh', 'Warga', 'AKTIF' FROM generate_series(1, 2000) n"
        ))  # fmt: skip
    with admin.connect() as connection:
        everyone = list(connection.scalars(text("SELECT id FROM accounts WHERE email LIKE 'warga-%'")))
    assert messages.notify(RETURNED.code, [], VALUES, "/hibah") == []
    ran: list[str] = []
    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        ran.append(statement)

    listening.listen(db.engine, "before_cursor_execute", note)
    region_sql("SELECT 1 WHERE 0 = :region_id")
    listening_from = len(ran)
    try:
        assert len(messages.notify(RETURNED.code, everyone, VALUES, "/hibah")) == 2_000
    finally:
        listening.remove(db.engine, "before_cursor_execute", note)
    assert len(ran) - listening_from < 40
