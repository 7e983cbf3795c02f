"""Second factors, passkeys and single sign-on in Chromium: on a phone, with the browser's own virtual authenticator."""

import re
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page
from sqlalchemy import Engine, text

from app.services.identity import policy
from app.services.identity.sso import oidc, provider
from app.services.identity.sso.provider import Provider
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db
from tests.conftest import A
from tests.services.identity.conftest import PASSWORD, code_of, later, people
from tests.services.identity.oidc_server import CLIENT, SECRET, OidcServer, Person

__all__ = ["later", "people"]
pytestmark = pytest.mark.usefixtures("people")
Open = Callable[..., Page]
PHONE = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


LOOKS = pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1366, "dark")])


def press(page: Page, name: str, role: str = "button") -> None:
    """Press what has this name and wait for the page that follows."""
    with page.expect_event("load"):
        page.get_by_role(role, name=name, exact=True).click()


def to(page: Page, path: str) -> None:
    """Another page of this host."""
    page.goto("/".join(page.url.split("/", 3)[:3]) + path)


def at(page: Page) -> str:
    """Path and query of the page that shows."""
    return "/" + page.url.split("/", 3)[3]


def sign_in(page: Page, role: str = "opd") -> None:
    page.get_by_label("Surel").fill(f"{role}@contoh.go.id")
    page.get_by_label("Kata sandi").fill(PASSWORD)
    press(page, "Masuk")


def sign_in_again(page: Page, role: str, next_path: str = "/akun") -> None:
    to(page, "/keluar")
    press(page, "Keluar")
    to(page, f"/masuk?lanjut={next_path}")
    sign_in(page, role)


def is_clean(page: Page) -> None:
    """Fits its width, says nothing on the console, breaks no rule of axe."""
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"], page.url
    assert [line for line in page.said if not re.search(r"status of (4\d\d|503)", line)] == []
    found = Axe().run(page).response["violations"]
    assert [(page.url, rule["id"], [node["html"][:120] for node in rule["nodes"]]) for rule in found] == []


def are_clean(page: Page, *paths: str) -> None:
    for path in paths:
        to(page, path)
        is_clean(page)


def virtual_key(page: Page) -> None:
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": PHONE})


def give_code(page: Page, code: str, button: str = "Lanjutkan") -> None:
    page.get_by_label("Kode").fill(code)
    press(page, button)


def set_up_app(page: Page) -> str:
    """On the page of the application; returns its secret."""
    press(page, "Tampilkan kode QR")
    picture = page.get_by_alt_text("Kode QR")
    assert picture.evaluate("picture => picture.decode().then(() => picture.naturalWidth)") > 0
    secret = page.locator("code").inner_text().replace(" ", "")
    give_code(page, code_of(secret), "Pasang")
    assert at(page) == "/akun/keamanan/kode"
    return secret


def make_codes(page: Page) -> list[str]:
    press(page, "Buat sepuluh kode baru")
    return page.locator("code.nomor").all_inner_texts()


@pytest.mark.parametrize("script", [True, False])
def test_a_demanded_factor_is_set_up_and_used_with_and_without_javascript(
    open_page: Open, worker_app: Flask, later: Callable[[], None], *, script: bool
) -> None:
    with worker_app.app_context(), acting_for(Context(A, "sistem:uji", "worker")):
        policy.enforce(frozenset({"bendahara"}))
        db.session.commit()
    page = open_page("/masuk", script=script)
    sign_in(page, "bendahara")
    to(page, "/akun")
    assert at(page) == "/akun/keamanan/pasang"
    press(page, "Pasang aplikasi", "link")
    secret = set_up_app(page)
    codes = make_codes(page)
    assert len(codes) == 10
    press(page, "Sudah saya simpan", "link")
    later()
    sign_in_again(page, "bendahara", "/akun/keamanan")
    give_code(page, "000000")
    assert "Kode tidak cocok" in page.content()
    give_code(page, code_of(secret))
    assert at(page) == "/akun/keamanan"
    sign_in_again(page, "bendahara")
    give_code(page, codes[0])
    assert at(page) == "/akun"


def test_a_passkey_as_second_factor_and_alone(open_page: Open) -> None:
    page = open_page("/masuk?lanjut=/akun/keamanan/passkey")
    virtual_key(page)
    sign_in(page)
    page.get_by_label("Nama passkey").fill("Ponsel kantor")
    press(page, "Buat passkey")
    assert at(page) == "/akun/keamanan/kode"
    sign_in_again(page, "opd", "/akun/keamanan")
    press(page, "Pakai passkey")
    assert at(page) == "/akun/keamanan"
    assert "Ponsel kantor · bandung.localhost" in page.content()
    to(page, "/keluar")
    press(page, "Keluar")
    to(page, "/masuk?lanjut=/akun/keamanan")
    press(page, "Pakai passkey")
    assert at(page) == "/akun/keamanan"
    assert "opd@contoh.go.id" in page.content()
    assert page.said == []


def test_a_passkey_of_another_host_is_not_even_offered(open_page: Open) -> None:
    page = open_page("/masuk?lanjut=/akun/keamanan/passkey")
    virtual_key(page)
    sign_in(page)
    press(page, "Buat passkey")
    page.goto(page.url.split("/akun")[0].replace("//bandung.", "//kab-bandung.") + "/masuk")
    page.get_by_role("button", name="Pakai passkey").click()
    page.get_by_text("Passkey tidak jadi dipakai").wait_for()
    assert at(page) == "/masuk"


def test_without_javascript_the_pages_offer_codes_instead_of_passkeys(open_page: Open) -> None:
    page = open_page("/masuk?lanjut=/akun/keamanan/passkey", script=False)
    assert page.get_by_role("button", name="Pakai passkey").count() == 0
    sign_in(page)
    assert page.get_by_role("button", name="Buat passkey").count() == 0
    assert page.get_by_text("pakailah aplikasi autentikator").is_visible()


def test_the_printed_codes_hold_only_what_is_needed(open_page: Open) -> None:
    page = open_page("/masuk?lanjut=/akun/keamanan/aplikasi")
    sign_in(page)
    set_up_app(page)
    make_codes(page)
    page.emulate_media(media="print")
    assert page.locator("code.nomor").first.is_visible()
    assert page.get_by_text("opd@contoh.go.id").is_visible()
    assert not page.get_by_role("link", name="Sudah saya simpan").is_visible()
    assert not page.locator("nav").first.is_visible()


@LOOKS
def test_the_pages_of_a_persons_security_are_clean(open_page: Open, width: int, scheme: str) -> None:
    page = open_page("/masuk?lanjut=/akun/keamanan", width=width)
    page.emulate_media(color_scheme=scheme)
    is_clean(page)
    sign_in(page)
    is_clean(page)
    are_clean(page, "/akun/keamanan/pasang", "/akun/keamanan/passkey", "/masuk/faktor", "/akun/keamanan/aplikasi")
    press(page, "Tampilkan kode QR")
    is_clean(page)
    give_code(page, "000000", "Pasang")
    is_clean(page)
    give_code(page, code_of(page.locator("code").inner_text().replace(" ", "")), "Pasang")
    is_clean(page)
    make_codes(page)
    is_clean(page)
    are_clean(page, "/akun/keamanan", "/masuk/faktor")
    give_code(page, "000000")
    is_clean(page)
    to(page, "/akun/keamanan")
    press(page, "Hapus Aplikasi autentikator", "link")
    is_clean(page)


@LOOKS
def test_the_administrators_pages_are_clean(open_page: Open, admin: Engine, width: int, scheme: str) -> None:
    page = open_page("/masuk?lanjut=/pengaturan/keamanan", width=width)
    page.emulate_media(color_scheme=scheme)
    sign_in(page, "admin")
    is_clean(page)
    page.get_by_label("Bendahara").check()
    press(page, "Simpan")
    assert "Kewajiban ini berlaku mulai sekarang" in page.content()
    assert page.get_by_label("Bendahara").is_checked()
    to(page, "/pengaturan/sso")
    is_clean(page)
    press(page, "Periksa dan simpan")
    is_clean(page)
    with admin.connect() as connection:
        number = connection.scalar(text(f"SELECT id FROM accounts WHERE region_id = {A} AND email LIKE 'opd@%'"))
    are_clean(page, "/pengaturan", "/pengaturan/akun", f"/pengaturan/akun/{number}/faktor")


@pytest.fixture
def idp(worker_app: Flask, port: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[OidcServer]:
    """A provider that knows the region's address in this browser, and is the region's."""
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    server = OidcServer()
    server.people = {name: Person(name, {"email": f"{name}@contoh.go.id", "email_verified": True})
                     for name in ("opd", "hantu")}  # fmt: skip
    server.return_addresses = {f"http://bandung.localhost:{port}/masuk/sso/kembali"}
    oidc._known.clear()
    with worker_app.app_context(), acting_for(Context(A, "sistem:uji", "worker")):
        provider.save(Provider("SSO Kota", server.issuer, CLIENT, SECRET, state="AKTIF"))
        db.session.commit()
    yield server
    server.stop()


@pytest.mark.usefixtures("idp")
@pytest.mark.parametrize("script", [True, False])
def test_single_sign_on_with_and_without_javascript(open_page: Open, *, script: bool) -> None:
    page = open_page("/masuk?lanjut=/akun/keamanan", script=script)
    press(page, "Masuk dengan SSO Kota", "link")
    press(page, "opd")
    assert at(page) == "/akun/keamanan"
    assert "opd@contoh.go.id" in page.content()


@pytest.mark.usefixtures("idp")
def test_a_stranger_is_told_whom_to_ask(open_page: Open) -> None:
    page = open_page("/masuk")
    is_clean(page)
    press(page, "Masuk dengan SSO Kota", "link")
    press(page, "hantu")
    assert "Minta administrator daerah mengundang Anda" in page.content()
    is_clean(page)
