import re
from types import SimpleNamespace

import pytest
from flask import Flask

from app.services.ui import STATIC, tokens

MAROON = {"utama": "#7a1230", "aksen": "#1f6fa8"}
YELLOW = {"utama": "#ffd700"}


def declared(css: str) -> dict[str, str]:
    return dict(re.findall(r"--warna-([a-z0-9-]+):\s*(#[0-9a-f]{6})", css))


def test_contrast_is_that_of_wcag() -> None:
    assert tokens.contrast_ratio("#000000", "#ffffff") == pytest.approx(21)
    assert tokens.contrast_ratio("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_the_default_theme_is_readable_in_light_and_dark() -> None:
    assert tokens.check_tokens(tokens.DEFAULT) == []
    assert tokens.check_tokens(None) == []


def test_the_stylesheet_carries_exactly_the_checked_colours() -> None:
    light, dark = (STATIC / "gaya.css").read_text().split("prefers-color-scheme", 1)
    assert declared(light) == tokens.light_palette(tokens.DEFAULT)
    assert declared(dark) == tokens.dark_palette(tokens.DEFAULT)


def test_yellow_on_white_is_refused_with_a_reason() -> None:
    problems = tokens.check_tokens(YELLOW)
    assert any("tema terang" in problem and "4,5:1" in problem for problem in problems)
    assert tokens.theme_css(YELLOW) == ""


def test_a_dark_theme_that_cannot_be_read_is_refused() -> None:
    problems = tokens.check_tokens({"utama": "#0b5a57", "utama_gelap": "#0b2a29"})
    assert problems
    assert all("tema gelap" in problem for problem in problems)


@pytest.mark.parametrize(
    "value", ["red", "#fff", "#12345g", "#0b5a57;}body{display:none", "#0b5a57\n", 7]
)
def test_only_six_digit_colours_are_taken(value: object) -> None:
    assert len(tokens.check_tokens({"utama": value})) == 1
    assert tokens.theme_css({"utama": value}) == ""


@pytest.mark.parametrize(
    "utama", ["#7a1230", "#1b4f8a", "#5b2a86", "#1f5f2a", "#000000", "#8a3b00"]
)
def test_common_colours_of_regions_pass(utama: str) -> None:
    assert tokens.check_tokens({"utama": utama}) == []


def test_a_region_without_colours_has_an_empty_theme(app: Flask) -> None:
    assert app.test_client().get("/tema.css").get_data() == b""


def test_a_region_serves_its_own_colours_for_five_minutes(app: Flask, site: SimpleNamespace) -> None:
    site.tokens = MAROON
    client = app.test_client()
    answer = client.get("/tema.css")
    assert answer.mimetype == "text/css"
    assert "--warna-utama:#7a1230" in answer.text
    assert answer.cache_control.max_age == 300
    again = client.get("/tema.css", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    assert "/tema.css" in client.get("/").text


def test_an_unknown_host_has_an_empty_theme(app: Flask) -> None:
    app.config["KNOWN_SITE"] = None
    assert app.test_client().get("/tema.css").get_data() == b""
