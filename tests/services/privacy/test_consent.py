"""Consent: asked at the first sign-in, shown, taken back, asked again when the text changes."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from app.services.audit.queries import ACCOUNT
from app.services.privacy import OF_ACCOUNT, consent
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db
from config.settings import Settings
from tests.conftest import A
from tests.services.identity.conftest import PASSWORD, Browser, post
from tests.services.identity.test_accounts import deliver_letters, last_link
from tests.services.privacy.conftest import Entries, Ids

pytestmark = pytest.mark.usefixtures("people")


@pytest.fixture
def nobody_agreed(people: None, admin: Engine) -> None:
    assert people is None
    with admin.begin() as connection:
        connection.execute(text("DELETE FROM consents"))


@pytest.fixture
def inside(worker_app: Flask, people: None) -> Iterator[None]:
    assert people is None
    with worker_app.app_context(), acting_for(Context(A, "sistem:uji", "worker")):
        yield
        db.session.rollback()


@pytest.mark.usefixtures("nobody_agreed")
def test_the_first_sign_in_leads_to_the_notice_and_on(browser: Browser, entries: Entries, ids: Ids) -> None:
    visitor = browser()
    answer = post(visitor, "/masuk", email="opd@contoh.go.id", sandi=PASSWORD, lanjut="/tugas")
    assert answer.headers["Location"] == "/persetujuan?lanjut=/tugas"
    page = visitor.get("/persetujuan?lanjut=/tugas").get_data(as_text=True)
    assert "Undang-Undang Nomor 27 Tahun 2022" in page
    refused = post(visitor, "/persetujuan", lanjut="/tugas")
    assert refused.status_code == 422
    assert 'id="setuju-galat"' in refused.get_data(as_text=True)
    assert post(visitor, "/persetujuan", lanjut="/tugas", setuju="akun").headers["Location"] == "/tugas"
    (entry,) = entries("persetujuan.beri")
    assert (entry["actor"], entry["subject_id"]) == (ids("opd"), ids("opd"))
    assert entry["after"] == '{"saluran":"web","tujuan":"akun","versi":"1"}'
    again = post(browser(), "/masuk", email="opd@contoh.go.id", sandi=PASSWORD, lanjut="/tugas")
    assert again.headers["Location"] == "/tugas"


@pytest.mark.usefixtures("nobody_agreed")
def test_consent_is_free_so_its_page_can_be_passed_by(browser: Browser) -> None:
    visitor = browser("opd")
    assert visitor.get("/akun").status_code == 200
    assert 'href="/tugas">Nanti saja' in visitor.get("/persetujuan?lanjut=/tugas").get_data(as_text=True)
    assert "//jahat" not in visitor.get("/persetujuan?lanjut=//jahat.example").get_data(as_text=True)


def test_an_invited_person_sees_the_notice_after_the_password(
    browser: Browser, worker_app: Flask, settings: Settings
) -> None:
    post(browser("admin"), "/pengaturan/akun", nama="Siti", email="siti@contoh.go.id", peran="opd")
    deliver_letters(worker_app)
    link = last_link(worker_app, settings)
    answer = post(browser(), link, sandi="padi kuning di sawah", ulangi="padi kuning di sawah")
    assert answer.headers["Location"] == "/persetujuan?lanjut=/akun"


def test_a_consent_is_shown_and_taken_back(browser: Browser, entries: Entries, ids: Ids) -> None:
    visitor = browser("opd")
    assert "naskah versi 1" in visitor.get("/akun/data").get_data(as_text=True)
    assert post(visitor, "/akun/data/tarik", tujuan="akun").status_code == 303
    assert post(visitor, "/akun/data/tarik", tujuan="akun").status_code == 303
    assert post(visitor, "/akun/data/tarik", tujuan="lain").status_code == 422
    assert [entry["subject_id"] for entry in entries("persetujuan.tarik")] == [ids("opd")]
    assert "tidak diberikan" in visitor.get("/akun/data").get_data(as_text=True)
    answer = post(browser(), "/masuk", email="opd@contoh.go.id", sandi=PASSWORD)
    assert answer.headers["Location"].startswith("/persetujuan")


@pytest.mark.usefixtures("inside")
def test_a_new_text_is_agreed_to_anew_and_the_old_consent_stays_on_record(monkeypatch: pytest.MonkeyPatch) -> None:
    consent.give("organisasi", "uji-1", "akun", consent.PAPER)
    assert consent.is_given("organisasi", "uji-1", "akun")
    monkeypatch.setitem(consent._purposes, "akun", replace(OF_ACCOUNT, version="2"))
    assert not consent.is_given("organisasi", "uji-1", "akun")
    assert consent.current("organisasi", "uji-1", "akun").text_version == "1"
    consent.give("organisasi", "uji-1", "akun")
    consent.give("organisasi", "uji-1", "akun")
    history = consent.history("organisasi", "uji-1")
    assert [(one.text_version, one.channel, one.withdrawn_at is None) for one in history] == [
        ("2", "web", True), ("1", "kertas", False),
    ]  # fmt: skip


@pytest.mark.usefixtures("inside")
def test_two_pages_that_agree_at_once_are_one_consent(web_app: Flask) -> None:
    consent.give("organisasi", "uji-2", "akun")
    db.session.commit()
    try:
        assert not consent.is_given(ACCOUNT, "uji-2", "akun")
        consent.give("organisasi", "uji-2", "akun")
        assert len(consent.history("organisasi", "uji-2")) == 1
    finally:
        consent.withdraw("organisasi", "uji-2", "akun")
        db.session.commit()
