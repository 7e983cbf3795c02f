"""Messages and jobs through the browser: on a phone and at a desk, and a page that follows a job without a script."""

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page
from sqlalchemy import Engine, text

from app.services import messages
from app.services.jobs import outbox, progress
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db
from tests.conftest import A
from tests.services.identity.conftest import PASSWORD, people

__all__ = ["people"]
Open = Callable[..., Page]


@pytest.fixture
def boss(people: None, worker_app: Flask, admin: Engine) -> Iterator[UUID]:
    """The administrator, with a message and a job that was given up."""
    with admin.connect() as connection:
        number = connection.scalar(text(f"SELECT id FROM accounts WHERE region_id = {A} AND email LIKE 'admin@%'"))
    with worker_app.app_context(), acting_for(Context(A, str(number), "worker")):
        messages.notify("pekerjaan.gagal", [number], {"jumlah": "1"}, "/pengaturan/pekerjaan")
        outbox.enqueue("surat.kirim", {"to": "a@contoh.go.id", "subject": "Uji", "text": "Isi"})
        db.session.commit()
    with admin.begin() as connection:
        connection.execute(
            text("UPDATE outbox SET dead_at = now(), error = 'SMTPServerDisconnected: putus' WHERE job = 'surat.kirim'")
        )
    yield number
    with admin.begin() as connection:
        for table in ("job_progress", "outbox", "message_sends", "inbox_messages"):
            connection.execute(text(f"DELETE FROM {table}"))


def signed_in(open_page: Open, path: str, width: int = 360, *, script: bool = True) -> Page:
    page = open_page(path, width=width, script=script)
    page.get_by_label("Surel").fill("admin@contoh.go.id")
    page.get_by_label("Kata sandi").fill(PASSWORD)
    page.get_by_role("button", name="Masuk").click()
    page.wait_for_url(lambda url: "/masuk" not in url)
    return page


@pytest.mark.usefixtures("boss")
@pytest.mark.parametrize("width", [360, 1366])
@pytest.mark.parametrize(
    "path",
    ["/pesan", "/akun/pesan", "/pengaturan/pesan", "/pengaturan/pesan/pekerjaan.gagal", "/pengaturan/pekerjaan"],
)
def test_a_page_fits_is_quiet_and_is_accessible(open_page: Open, path: str, width: int) -> None:
    page = signed_in(open_page, path, width)
    assert page.evaluate("location.pathname") == path
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.said == []
    found = Axe().run(page).response["violations"]
    assert [(rule["id"], [node["html"][:120] for node in rule["nodes"]]) for rule in found] == []


@pytest.mark.usefixtures("boss")
@pytest.mark.parametrize("script", [True, False])
def test_from_the_message_to_the_failed_job_to_its_end(open_page: Open, *, script: bool) -> None:
    page = signed_in(open_page, "/pesan", script=script)
    page.get_by_role("button", name="Buka").first.click()
    assert page.locator("h1").inner_text() == "Pekerjaan di belakang layar"
    page.get_by_role("link", name="Buang").click()
    page.get_by_role("button", name="Buang pekerjaan").click()
    assert "Pekerjaan dibuang." in page.content()
    assert "Tidak ada yang gagal" in page.content()


def test_a_page_follows_its_job_without_a_script(open_page: Open, worker_app: Flask, boss: UUID) -> None:
    def counted(_payload: dict[str, object]) -> None:
        progress.start(2)
        progress.finish("Dua dari dua sudah dihitung.", "/hibah")

    outbox.register_job("uji.jejak", counted)
    with worker_app.app_context():
        with acting_for(Context(A, str(boss), "worker")):
            job = outbox.enqueue("uji.jejak", {})
            db.session.commit()
        page = signed_in(open_page, f"/pekerjaan/{job}", script=False)
        assert "Menunggu" in page.content()
        with acting_for(Context(A, "sistem:worker", "worker")):
            assert outbox.perform(job)
        page.get_by_role("link", name="Lihat hasilnya").wait_for(timeout=15_000)
        assert "Dua dari dua sudah dihitung." in page.content()
    del outbox._jobs["uji.jejak"]
