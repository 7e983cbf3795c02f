"""Accounts as people and attackers use them: sign-in, lock-out, links of letters, sessions, cookies of elsewhere."""

import re
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from app.services.identity.permissions import ROLES
from app.services.jobs import outbox
from app.services.messages import mail
from app.tenancy.context import Context, acting_for
from app.tenancy.database import region_sql
from config.settings import Settings
from tests.conftest import A, B
from tests.services.identity.conftest import HOSTS, PASSWORD, Browser, post

pytestmark = pytest.mark.usefixtures("people")


def deliver_letters(worker_app: Flask, region: int = A) -> None:
    """What relay and worker do, without Redis."""
    with worker_app.app_context(), acting_for(Context(region, "sistem:uji", "worker")):
        for number in outbox.take_due(50):
            assert outbox.perform(number)


def last_link(worker_app: Flask, settings: Settings, region: int = A) -> str:
    with worker_app.app_context(), acting_for(Context(region, "sistem:uji", "worker")):
        texts = [letter.text for letter in mail.letters(settings)]
    return next(found.group(1) for text in texts if (found := re.search(r"https?://[^/]+(/sandi/\S+)", text)))


def test_signing_in_and_out(browser: Browser) -> None:
    visitor = browser("admin")
    assert "admin@contoh.go.id" in visitor.get("/akun").get_data(as_text=True)
    assert visitor.get("/keluar").status_code == 200
    assert post(visitor, "/keluar").status_code == 303
    assert visitor.get("/akun").headers["Location"].startswith("/masuk?lanjut=/akun")


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(browser: Browser) -> None:
    answers = [
        post(browser(), "/masuk", email=email, sandi="salah sama sekali")
        for email in ("admin@contoh.go.id", "hantu@contoh.go.id")
    ]
    pages = [re.sub(r'value="[^"]*"', "", answer.get_data(as_text=True)) for answer in answers]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert pages[0] == pages[1]
    assert 'value="admin@contoh.go.id"' in answers[0].get_data(as_text=True)


def test_five_failures_lock_the_account_in_this_region_only(browser: Browser) -> None:
    for _attempt in range(5):
        assert post(browser(), "/masuk", email="opd@contoh.go.id", sandi="salah").status_code == 422
    assert post(browser(), "/masuk", email="opd@contoh.go.id", sandi=PASSWORD).status_code == 429
    assert browser("opd", B).get("/akun", base_url=HOSTS[B]).status_code == 200


def test_thirty_failures_lock_the_address(browser: Browser) -> None:
    for number in range(30):
        assert post(browser(), "/masuk", email=f"x{number}@contoh.go.id", sandi="salah").status_code == 422
    assert post(browser(), "/masuk", email="tapd@contoh.go.id", sandi=PASSWORD).status_code == 429


def test_an_invitation_by_letter(browser: Browser, worker_app: Flask, settings: Settings) -> None:
    admin = browser("admin")
    answer = post(admin, "/pengaturan/akun", nama="Siti", email="Siti@Contoh.go.id", peran="opd")
    assert answer.status_code == 303
    deliver_letters(worker_app)
    link = last_link(worker_app, settings)
    visitor = browser()
    assert visitor.get(link).status_code == 200
    assert visitor.get(link, base_url=HOSTS[B]).status_code == 404
    assert post(visitor, link, sandi="pendek", ulangi="pendek").status_code == 422
    assert post(visitor, link, sandi="padi kuning di sawah", ulangi="lain").status_code == 422
    assert post(visitor, link, sandi="padi kuning di sawah", ulangi="padi kuning di sawah").status_code == 303
    assert "siti@contoh.go.id" in visitor.get("/akun").get_data(as_text=True)
    assert visitor.get(link).status_code == 404


def test_a_bad_invitation_keeps_what_was_typed(browser: Browser) -> None:
    answer = post(browser("admin"), "/pengaturan/akun", nama="Siti", email="admin@contoh.go.id", peran="opd")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'value="Siti"' in page
    assert "sudah punya akun" in page


def test_a_reset_ends_the_other_sessions(browser: Browser, worker_app: Flask, settings: Settings) -> None:
    thief = browser("tapd")
    assert thief.get("/akun").status_code == 200
    assert post(browser(), "/lupa-sandi", email="tapd@contoh.go.id").status_code == 200
    deliver_letters(worker_app)
    link = last_link(worker_app, settings)
    assert post(browser(), link, sandi="padi kuning di sawah", ulangi="padi kuning di sawah").status_code == 303
    assert thief.get("/akun").status_code == 302


def test_a_changed_password_ends_the_other_sessions(browser: Browser) -> None:
    here, there = browser("opd"), browser("opd")
    new = "padi kuning di sawah"
    assert post(here, "/akun/sandi", lama="salah", sandi=new, ulangi=new).status_code == 422
    assert post(here, "/akun/sandi", lama=PASSWORD, sandi=new, ulangi=new).status_code == 303
    assert here.get("/akun").status_code == 200
    assert there.get("/akun").status_code == 302


def test_a_closed_account_is_out_at_once(browser: Browser, admin: Engine) -> None:
    clerk = browser("opd")
    with admin.connect() as connection:
        number = connection.scalar(text(f"SELECT id FROM accounts WHERE region_id = {A} AND email LIKE 'opd@%'"))
        mine = connection.scalar(text(f"SELECT id FROM accounts WHERE region_id = {A} AND email LIKE 'admin@%'"))
    boss = browser("admin")
    assert post(boss, f"/pengaturan/akun/{mine}/tutup").status_code == 422
    assert post(boss, f"/pengaturan/akun/{number}/tutup").status_code == 303
    assert clerk.get("/akun").status_code == 302
    assert post(browser(), "/masuk", email="opd@contoh.go.id", sandi=PASSWORD).status_code == 422


def test_a_reset_for_nobody_says_the_same_and_sends_nothing(browser: Browser, admin: Engine) -> None:
    known = post(browser(), "/lupa-sandi", email="opd@contoh.go.id").get_data(as_text=True)
    unknown = post(browser(), "/lupa-sandi", email="zzz@contoh.go.id").get_data(as_text=True)
    assert known.replace("opd@", "zzz@") == unknown
    with admin.connect() as connection:
        assert connection.scalar(text(f"SELECT count(*) FROM outbox WHERE region_id = {A}")) == 1


def test_a_cookie_of_one_region_is_noise_on_another(browser: Browser) -> None:
    visitor = browser("admin")
    cookie = visitor.get_cookie("sesi", domain="bandung.localhost").value
    stranger = browser()
    stranger.set_cookie("sesi", cookie, domain="kab-bandung.localhost")
    assert stranger.get("/akun", base_url=HOSTS[B]).status_code == 302
    stranger.set_cookie("sesi", cookie, domain="bandung.localhost")
    assert stranger.get("/akun").status_code == 200


def test_a_user_id_of_another_region_is_refused_even_with_a_good_signature(browser: Browser, admin: Engine) -> None:
    with admin.connect() as connection:
        number = connection.scalar(text(f"SELECT id FROM accounts WHERE region_id = {B} AND email LIKE 'admin@%'"))
        foreign = browser("admin", B)
        assert foreign.get("/akun", base_url=HOSTS[B]).status_code == 200
        session_of_b = connection.scalar(text(f"SELECT id FROM account_sessions WHERE region_id = {B}"))
    visitor = browser("admin")
    for user_id, session_id in ((f"{B}:{number}:1", None), (f"{A}:{number}:1", None), (None, str(session_of_b))):
        with visitor.session_transaction(base_url=HOSTS[A]) as session:
            kept = dict(session)
            session["_user_id"] = user_id or kept["_user_id"]
            session["sid"] = session_id or kept["sid"]
        assert visitor.get("/akun").status_code == 302
        with visitor.session_transaction(base_url=HOSTS[A]) as session:
            session.update(kept)
        assert visitor.get("/akun").status_code == 200


def test_a_form_without_the_token_of_its_page_changes_nothing(browser: Browser) -> None:
    visitor = browser("admin")
    answer = visitor.post("/keluar", headers={"Origin": HOSTS[A]})
    assert answer.status_code == 400
    assert visitor.get("/akun").status_code == 200


@pytest.mark.parametrize("path", ["//jahat.example", "https://jahat.example", "/\\jahat.example"])
def test_sign_in_leads_nowhere_else(browser: Browser, path: str) -> None:
    answer = post(browser(), "/masuk", email="admin@contoh.go.id", sandi=PASSWORD, lanjut=path)
    assert answer.headers["Location"] == "/"


def test_letters_lie_in_the_own_regions_folder_and_leave_no_address_behind(
    browser: Browser, worker_app: Flask, settings: Settings, admin: Engine
) -> None:
    post(browser(), "/lupa-sandi", email="opd@contoh.go.id")
    deliver_letters(worker_app)
    assert list(Path(settings.var_dir, "surat", str(A)).glob("*.eml"))
    with admin.connect() as connection:
        payloads = connection.scalars(text(f"SELECT payload FROM outbox WHERE region_id = {A}")).all()
    assert payloads == ["{}"]
    with worker_app.app_context(), acting_for(Context(A, "sistem:uji", "worker")):
        assert region_sql("SELECT count(*) FROM accounts WHERE region_id = :region_id").scalar_one() == len(ROLES)
