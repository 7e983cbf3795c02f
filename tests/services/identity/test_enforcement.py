"""A role that must have a second factor: led to set one up, nothing else until then; the page where it is demanded."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from app.services.identity import policy
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db
from tenants.provision import Order, load_template, write_settings
from tests.conftest import A, B
from tests.services.identity.conftest import HOSTS, PASSWORD, Browser, copy_of, post, set_up_app
from tests.services.identity.test_second_step import closed_routes, sign_in

pytestmark = pytest.mark.usefixtures("people")
SETTING_UP = {
    "/akun/keamanan/pasang", "/akun/keamanan/aplikasi", "/akun/keamanan/aplikasi/qr.svg", "/akun/keamanan/passkey",
    "/akun/keamanan/passkey/tantangan", "/keluar",
}  # fmt: skip


@pytest.fixture
def demanded(worker_app: Flask) -> None:
    """Region A demands a second factor of the treasurer."""
    enforce_for_the_treasurer(worker_app)


def enforce_for_the_treasurer(worker_app: Flask) -> None:
    with worker_app.app_context(), acting_for(Context(A, "sistem:uji", "worker")):
        policy.enforce(frozenset({"bendahara"}))
        db.session.commit()


@pytest.mark.usefixtures("demanded")
def test_signing_in_leads_to_the_set_up_and_then_on(browser: Browser) -> None:
    visitor = browser()
    answer = post(visitor, "/masuk", email="bendahara@contoh.go.id", sandi=PASSWORD)
    assert answer.headers["Location"] == "/akun/keamanan/pasang"
    assert "wajib memakai faktor kedua" in visitor.get("/akun/keamanan/pasang").get_data(as_text=True)
    set_up_app(visitor)
    assert visitor.get("/akun/keamanan/kode").status_code == 200
    assert visitor.get("/akun").status_code == 200


@pytest.mark.usefixtures("demanded")
def test_before_the_set_up_no_other_route_opens(browser: Browser, web_app: Flask) -> None:
    visitor = browser("bendahara")
    for method, path in closed_routes(web_app):
        if path in SETTING_UP:
            continue
        answer = visitor.get(path) if method == "GET" else post(visitor, path, method=method)
        assert answer.status_code in {302, 401}, (method, path, answer.status_code)
        assert method != "GET" or answer.headers["Location"].startswith("/akun/keamanan/pasang"), path


@pytest.mark.usefixtures("demanded")
def test_what_the_set_up_needs_does_open(browser: Browser) -> None:
    visitor = browser("bendahara")
    for path in SETTING_UP - {"/akun/keamanan/aplikasi/qr.svg", "/akun/keamanan/passkey/tantangan"}:
        assert visitor.get(path).status_code == 200, path
    assert post(visitor, "/akun/keamanan/passkey/tantangan").status_code == 200


@pytest.mark.usefixtures("demanded")
def test_a_cookie_stolen_before_the_set_up_is_not_lifted_by_it(browser: Browser, web_app: Flask) -> None:
    owner = browser("bendahara")
    thief = copy_of(owner, web_app)
    set_up_app(owner)
    assert owner.get("/akun").status_code == 200
    assert thief.get("/akun").status_code == 302
    assert thief.get("/akun/keamanan/pasang").headers["Location"].startswith("/masuk?")


@pytest.mark.usefixtures("demanded")
def test_the_password_cannot_add_a_factor_where_there_is_one(browser: Browser, later: Callable[[], None]) -> None:
    set_up_app(browser("bendahara"))
    later()
    thief = sign_in(browser(), "bendahara")
    for path in ("/akun/keamanan/pasang", "/akun/keamanan/aplikasi", "/akun/keamanan/passkey"):
        assert thief.get(path).headers["Location"] == "/masuk/faktor?lanjut=" + path
    assert post(thief, "/akun/keamanan/aplikasi").status_code == 401


def test_a_factor_that_was_shown_and_removed_does_not_count_when_the_role_is_demanded(
    browser: Browser, worker_app: Flask
) -> None:
    visitor = browser("bendahara")
    set_up_app(visitor)
    page = visitor.get("/akun/keamanan").get_data(as_text=True)
    path = "/akun/keamanan/hapus/" + page.split("/akun/keamanan/hapus/")[1].split('"')[0]
    assert post(visitor, path).status_code == 303
    assert visitor.get("/akun").status_code == 200
    enforce_for_the_treasurer(worker_app)
    assert visitor.get("/akun").headers["Location"] == "/akun/keamanan/pasang"


@pytest.mark.usefixtures("demanded")
def test_other_roles_and_the_other_region_are_left_alone(browser: Browser) -> None:
    assert browser("opd").get("/akun").status_code == 200
    assert browser("bendahara", B).get("/akun", base_url=HOSTS[B]).status_code == 200


@pytest.mark.usefixtures("demanded")
def test_the_last_factor_of_a_demanded_role_stays(browser: Browser) -> None:
    visitor = browser("bendahara")
    set_up_app(visitor)
    page = visitor.get("/akun/keamanan").get_data(as_text=True)
    path = "/akun/keamanan/hapus/" + page.split("/akun/keamanan/hapus/")[1].split('"')[0]
    answer = post(visitor, path)
    assert answer.status_code == 422
    assert "Pasang yang lain dulu" in answer.get_data(as_text=True)


def test_the_administrator_demands_it_at_once_of_who_is_in(browser: Browser) -> None:
    clerk, boss = browser("tapd"), browser("admin")
    page = boss.get("/pengaturan/keamanan").get_data(as_text=True)
    assert "0 dari 1 akun sudah memasang" in page
    assert clerk.get("/akun").status_code == 200
    assert post(boss, "/pengaturan/keamanan", peran=["tapd", "admin"]).status_code == 303
    assert clerk.get("/akun").headers["Location"].startswith("/akun/keamanan/pasang")
    assert boss.get("/pengaturan").headers["Location"].startswith("/akun/keamanan/pasang")
    set_up_app(boss)
    page = boss.get("/pengaturan/keamanan").get_data(as_text=True)
    assert page.count("1 dari 1 akun sudah memasang") == 1
    assert page.count(" checked") == 2
    assert post(boss, "/pengaturan/keamanan").status_code == 303
    assert clerk.get("/akun").status_code == 200


def test_a_long_session_that_has_just_proved_itself_is_led_to_the_set_up_and_not_out(
    browser: Browser, age_sessions: Callable[[int], None]
) -> None:
    boss = browser("admin")
    age_sessions(120)
    post(boss, "/masuk/faktor", sandi=PASSWORD)
    post(boss, "/pengaturan/keamanan", peran="admin")
    assert boss.get("/akun").headers["Location"] == "/akun/keamanan/pasang"


def test_a_role_that_does_not_exist_is_refused(browser: Browser, admin: Engine) -> None:
    assert post(browser("admin"), "/pengaturan/keamanan", peran="kaisar").status_code == 422
    with admin.connect() as connection:
        stored = text(f"SELECT value FROM region_settings WHERE region_id = {A} AND key = :key")
        assert connection.scalar(stored, {"key": policy.KEY}) == ""


@pytest.mark.parametrize(("value", "roles"), [
    (None, set()), ("", set()), ("admin, bendahara", {"admin", "bendahara"}), ("kaisar,admin,", {"admin"}),
])  # fmt: skip
def test_a_stored_role_that_is_gone_demands_nothing(value: str | None, roles: set[str]) -> None:
    assert policy.roles_in(value) == roles


@pytest.mark.parametrize(("demo", "value"), [(True, ""), (False, "admin")])
def test_a_new_region_demands_it_of_its_administrator_and_a_demonstration_of_nobody(
    worker_app: Flask, *, demo: bool, value: str
) -> None:
    with worker_app.app_context(), acting_for(Context(5271, "sistem:uji", "worker")):
        write_settings(Order(5271, "mataram", "KOTA", demo=demo), load_template("baku"))
        assert policy.enforced_roles() == policy.roles_in(value)
        db.session.rollback()


@pytest.mark.usefixtures("demanded")
def test_public_pages_stay_open_to_who_has_still_to_set_up(browser: Browser) -> None:
    assert browser("bendahara").get("/hibah").status_code == 200
