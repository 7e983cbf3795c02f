"""Signing in through the browser, with and without JavaScript."""

from collections.abc import Callable

import pytest
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
