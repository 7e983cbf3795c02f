"""Signing in through the browser, with and without JavaScript."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.services.identity.conftest import PASSWORD, people

__all__ = ["people"]


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("script", [True, False])
def test_signing_in_reading_the_settings_signing_out(open_page: Callable[..., Page], *, script: bool) -> None:
    page = open_page("/pengaturan", script=script)
    page.get_by_label("Surel").fill("admin@contoh.go.id")
    page.get_by_label("Kata sandi").fill("bukan ini")
    page.get_by_role("button", name="Masuk").click()
    assert "tidak cocok" in page.content()
    assert page.get_by_label("Surel").input_value() == "admin@contoh.go.id"
    page.get_by_label("Kata sandi").fill(PASSWORD)
    page.get_by_role("button", name="Masuk").click()
    assert page.locator("h1").inner_text() == "Pengaturan daerah"
    page.goto(page.url.replace("/pengaturan", "/keluar"))
    page.get_by_role("button", name="Keluar").click()
    page.goto(page.url + "akun")
    assert "/masuk" in page.url


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("width", [360, 1366])
def test_the_log_and_ones_own_history_fit_and_are_accessible(open_page: Callable[..., Page], width: int) -> None:
    page = open_page("/pengaturan/audit", width=width)
    page.get_by_label("Surel").fill("admin@contoh.go.id")
    page.get_by_label("Kata sandi").fill(PASSWORD)
    page.get_by_role("button", name="Masuk").click()
    assert page.locator("h1").inner_text() == "Log audit"
    for name in ("Saringan", "Lihat"):
        page.locator("main summary").filter(has_text=name).first.click()
    for path in ("/pengaturan/audit", "/pengaturan/akun", "/akun/riwayat", "/akun/riwayat?tampil=semua"):
        if path != "/pengaturan/audit":
            page.goto(page.url.partition("/pengaturan")[0].partition("/akun")[0] + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert page.said == []
        found = Axe().run(page).response["violations"]
        assert [(rule["id"], [node["html"][:120] for node in rule["nodes"]]) for rule in found] == [], path


@pytest.mark.usefixtures("people")
def test_finding_what_a_person_did_without_javascript(open_page: Callable[..., Page]) -> None:
    page = open_page("/pengaturan/audit", script=False, width=1366)
    page.get_by_label("Surel").fill("inspektorat@contoh.go.id")
    page.get_by_label("Kata sandi").fill(PASSWORD)
    page.get_by_role("button", name="Masuk").click()
    page.locator("main summary").filter(has_text="Saringan").click()
    page.get_by_label("Nama atau surel pelaku").fill("inspektorat@")
    page.get_by_role("button", name="Cari orang").click()
    page.get_by_role("link", name="Yang dilakukannya").click()
    assert "pelaku=" in page.url
    assert "inspektorat@" not in page.url
    assert page.locator("tbody tr").count() == 2
