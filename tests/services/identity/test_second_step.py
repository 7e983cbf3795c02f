"""The second step of signing in, as people and thieves meet it; proofs that must be fresh; sessions that end."""

import threading
from collections.abc import Callable
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from app.services.identity.permissions import PUBLIK
from config.settings import Settings
from tests.conftest import A, B
from tests.isolation.access import FOREIGN, LINK, OPEN, permission_of
from tests.isolation.walk import cases
from tests.services.identity.conftest import HOSTS, PASSWORD, Browser, code_of, copy_of, post, set_up_app
from tests.services.identity.test_accounts import deliver_letters, last_link

pytestmark = pytest.mark.usefixtures("people")
HALF_OPEN = {"/masuk/faktor", "/masuk/faktor/tantangan", "/keluar"}


@pytest.fixture
def guarded(browser: Browser, later: Callable[[], None]) -> str:
    """The clerk of the OPD has an authenticator application; its secret."""
    secret = set_up_app(browser("opd"))
    later()
    return secret


def sign_in(visitor: FlaskClient, role: str = "opd") -> FlaskClient:
    answer = post(visitor, "/masuk", email=f"{role}@contoh.go.id", sandi=PASSWORD, lanjut="/akun")
    assert answer.status_code == 303
    return visitor


def closed_routes(app: Flask) -> list[tuple[str, str]]:
    """Method and address of every route that wants somebody signed in."""
    nothing = {name: str(UUID(int=1)) if name.endswith("_id") else "asing" for name in (*FOREIGN, LINK)}
    return [
        (case.method, case.path) for case in cases(app, nothing)
        if case.method not in {"HEAD", "OPTIONS"} and case.endpoint and case.endpoint not in OPEN
        and permission_of(case.endpoint) != PUBLIK
    ]  # fmt: skip


def test_password_then_code(browser: Browser, guarded: str) -> None:
    visitor = browser()
    answer = post(visitor, "/masuk", email="opd@contoh.go.id", sandi=PASSWORD, lanjut="/akun/keamanan")
    assert answer.headers["Location"] == "/masuk/faktor?lanjut=/akun/keamanan"
    page = visitor.get(answer.headers["Location"]).get_data(as_text=True)
    assert 'value="/akun/keamanan"' in page
    done = post(visitor, "/masuk/faktor", kode=code_of(guarded), lanjut="/akun/keamanan")
    assert (done.status_code, done.headers["Location"]) == (303, "/akun/keamanan")
    assert "Aplikasi autentikator" in visitor.get("/akun/keamanan").get_data(as_text=True)


def test_a_password_alone_opens_no_closed_route(browser: Browser, web_app: Flask, guarded: str) -> None:
    thief = sign_in(browser())
    routes = closed_routes(web_app)
    assert len(routes) > 20
    for method, path in routes:
        answer = thief.get(path) if method == "GET" else post(thief, path, method=method, kode="000000")
        if path in HALF_OPEN:
            continue
        assert answer.status_code in {302, 401}, (method, path, answer.status_code)
        assert method != "GET" or answer.headers["Location"].startswith("/masuk"), path
        sign_in(thief)


def test_a_half_session_is_nobody_on_public_pages(browser: Browser, guarded: str) -> None:
    page = sign_in(browser()).get("/hibah").get_data(as_text=True)
    assert 'href="/masuk"' in page
    assert 'href="/akun"' not in page


def test_a_cookie_stolen_before_the_second_step_is_not_lifted_by_it(
    browser: Browser, web_app: Flask, guarded: str
) -> None:
    owner = sign_in(browser())
    thief = copy_of(owner, web_app)
    assert post(owner, "/masuk/faktor", kode=code_of(guarded)).status_code == 303
    assert owner.get("/akun").status_code == 200
    assert thief.get("/akun").status_code == 302
    assert thief.get("/masuk/faktor").headers["Location"].startswith("/masuk?")


def test_a_used_code_is_refused_in_another_browser(browser: Browser, guarded: str) -> None:
    first, second, code = sign_in(browser()), sign_in(browser()), code_of(guarded)
    assert post(first, "/masuk/faktor", kode=code).status_code == 303
    answer = post(second, "/masuk/faktor", kode=code)
    assert answer.status_code == 422
    assert "sudah dipakai" in answer.get_data(as_text=True)
    assert second.get("/akun").status_code == 302


def test_a_code_may_be_typed_with_a_space(browser: Browser, guarded: str) -> None:
    code = code_of(guarded)
    assert post(sign_in(browser()), "/masuk/faktor", kode=f"{code[:3]} {code[3:]}").status_code == 303


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "٣٤٥٦٧٨", "1" * 5000, "0000 0000 0000"])
def test_what_is_no_code_is_refused_in_words(browser: Browser, guarded: str, typed: str) -> None:
    answer = post(sign_in(browser()), "/masuk/faktor", kode=typed)
    assert answer.status_code == 422
    assert "Kode tidak cocok" in answer.get_data(as_text=True)


def test_five_wrong_codes_hold_even_the_right_one_and_a_letter_tells(
    browser: Browser, guarded: str, admin: Engine
) -> None:
    thief = sign_in(browser())
    for _attempt in range(5):
        assert post(thief, "/masuk/faktor", kode="000000").status_code == 422
    answer = post(thief, "/masuk/faktor", kode=code_of(guarded))
    assert answer.status_code == 429
    assert "Tunggu 15 menit" in answer.get_data(as_text=True)
    assert post(sign_in(browser()), "/masuk/faktor", kode=code_of(guarded)).status_code == 429
    with admin.connect() as connection:
        letters = connection.scalars(text("SELECT payload FROM outbox WHERE payload LIKE '%ditahan%'")).all()
    assert len(letters) == 1


def test_a_burst_of_guesses_gets_no_more_than_five(browser: Browser, guarded: str, admin: Engine) -> None:
    thieves = [sign_in(browser()) for _number in range(6)]
    tokens = [thief.get("/masuk/faktor").get_data(as_text=True).split('csrf_token" value="')[1].split('"')[0]
              for thief in thieves]  # fmt: skip
    answers: list[int] = []
    start = threading.Barrier(len(thieves))

    def guess(thief: FlaskClient, token: str) -> None:
        start.wait()
        for _attempt in range(4):
            data = {"csrf_token": token, "kode": "000000"}
            answers.append(thief.post("/masuk/faktor", data=data, headers={"Origin": HOSTS[A]}).status_code)

    threads = [threading.Thread(target=guess, args=pair) for pair in zip(thieves, tokens, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 24
    assert answers.count(422) == 5
    with admin.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM sign_in_attempts WHERE kind = 'faktor'")) == 5


def test_the_right_code_forgets_the_wrong_ones(browser: Browser, guarded: str, later: Callable[[], None]) -> None:
    for _round in range(2):
        visitor = sign_in(browser())
        for _attempt in range(4):
            assert post(visitor, "/masuk/faktor", kode="000000").status_code == 422
        assert post(visitor, "/masuk/faktor", kode=code_of(guarded)).status_code == 303
        later()


def test_an_unfinished_sign_in_does_not_lie_around(
    browser: Browser, guarded: str, age_sessions: Callable[[int], None]
) -> None:
    visitor = sign_in(browser())
    age_sessions(31)
    assert visitor.get("/masuk/faktor").headers["Location"].startswith("/masuk?")
    assert post(visitor, "/masuk/faktor", kode=code_of(guarded)).status_code == 401


def codes_on(page: str) -> list[str]:
    return [part.split("<")[0] for part in page.split('<code class="nomor">')[1:]]


def test_a_recovery_code_signs_in_once_and_a_letter_tells(browser: Browser, guarded: str, admin: Engine) -> None:
    owner = sign_in(browser())
    post(owner, "/masuk/faktor", kode=code_of(guarded))
    answer = post(owner, "/akun/keamanan/kode")
    codes = codes_on(answer.get_data(as_text=True))
    assert len(codes) == 10
    assert not codes_on(owner.get("/akun/keamanan/kode").get_data(as_text=True))
    lost = sign_in(browser())
    assert post(lost, "/masuk/faktor", kode=codes[3]).status_code == 303
    assert "9 dari 10" in lost.get("/akun/keamanan").get_data(as_text=True)
    assert post(sign_in(browser()), "/masuk/faktor", kode=codes[3]).status_code == 422
    with admin.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM outbox WHERE payload LIKE '%pemulihan Anda dipakai%'")) == 1


def test_the_only_answer_with_codes_is_not_kept_by_the_browser(browser: Browser, guarded: str) -> None:
    owner = sign_in(browser())
    post(owner, "/masuk/faktor", kode=code_of(guarded))
    answer = post(owner, "/akun/keamanan/kode")
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_first_factor_leads_to_recovery_codes_and_turns_other_sessions_into_half_ones(browser: Browser) -> None:
    here, there = browser("opd"), browser("opd")
    post(here, "/akun/keamanan/aplikasi")
    page = here.get("/akun/keamanan/aplikasi").get_data(as_text=True)
    secret = page.split("secret=")[1].split("&")[0]
    assert post(here, "/akun/keamanan/aplikasi", kode="000000").status_code == 422
    answer = post(here, "/akun/keamanan/aplikasi", kode=code_of(secret))
    assert answer.headers["Location"] == "/akun/keamanan/kode"
    assert here.get("/akun").status_code == 200
    assert there.get("/akun").headers["Location"] == "/masuk/faktor?lanjut=/akun"


def test_the_qr_code_is_a_picture_of_this_host_and_vanishes_with_the_set_up(browser: Browser) -> None:
    visitor = browser("opd")
    picture = "/akun/keamanan/aplikasi/qr.svg"
    assert visitor.get(picture).status_code == 404
    post(visitor, "/akun/keamanan/aplikasi")
    answer = visitor.get(picture)
    assert answer.mimetype == "image/svg+xml"
    assert answer.headers["Cache-Control"] == "no-store"
    secret = visitor.get("/akun/keamanan/aplikasi").get_data(as_text=True).split("secret=")[1].split("&")[0]
    post(visitor, "/akun/keamanan/aplikasi", kode=code_of(secret))
    assert visitor.get(picture).status_code == 404


def test_a_stale_session_must_prove_itself_before_it_changes_factors(
    browser: Browser, guarded: str, age_sessions: Callable[[int], None], later: Callable[[], None]
) -> None:
    visitor = sign_in(browser())
    post(visitor, "/masuk/faktor", kode=code_of(guarded))
    later()
    age_sessions(11)
    assert visitor.get("/akun").status_code == 200
    for path in ("/akun/keamanan/aplikasi", "/akun/keamanan/passkey", "/akun/keamanan/kode"):
        assert visitor.get(path).headers["Location"] == "/masuk/faktor?lanjut=" + path
        assert post(visitor, path).headers["Location"] == "/masuk/faktor?lanjut=" + path
    assert post(visitor, "/masuk/faktor", kode="000000", lanjut="/akun/keamanan/kode").status_code == 422
    done = post(visitor, "/masuk/faktor", kode=code_of(guarded), lanjut="/akun/keamanan/kode")
    assert done.headers["Location"] == "/akun/keamanan/kode"
    assert visitor.get("/akun/keamanan/kode").status_code == 200


def test_the_password_proves_who_has_nothing_stronger(browser: Browser, age_sessions: Callable[[int], None]) -> None:
    visitor = browser("opd")
    age_sessions(11)
    assert "Kata sandi" in visitor.get("/masuk/faktor?lanjut=/akun/keamanan/aplikasi").get_data(as_text=True)
    assert post(visitor, "/masuk/faktor", sandi="salah").status_code == 422
    assert post(visitor, "/masuk/faktor", sandi=PASSWORD, lanjut="/akun/keamanan/aplikasi").status_code == 303
    assert visitor.get("/akun/keamanan/aplikasi").status_code == 200


def test_a_password_proved_again_does_not_count_as_a_factor_set_up_later(browser: Browser) -> None:
    here, there = browser("opd"), browser("opd")
    assert post(here, "/masuk/faktor", sandi=PASSWORD).status_code == 303
    set_up_app(there)
    assert here.get("/akun").headers["Location"] == "/masuk/faktor?lanjut=/akun"


def test_the_password_does_not_stand_in_for_the_factor(browser: Browser, guarded: str) -> None:
    visitor = sign_in(browser())
    assert post(visitor, "/masuk/faktor", sandi=PASSWORD).status_code == 422
    assert visitor.get("/akun").status_code == 302


def test_a_copied_cookie_gains_nothing_from_the_owners_fresh_proof(
    browser: Browser, web_app: Flask, age_sessions: Callable[[int], None]
) -> None:
    owner = browser("opd")
    age_sessions(11)
    thief = copy_of(owner, web_app)
    post(owner, "/masuk/faktor", sandi=PASSWORD)
    assert owner.get("/akun/keamanan/aplikasi").status_code == 200
    assert thief.get("/akun/keamanan/aplikasi").headers["Location"].startswith("/masuk?")


def test_every_route_that_wants_a_fresh_proof_by_post_can_be_reached_again_by_get(web_app: Flask) -> None:
    marked = [rule for rule in web_app.url_map.iter_rules()
              if hasattr(web_app.view_functions[rule.endpoint], "fresh_minutes")]  # fmt: skip
    readable = {rule.rule for rule in web_app.url_map.iter_rules() if "GET" in rule.methods}
    assert len(marked) >= 10
    assert [rule.rule for rule in marked if rule.rule not in readable] == ["/akun/keamanan/passkey/tantangan"]


def test_a_link_of_a_letter_does_not_go_round_the_second_step(
    browser: Browser, worker_app: Flask, settings: Settings, guarded: str
) -> None:
    post(browser(), "/lupa-sandi", email="opd@contoh.go.id")
    deliver_letters(worker_app)
    link, visitor, new = last_link(worker_app, settings), browser(), "padi kuning di sawah"
    assert post(visitor, link, sandi=new, ulangi=new).headers["Location"] == "/masuk/faktor?lanjut=/akun"
    assert visitor.get("/akun").status_code == 302


@pytest.mark.parametrize("path", ["//jahat.example", "https://jahat.example", "/\\jahat.example"])
def test_the_second_step_leads_nowhere_else(browser: Browser, guarded: str, path: str) -> None:
    answer = post(sign_in(browser()), "/masuk/faktor", kode=code_of(guarded), lanjut=path)
    assert answer.headers["Location"] == "/"


def test_cookies_of_one_region_are_noise_on_another(browser: Browser, web_app: Flask, guarded: str) -> None:
    half = sign_in(browser())
    there = copy_of(half, web_app, "kab-bandung.localhost", "bandung.localhost")
    assert there.get("/masuk/faktor", base_url=HOSTS[B]).headers["Location"].startswith("/masuk?")
    post(half, "/masuk/faktor", kode=code_of(guarded))
    there = copy_of(half, web_app, "kab-bandung.localhost", "bandung.localhost")
    assert there.get("/akun/keamanan", base_url=HOSTS[B]).status_code == 302


def test_signing_out_ends_every_copy_of_the_cookie(browser: Browser, web_app: Flask) -> None:
    visitor = browser("opd")
    copy = copy_of(visitor, web_app)
    assert copy.get("/akun").status_code == 200
    post(visitor, "/keluar")
    assert copy.get("/akun").status_code == 302


def test_ending_the_other_sessions(browser: Browser) -> None:
    here, there = browser("opd"), browser("opd")
    assert here.get("/akun/keamanan").get_data(as_text=True).count('data-label="Perangkat"') == 2
    assert post(here, "/akun/keamanan/sesi").status_code == 303
    assert here.get("/akun").status_code == 200
    assert there.get("/akun").status_code == 302


def test_a_session_ends_after_a_day_however_much_it_is_used(
    browser: Browser, age_sessions: Callable[[int], None]
) -> None:
    visitor = browser("opd")
    age_sessions(24 * 60 - 5)
    assert visitor.get("/akun").status_code == 200
    age_sessions(10)
    assert visitor.get("/akun").status_code == 302


def test_removing_a_factor_wants_a_fresh_proof_ends_other_sessions_and_writes(
    browser: Browser, guarded: str, later: Callable[[], None], age_sessions: Callable[[int], None], admin: Engine
) -> None:
    here, there = sign_in(browser()), sign_in(browser())
    for visitor in (here, there):
        post(visitor, "/masuk/faktor", kode=code_of(guarded))
        later()
    page = here.get("/akun/keamanan").get_data(as_text=True)
    path = "/akun/keamanan/hapus/" + page.split("/akun/keamanan/hapus/")[1].split('"')[0]
    age_sessions(11)
    assert post(here, path).headers["Location"] == "/masuk/faktor?lanjut=" + path
    post(here, "/masuk/faktor", kode=code_of(guarded))
    assert "Hapus cara masuk ini?" in here.get(path).get_data(as_text=True)
    assert post(here, path).status_code == 303
    assert "Belum ada faktor kedua" in here.get("/akun/keamanan").get_data(as_text=True)
    assert there.get("/akun").status_code == 302
    with admin.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM account_totp WHERE state = 'AKTIF'")) == 0
        assert connection.scalar(text("SELECT count(*) FROM outbox WHERE payload LIKE '%dihapus dari akun%'")) == 1


def test_nobody_removes_another_persons_factor(browser: Browser, guarded: str, admin: Engine) -> None:
    with admin.connect() as connection:
        number = connection.scalar(text("SELECT id FROM account_totp WHERE state = 'AKTIF'"))
    stranger = browser("tapd")
    assert stranger.get(f"/akun/keamanan/hapus/{number}").status_code == 404
    assert post(stranger, f"/akun/keamanan/hapus/{number}").status_code == 404
    with admin.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM account_totp WHERE state = 'AKTIF'")) == 1


@pytest.mark.parametrize(
    "path", ["/masuk/faktor", "/akun/keamanan/aplikasi", "/akun/keamanan/kode", "/akun/keamanan/sesi",
             "/akun/keamanan/passkey", "/masuk/passkey", "/masuk/passkey/tantangan", "/pengaturan/keamanan",
             "/pengaturan/sso"]
)  # fmt: skip
def test_a_form_without_its_pages_token_changes_nothing(browser: Browser, path: str) -> None:
    visitor = browser("admin")
    assert visitor.post(path, headers={"Origin": HOSTS[A]}).status_code == 400
    assert visitor.post(path, headers={"Origin": "http://jabar.localhost"}).status_code == 403


def test_an_administrator_resets_a_persons_factor(
    browser: Browser, guarded: str, admin: Engine, age_sessions: Callable[[int], None]
) -> None:
    person = sign_in(browser())
    post(person, "/masuk/faktor", kode=code_of(guarded))
    post(person, "/akun/keamanan/kode")
    with admin.connect() as connection:
        number = connection.scalar(text(f"SELECT id FROM accounts WHERE region_id = {A} AND email LIKE 'opd@%'"))
        mine = connection.scalar(text(f"SELECT id FROM accounts WHERE region_id = {A} AND email LIKE 'admin@%'"))
        foreign = connection.scalar(text(f"SELECT id FROM accounts WHERE region_id = {B} AND email LIKE 'opd@%'"))
    boss = browser("admin")
    path = f"/pengaturan/akun/{number}/faktor"
    assert path in boss.get("/pengaturan/akun").get_data(as_text=True)
    assert "opd@contoh.go.id" in boss.get(path).get_data(as_text=True)
    assert post(boss, f"/pengaturan/akun/{mine}/faktor").status_code == 422
    assert post(boss, f"/pengaturan/akun/{foreign}/faktor").status_code == 404
    age_sessions(11)
    assert post(boss, path).headers["Location"].startswith("/masuk/faktor")
    post(boss, "/masuk/faktor", sandi=PASSWORD)
    assert post(boss, path).status_code == 303
    assert person.get("/akun").status_code == 302
    assert sign_in(browser()).get("/akun").status_code == 200
    with admin.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM account_totp")) == 0
        assert connection.scalar(text("SELECT count(*) FROM account_recovery_codes")) == 0
        letters = connection.scalars(text("SELECT payload FROM outbox WHERE payload LIKE '%diatur ulang%'")).all()
    assert len(letters) == 1
    assert "opd@contoh.go.id" in letters[0]
