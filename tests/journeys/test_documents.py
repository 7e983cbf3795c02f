"""Files and letters in a real browser: a lost line while sending, no JavaScript, phone and desk."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from uuid import UUID

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from PIL import Image
from playwright.sync_api import Page, Route, expect

from app.services.documents import store
from app.services.documents.letters import register
from app.services.documents.letters.register import Letter
from app.services.documents.signing import requests
from app.services.documents.signing.local import LocalSigner
from app.tenancy.context import Context, acting_for
from tests.conftest import A
from tests.services.documents.conftest import clean
from tests.services.documents.test_letters import issue
from tests.services.documents.test_verification import SITI, run
from tests.services.identity.conftest import PASSWORD, people

__all__ = ["clean", "people", "run"]
Open = Callable[..., Page]
pytestmark = pytest.mark.usefixtures("people", "clean")


def arms(side: int = 700) -> dict[str, object]:
    """Some 1.5 MB of noise as PNG: two chunks."""
    content = BytesIO()
    noise = Image.merge("RGB", [Image.effect_noise((side, side), 120) for _band in range(3)])
    noise.save(content, "PNG")
    return {"name": "lambang.png", "mimeType": "image/png", "buffer": content.getvalue()}


def signed_in(open_page: Open, path: str, **how: object) -> Page:
    page = open_page(path, **how)
    page.get_by_label("Surel").fill("admin@contoh.go.id")
    page.get_by_label("Kata sandi").fill(PASSWORD)
    page.get_by_role("button", name="Masuk").click()
    return page


def test_a_file_is_sent_although_the_line_is_lost_three_times(open_page: Open) -> None:
    page = signed_in(open_page, "/pengaturan/lambang")
    lost, sent = [], []

    def unreliable(route: Route) -> None:
        if route.request.method == "PATCH" and len(lost) < 3:
            lost.append(route.request.headers["upload-offset"])
            route.abort()
        else:
            sent.append((route.request.method, route.request.headers.get("upload-offset")))
            route.continue_()

    page.route("**/unggahan**", unreliable)
    page.get_by_label("Berkas lambang").set_input_files(arms())
    expect(page.get_by_text("lolos pemeriksaan")).to_be_visible(timeout=30_000)
    assert lost == ["0", "0", "0"]
    assert [offset for method, offset in sent if method == "PATCH"] == ["0", "1048576"]
    page.get_by_role("button", name="Pakai lambang ini").click()
    expect(page.get_by_text("Lambang daerah diganti.")).to_be_visible()
    assert page.locator("header img.lambang").evaluate("image => image.naturalWidth") == 128


def test_a_reload_does_not_send_again_what_had_arrived(open_page: Open, tmp_path: Path) -> None:
    page = signed_in(open_page, "/pengaturan/lambang")
    file, offsets = tmp_path / "lambang.png", []
    file.write_bytes(arms()["buffer"])
    page.route(
        "**/unggahan/*", lambda route: offsets.append(route.request.headers.get("upload-offset")) or route.continue_()
    )
    page.get_by_label("Berkas lambang").set_input_files(file)
    expect(page.get_by_text("lolos pemeriksaan")).to_be_visible(timeout=30_000)
    page.reload()
    offsets.clear()
    page.get_by_label("Berkas lambang").set_input_files(file)
    expect(page.get_by_text("lolos pemeriksaan")).to_be_visible(timeout=30_000)
    assert [offset for offset in offsets if offset is not None] == []


def test_what_is_wrong_with_a_file_is_said_before_the_form_is_sent(open_page: Open) -> None:
    page = signed_in(open_page, "/pengaturan/lambang")
    page.get_by_label("Berkas lambang").set_input_files(arms(120))
    expect(page.get_by_text("sisi terpendek sedikitnya 200 piksel agar terbaca")).to_be_visible(timeout=30_000)
    page.get_by_label("Berkas lambang").set_input_files(arms(1000))
    expect(page.get_by_text("Berkas terlalu besar (")).to_be_visible()


def test_without_javascript_the_form_sends_the_file(open_page: Open) -> None:
    page = signed_in(open_page, "/pengaturan/lambang", script=False)
    page.get_by_label("Berkas lambang").set_input_files(arms(120))
    page.get_by_role("button", name="Pakai lambang ini").click()
    expect(page.get_by_role("alert").first).to_contain_text("sisi terpendek")
    page.get_by_label("Berkas lambang").set_input_files(arms(300))
    page.get_by_role("button", name="Pakai lambang ini").click()
    expect(page.get_by_text("Lambang daerah diganti.")).to_be_visible()


@pytest.fixture
def letter(worker_app: Flask) -> Letter:
    """A signed letter of region A."""
    with worker_app.app_context(), acting_for(Context(A, "sistem:uji", "worker")):
        made = issue()
        signer = LocalSigner(worker_app.extensions["settings"].var_dir, A, "Pemerintah Kota Bandung")
        requests.sign(made.id, signer, SITI)
        return register.find(made.id)


@pytest.mark.parametrize("width", [360, 1366])
def test_the_pages_of_letters_fit_are_quiet_and_accessible(
    open_page: Open, letter: Letter, run: UUID, width: int
) -> None:
    page = signed_in(open_page, "/pengaturan", width=width)
    base = page.url.removesuffix("/pengaturan")
    for path in ("/pengaturan", "/pengaturan/lambang", "/pengaturan/surat/", f"/pengaturan/surat/{letter.id}",
                 f"/pengaturan/surat/{letter.id}/cabut", "/pengaturan/impor", f"/pengaturan/impor/{run}",
                 f"/v/{letter.token}"):  # fmt: skip
        page.goto(base + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        found = Axe().run(page).response["violations"]
        assert [(rule["id"], [node["html"][:120] for node in rule["nodes"]]) for rule in found] == [], path
    assert page.said == []


@pytest.mark.parametrize("script", [True, False])
def test_a_citizen_checks_a_letter_by_its_file(
    open_page: Open, letter: Letter, worker_app: Flask, *, script: bool
) -> None:
    with worker_app.app_context(), acting_for(Context(A, "sistem:uji", "worker")):
        content = store.read(store.find(letter.signed_document_id))
    page = open_page("/verifikasi", script=script)
    for changed, told in ((content, "Berkas ini persis sama"), (content + b" ", "Isinya berubah")):
        page.get_by_label("Berkas PDF").set_input_files(
            {"name": "s.pdf", "mimeType": "application/pdf", "buffer": changed}
        )
        page.get_by_role("button", name="Periksa", exact=True).click()
        expect(page.get_by_text(told)).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360 if script else True
