"""The door: hosts, suspended regions, headers, limits."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from app import create_app
from app.services.ui.i18n import APP_ROOT, catalogue_gaps
from app.sites.door import RegionGate
from app.tenancy.site import BadHost, clean_host


@pytest.mark.parametrize(
    "host", ["tidak-ada.localhost", "bandung.localhost.evil.test", "x.bandung.localhost", "127.0.0.1"]
)
def test_an_unknown_host_names_no_region(web_app: Flask, host: str) -> None:
    answer = web_app.test_client().get("/hibah", headers={"Host": host})
    assert answer.status_code == 404
    assert "Bandung" not in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "host", ["", "a b", "bandung.localhost/", "<script>", "a" * 300, "bandung..localhost\0", "é.localhost"]
)
def test_a_malformed_host_is_refused(host: str) -> None:
    with pytest.raises(BadHost):
        clean_host(host)


def test_a_suspended_region_says_its_name_and_reason(web_app: Flask, admin: Engine) -> None:
    def set_state(state: str, reason: str) -> None:
        with admin.begin() as connection:
            connection.execute(
                text("UPDATE tenancy.sites SET state = :s, reason = :r WHERE subdomain = 'kab-bandung'"),
                {"s": state, "r": reason},
            )

    set_state("DITANGGUHKAN", "Pemindahan data sampai pukul 15.00.")
    try:
        # A new application: a known host is remembered for a few seconds.
        fresh = create_fresh(web_app)
        answer = fresh.get("/", headers={"Host": "kab-bandung.localhost"})
        assert answer.status_code == 503
        page = answer.get_data(as_text=True)
        assert "Kabupaten Bandung" in page
        assert "Pemindahan data" in page
    finally:
        set_state("AKTIF", "")


def create_fresh(web_app: Flask) -> FlaskClient:

    return create_app(web_app.extensions["settings"]).test_client()


def test_every_answer_carries_the_security_headers(client: FlaskClient) -> None:
    for path in ("/", "/hibah", "/tidak-ada", "/hibah.csv"):
        headers = client.get(path).headers
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"


def test_a_change_from_a_sibling_host_is_refused(client: FlaskClient) -> None:
    for headers in (
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://jabar.localhost"},
        {},
    ):
        assert client.post("/hibah", headers=headers).status_code == 403
    assert client.post("/hibah", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 405


def test_the_public_list_sets_no_cookie(client: FlaskClient) -> None:
    assert "Set-Cookie" not in client.get("/hibah").headers


def test_a_noisy_region_leaves_room() -> None:
    gate = RegionGate(2)
    assert [gate.enter(1), gate.enter(1), gate.enter(1), gate.enter(2)] == [True, True, False, True]
    gate.leave(1)
    assert gate.enter(1)


def test_a_long_query_is_refused(client: FlaskClient) -> None:
    assert client.get("/hibah?bidang=" + "a" * 3_000).status_code == 414


def test_the_landing_page_lists_live_regions_and_searches(web_app: Flask) -> None:
    visitor = web_app.test_client()
    page = visitor.get("/", headers={"Host": "localhost"}).get_data(as_text=True)
    assert "Kota Bandung" in page
    assert "http://bandung.localhost:8000/" in page
    nothing = visitor.get("/?q=zzzz", headers={"Host": "localhost"}).get_data(as_text=True)
    assert "Tidak ada daerah yang cocok" in nothing


def test_every_sentence_has_its_english() -> None:
    assert catalogue_gaps(APP_ROOT) == []


def test_public_pages_are_compressed_and_pages_of_a_session_are_not(client: FlaskClient) -> None:
    asked = {"Accept-Encoding": "gzip"}
    answer = client.get("/hibah", headers=asked)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["Vary"]
    client.set_cookie("sesi", "apa saja", domain="bandung.localhost")
    assert "Content-Encoding" not in client.get("/hibah", headers=asked).headers
