"""A citizen on a cheap phone, and one at a desk."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

Open = Callable[..., Page]
PAGES = (
    ("localhost", "/"),
    ("bandung.localhost", "/"),
    ("bandung.localhost", "/hibah"),
    ("bandung.localhost", "/hibah/CONTOH-0001"),
    ("bandung.localhost", "/anggaran"),
    ("bandung.localhost", "/api"),
    ("bandung.localhost", "/audit"),
    ("localhost", "/audit"),
    ("bandung.localhost", "/masuk"),
    ("bandung.localhost", "/lupa-sandi"),
    ("bandung.localhost", "/verifikasi"),
    ("bandung.localhost", "/v/tidak-ada"),
    ("bandung.localhost", "/tidak-ada"),
)
HEAVIEST = 60 * 1024


@pytest.mark.parametrize("width", [360, 1366])
@pytest.mark.parametrize(("host", "path"), PAGES)
def test_a_page_fits_is_quiet_and_is_accessible(open_page: Open, host: str, path: str, width: int) -> None:
    page = open_page(path, host=host, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert [line for line in page.said if "404" not in line] == []
    found = Axe().run(page).response["violations"]
    assert [(rule["id"], [node["html"][:120] for node in rule["nodes"]]) for rule in found] == []


@pytest.mark.parametrize(("host", "path"), PAGES)
def test_a_first_visit_is_light(open_page: Open, host: str, path: str) -> None:
    page = open_page(path, host=host)
    page.wait_for_load_state("networkidle")
    sizes = {response.url: response.request.sizes()["responseBodySize"] for response in page.sent}
    assert sum(sizes.values()) <= HEAVIEST, sizes


def test_searching_filtering_and_reading_without_javascript(open_page: Open) -> None:
    page = open_page("/", script=False)
    page.get_by_role("searchbox").fill("yayasn")
    page.get_by_role("button", name="Cari").click()
    assert "/hibah?q=yayasn" in page.url
    assert page.locator("li.butir").count() > 0
    page.locator("li.butir a").first.click()
    assert page.locator("h1").inner_text()
    assert "/hibah/" in page.url


def test_the_keyboard_reaches_the_content_first(open_page: Open) -> None:
    page = open_page("/hibah")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#isi"


def test_english_stays_on_the_next_page(open_page: Open) -> None:
    page = open_page("/hibah")
    page.get_by_role("link", name="English").click()
    assert page.locator("html").get_attribute("lang") == "en"
    page.goto(page.url.split("?")[0])
    assert page.locator("html").get_attribute("lang") == "en"
