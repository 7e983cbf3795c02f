"""The look of a portal: its administrator's, checked, and of this region only."""

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from app import create_app
from tests.conftest import A
from tests.services.identity.conftest import HOSTS, Browser, browser, people, post

__all__ = ["browser", "people"]
pytestmark = pytest.mark.usefixtures("people")


@pytest.fixture(autouse=True)
def plain_look(admin: Engine) -> object:
    yield
    with admin.begin() as connection:
        connection.execute(text("UPDATE tenancy.sites SET tokens = '', language = 'id'"))


def test_the_administrator_sets_colours_that_the_next_reader_sees(browser: Browser, web_app: Flask) -> None:
    answer = post(browser("admin"), "/pengaturan/tampilan", utama="#7A1230", aksen="", bahasa="en")
    assert answer.status_code == 303
    # A new application: a known host is remembered for a few seconds.
    fresh = create_app(web_app.extensions["settings"]).test_client()
    assert "#7a1230" in fresh.get("/tema.css", base_url=HOSTS[A]).get_data(as_text=True)
    assert 'lang="en"' in fresh.get("/", base_url=HOSTS[A]).get_data(as_text=True)
    assert "#7a1230" not in fresh.get("/tema.css", base_url="http://kab-bandung.localhost").get_data(as_text=True)


@pytest.mark.parametrize("colour", ["#ffff00", "merah", "#12345g", "#000000;}body{display:none"])
def test_a_colour_that_cannot_be_read_is_refused_and_kept_in_the_form(browser: Browser, colour: str) -> None:
    answer = post(browser("admin"), "/pengaturan/tampilan", utama=colour, aksen="", bahasa="id")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert f'value="{colour}"' in page
    assert 'id="utama-galat"' in page


def test_nobody_else_may(browser: Browser) -> None:
    assert post(browser("opd"), "/pengaturan/tampilan", utama="#7a1230", bahasa="id").status_code == 403
