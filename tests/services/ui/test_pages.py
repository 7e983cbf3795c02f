"""The frame, the error pages, the static files and the languages, as a reader meets them."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask, g, render_template_string

from app.services.ui import STATIC, i18n
from app.services.ui.errors import TEXTS
from app.services.ui.i18n import APP_ROOT, catalogue_gaps, lazy, ngettext_

UI_ROOT = APP_ROOT / "services" / "ui"


def test_the_frame_names_the_region_and_says_that_data_are_samples(app: Flask) -> None:
    html = app.test_client().get("/").text
    assert "<title>Hibah · Pemerintah Kota Bandung</title>" in html
    assert "Data contoh." in html
    assert 'aria-current="page">Hibah</a>' in html
    assert 'href="#isi"' in html
    assert 'id="isi"' in html
    assert not re.search(r"\sstyle=|<script|<style|\son[a-z]+=", html)


def test_real_data_carry_no_sample_notice(app: Flask, site: SimpleNamespace) -> None:
    site.demo = False
    assert "Data contoh" not in app.test_client().get("/").text


@pytest.mark.parametrize("code", sorted(TEXTS))
def test_each_error_says_what_happened_and_what_to_do(app: Flask, code: int) -> None:
    answer = app.test_client().get(f"/galat/{code}")
    title, help_text = TEXTS[code]
    assert answer.status_code == code
    assert f"<h1>{title}</h1>" in answer.text
    assert str(help_text) in answer.text


def test_an_unknown_host_learns_of_no_region(app: Flask) -> None:
    app.config["KNOWN_SITE"] = None
    answer = app.test_client().get("/galat/404")
    assert answer.status_code == 404
    assert "Bandung" not in answer.text
    assert "Pemerintah K" not in answer.text


def test_a_crash_still_shows_the_page_when_context_processors_fail_too(app: Flask) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.context_processor
    def broken() -> dict[str, object]:
        raise RuntimeError("database is away")

    answer = app.test_client().get("/rusak")
    assert answer.status_code == 500
    assert "Ini bukan kesalahan Anda" in answer.text
    assert "database is away" not in answer.text


def test_programs_get_problem_details(app: Flask) -> None:
    answer = app.test_client().get("/api/v1/tidak-ada")
    assert answer.mimetype == "application/problem+json"
    assert answer.get_json(force=True)["status"] == 404


def test_a_wrong_method_still_names_the_allowed_ones(app: Flask) -> None:
    answer = app.test_client().post("/")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_static_files_are_kept_for_ever_only_under_the_hash_of_their_content(app: Flask) -> None:
    client = app.test_client()
    address = re.search(r'href="(/statis/gaya\.css\?v=[0-9a-f]+)"', client.get("/").text)[1]
    with client.get(address) as versioned, client.get("/statis/gaya.css") as bare:
        assert versioned.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert "immutable" not in bare.headers["Cache-Control"]


def test_the_stylesheet_stays_small_and_loads_nothing_else() -> None:
    css = (STATIC / "gaya.css").read_text()
    assert len(css.encode()) < 28_000
    assert "url(" not in css
    assert "@import" not in css


def test_every_icon_that_a_template_names_is_in_the_sprite() -> None:
    drawn = set(re.findall(r'id="([a-z]+)"', (STATIC / "ikon.svg").read_text()))
    templates = "".join(file.read_text() for file in UI_ROOT.rglob("*.html"))
    assert set(re.findall(r'icon\("([a-z]+)"\)', templates)) <= drawn


def test_the_language_is_remembered_for_this_host_only(app: Flask) -> None:
    client = app.test_client()
    first = client.get("/?bahasa=en")
    cookie = first.headers["Set-Cookie"]
    assert "bahasa=en" in cookie
    assert "Domain" not in cookie
    assert '<html lang="en">' in client.get("/").text
    assert "Skip to content" in client.get("/").text
    assert '<html lang="id">' in client.get("/?bahasa=id").text


def test_an_unknown_language_is_ignored(app: Flask) -> None:
    answer = app.test_client().get("/?bahasa=xx")
    assert '<html lang="id">' in answer.text
    assert "Set-Cookie" not in answer.headers


def test_the_regions_language_counts_once_the_door_has_found_the_region(app: Flask, site: SimpleNamespace) -> None:
    site.language = "en"
    with app.test_request_context("/"):
        assert i18n.language() == "id"
        g.site = site
        assert i18n.language() == "en"


def test_what_is_filled_into_a_sentence_is_escaped(app: Flask) -> None:
    with app.test_request_context("/"):
        shown = render_template_string('{{ _("Pemerintah %(name)s", name=name) }}', name="<b>Kota</b>")
    assert shown == "Pemerintah &lt;b&gt;Kota&lt;/b&gt;"


def test_outside_a_request_the_language_is_indonesian() -> None:
    assert i18n.language() == "id"
    assert i18n._("Masuk") == "Masuk"
    assert i18n._("Turun 5%") == "Turun 5%"
    assert ngettext_("%(n)s usulan", "%(n)s usulan", 3) == "3 usulan"


def test_a_lazy_sentence_follows_the_reader(app: Flask) -> None:
    word = lazy("Ditolak")
    assert f"{word}" == "Ditolak"
    with app.test_request_context("/?bahasa=en"):
        assert str(word) == "Rejected"
        assert i18n._("Pemerintah %(name)s", name="Kota X") == "Government of Kota X"


def test_english_of_this_room_is_complete() -> None:
    assert catalogue_gaps(UI_ROOT) == []


def test_a_missing_translation_is_found(tmp_path: Path) -> None:
    (tmp_path / "halaman.html").write_text(
        '{{ _("Belum diterjemahkan") }}{% trans %}Ini juga{% endtrans %}'
    )
    (tmp_path / "modul.py").write_text('x = lazy("Dan ini")\ny = ngettext_("Satu", "Banyak", 2)\n')
    found = "\n".join(catalogue_gaps(tmp_path))
    for sentence in ("Belum diterjemahkan", "Ini juga", "Dan ini", "Satu"):
        assert sentence in found
