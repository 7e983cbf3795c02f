"""Inbox, choices and words, as people use them."""

import re
from collections.abc import Callable
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from app.services.messages import choices, contacts, inbox
from app.services.messages.choices import OFF
from app.services.messages.events import MAIL, WHATSAPP
from app.services.messages.people import home
from app.services.messages.sandbox import Sandbox
from app.services.messages.unsubscribe import unsubscribe_url
from app.services.operations import alerts
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db
from tests.conftest import A, B
from tests.services.identity.conftest import HOSTS, Browser, post
from tests.services.messages.conftest import DECREE, RETURNED, tell, work

Find = Callable[..., UUID]
Box = tuple[Sandbox, str]


@pytest.mark.usefixtures("post_office")
def test_reading_a_message_leads_to_the_thing_and_counts_down(browser: Browser, account: Find) -> None:
    first, second = tell(account("opd"))[0], tell(account("opd"))[0]
    clerk = browser("opd")
    page = clerk.get("/pesan").get_data(as_text=True)
    assert page.count("Usulan HB-7 dikembalikan</h2>") == 2
    assert "Belum dibaca (2)" in page
    answer = post(clerk, f"/pesan/{first}/buka")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/hibah/HB-7")
    assert "Belum dibaca (1)" in clerk.get("/pesan").get_data(as_text=True)
    post(clerk, f"/pesan/{first}/tandai", dibaca="0")
    assert "Belum dibaca (2)" in clerk.get("/pesan?saring=belum").get_data(as_text=True)
    assert post(clerk, "/pesan/baca-semua").status_code == 303
    assert "Tidak ada pesan" in clerk.get("/pesan?saring=belum").get_data(as_text=True)
    assert second


@pytest.mark.usefixtures("post_office")
def test_the_head_of_every_page_says_how_many_wait(browser: Browser, account: Find) -> None:
    clerk = browser("opd")
    assert 'href="/pesan"' not in clerk.get("/hibah").get_data(as_text=True)
    tell(account("opd"))
    assert 'href="/pesan">Pesan (1' in clerk.get("/hibah").get_data(as_text=True)
    assert 'href="/pesan"' not in browser().get("/hibah").get_data(as_text=True)


@pytest.mark.usefixtures("post_office")
def test_nobody_opens_a_message_of_somebody_else(browser: Browser, account: Find) -> None:
    message = tell(account("opd"))[0]
    for stranger, region in ((browser("tapd"), A), (browser("opd", B), B)):
        assert post(stranger, f"/pesan/{message}/buka", region).status_code == 404
        assert "HB-7" not in stranger.get("/pesan", base_url=HOSTS[region]).get_data(as_text=True)
    assert inbox.unread(account("opd")) == 1


@pytest.mark.usefixtures("post_office")
def test_pages_of_the_inbox(browser: Browser, account: Find) -> None:
    for _message in range(inbox.PER_PAGE + 1):
        tell(account("opd"))
    clerk = browser("opd")
    assert clerk.get("/pesan").get_data(as_text=True).count("</h2>") == inbox.PER_PAGE
    assert clerk.get("/pesan?halaman=2").get_data(as_text=True).count("</h2>") == 1
    for strange in ("99", "0", "-1", "x", "9" * 30):
        assert clerk.get(f"/pesan?halaman={strange}").status_code == 200


@pytest.mark.usefixtures("post_office")
def test_choices_are_kept_and_the_law_leaves_none(browser: Browser, account: Find) -> None:
    clerk = browser("opd")
    page = clerk.get("/akun/pesan").get_data(as_text=True)
    assert "selalu dikirim, karena aturan mewajibkannya" in page
    form = {f"{RETURNED.code}.surel": "MATI", f"{DECREE.code}.surel": "MATI", f"{RETURNED.code}.whatsapp": "LANGSUNG",
            f"{RETURNED.code}.sms": "RINGKASAN", "bahasa": "en"}  # fmt: skip
    assert post(clerk, "/akun/pesan", **form).status_code == 303
    assert choices.chosen(account("opd"), RETURNED, MAIL) == OFF
    assert choices.chosen(account("opd"), DECREE, MAIL) == "LANGSUNG"
    assert choices.chosen(account("opd"), RETURNED, WHATSAPP) == "LANGSUNG"
    assert choices.chosen(account("opd"), RETURNED, "sms") == OFF, "SMS tidak punya ringkasan"
    assert contacts.of(account("opd")).language == "en"
    assert post(clerk, "/akun/pesan", bahasa="xx").status_code == 422


@pytest.mark.usefixtures("post_office")
def test_a_phone_is_proved_by_the_code_that_was_sent_there(browser: Browser, account: Find, sandbox: Box) -> None:
    clerk = browser("opd")
    answer = post(clerk, "/akun/pesan/telepon", telepon="12345", saluran="sms")
    assert answer.status_code == 422
    assert 'value="12345"' in answer.get_data(as_text=True)
    assert post(clerk, "/akun/pesan/telepon", telepon="0812-3456-7890", saluran="surel").status_code == 422
    assert post(clerk, "/akun/pesan/telepon", telepon="0812-3456-7890", saluran="sms").status_code == 303
    assert post(clerk, "/akun/pesan/telepon", telepon="0812-3456-7890", saluran="sms").status_code == 422
    work()
    code = re.match(r"\d{6}", sandbox[0].received[0].text).group()
    assert post(clerk, "/akun/pesan/kode", kode="000000" if code != "000000" else "111111").status_code == 422
    assert not contacts.of(account("opd")).verified
    assert post(clerk, "/akun/pesan/kode", kode=code).status_code == 303
    assert contacts.of(account("opd")).verified
    page = clerk.get("/akun/pesan").get_data(as_text=True)
    assert "Terbukti" in page
    assert "6281234567890" not in page
    assert post(clerk, "/akun/pesan/telepon/hapus").status_code == 303
    assert contacts.of(account("opd")).phone == ""


@pytest.mark.usefixtures("post_office")
def test_five_wrong_codes_end_the_trial_and_three_codes_the_day(browser: Browser, account: Find, admin: Engine) -> None:
    _number, code = contacts.new_phone(account("opd"), "0812 3456 7890")
    db.session.commit()
    clerk = browser("opd")
    for _guess in range(contacts.MOST_TRIES):
        assert post(clerk, "/akun/pesan/kode", kode="abcdef").status_code == 422
    assert post(clerk, "/akun/pesan/kode", kode=code).status_code == 422
    asked = 0
    for _code in range(5):
        with admin.begin() as connection:
            connection.execute(text("UPDATE message_contacts SET code_until = now()"))
        asked += post(clerk, "/akun/pesan/telepon", telepon="0812 3456 7890", saluran="sms").status_code == 303
        work()
    assert asked == choices.CHANNELS["sms"].daily


@pytest.mark.usefixtures("post_office")
def test_a_phone_lies_sealed_and_its_code_hashed(account: Find, admin: Engine) -> None:
    _number, code = contacts.new_phone(account("opd"), "0812 3456 7890")
    db.session.commit()
    with admin.connect() as connection:
        row = connection.execute(text("SELECT phone_sealed, code_hash FROM message_contacts")).one()
    assert b"81234567890" not in bytes(row.phone_sealed)
    assert code not in row.code_hash


@pytest.mark.parametrize(
    ("typed", "number"),
    [("0812-3456-7890", "6281234567890"), ("+62 812 3456 7890", "6281234567890"), ("62812.345.678", "62812345678")],
)
def test_a_number_has_one_form(typed: str, number: str) -> None:
    assert contacts.clean_phone(typed) == number


@pytest.mark.parametrize("typed", ["", "021-1234567", "+1 555 123 4567", "0812", "08123456789012345", "0812abc34567"])
def test_what_is_no_indonesian_mobile_number_is_refused(typed: str) -> None:
    with pytest.raises(contacts.BadContact):
        contacts.clean_phone(typed)


@pytest.fixture
def stop_path(post_office: Flask, account: Find) -> str:
    """The address of a letter's List-Unsubscribe."""
    path = "/pesan/berhenti/" + unsubscribe_url(home(), account("opd"), RETURNED).rpartition("/")[2]
    db.session.rollback()
    return path


def test_a_letter_is_stopped_without_signing_in_and_not_by_looking(
    browser: Browser, account: Find, stop_path: str
) -> None:
    visitor = browser()
    asked = visitor.get(stop_path).get_data(as_text=True)
    assert "Usulan dikembalikan" in asked
    assert choices.chosen(account("opd"), RETURNED, MAIL) == "LANGSUNG"
    token = re.search(r'name="csrf_token" value="([^"]+)"', asked).group(1)
    stopped = visitor.post(stop_path, data={"csrf_token": token}, headers={"Origin": HOSTS[A]})
    assert stopped.status_code == 200
    db.session.rollback()
    assert choices.chosen(account("opd"), RETURNED, MAIL) == OFF


def test_a_token_of_one_region_stops_nothing_in_another(browser: Browser, stop_path: str) -> None:
    assert browser().get(stop_path, base_url=HOSTS[B]).status_code == 404
    assert browser().get(stop_path[:-2] + "xx").status_code == 404


@pytest.mark.usefixtures("post_office")
def test_what_the_law_wants_has_no_way_to_stop(browser: Browser, account: Find) -> None:
    path = "/pesan/berhenti/" + unsubscribe_url(home(), account("opd"), DECREE).rpartition("/")[2]
    assert browser().get(path).status_code == 404


EDIT = f"/pengaturan/pesan/{RETURNED.code}"


@pytest.mark.usefixtures("post_office")
def test_words_are_previewed_kept_and_taken_back(browser: Browser) -> None:
    boss = browser("admin")
    assert "Usulan dikembalikan" in boss.get("/pengaturan/pesan").get_data(as_text=True)
    mine = {"dalam": "id", "subjek": "Punten, {nomor}", "isi": "Wilujeng {nama}.\r\n\r\nSebabna: {alasan}"}
    preview = post(boss, EDIT, aksi="pratinjau", **mine).get_data(as_text=True)
    assert "Punten, HB-0012" in preview
    assert "Wilujeng Siti Aminah." in preview
    assert 'value="Punten, {nomor}"' in preview
    assert "Punten" not in boss.get(EDIT + "?dalam=id").get_data(as_text=True)
    assert post(boss, EDIT, aksi="simpan", **mine).status_code == 303
    assert "Punten, HB-0012" in boss.get(EDIT + "?dalam=id").get_data(as_text=True)
    assert "daerah sendiri (id)" in boss.get("/pengaturan/pesan").get_data(as_text=True)
    assert post(boss, EDIT, aksi="kembalikan", dalam="id").status_code == 303
    assert "Punten" not in boss.get(EDIT + "?dalam=id").get_data(as_text=True)


@pytest.mark.usefixtures("post_office")
def test_a_wrong_placeholder_is_told_beside_its_field_and_nothing_typed_is_lost(browser: Browser) -> None:
    answer = post(browser("admin"), EDIT, aksi="simpan", dalam="id", subjek="Halo", isi="NIK Anda {nik}")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Isian {nik} tidak ada" in page
    assert "NIK Anda {nik}</textarea>" in page


def test_an_unknown_event_or_language_is_not_found(browser: Browser) -> None:
    boss = browser("admin")
    for path in ("/pengaturan/pesan/uji.tidak-ada", EDIT + "?dalam=xx"):
        assert boss.get(path).status_code == 404


@pytest.mark.usefixtures("post_office")
def test_the_administrator_hears_of_jobs_that_were_given_up(account: Find, admin: Engine) -> None:
    with acting_for(Context(A, "sistem:uji", "worker")):
        alerts.report({})
        assert inbox.unread(account("admin")) == 0
        tell(account("opd"))
        with admin.begin() as connection:
            connection.execute(text("UPDATE outbox SET dead_at = now()"))
        alerts.report({})
        db.session.commit()
        entry = inbox.listing(account("admin"), 1).entries[0]
        assert entry.url == "/pengaturan/pekerjaan"
        assert entry.subject.endswith("pekerjaan gagal menunggu keputusan Anda")
        assert inbox.unread(account("tapd")) == 0
        db.session.rollback()
