"""The pages about personal data on a phone and at a desk, and opening one value without JavaScript."""

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page
from sqlalchemy import Engine, text

from app.services.personal.sealing import Sealer
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db
from tests.conftest import A
from tests.services.identity.conftest import PASSWORD, people

__all__ = ["people"]
Open = Callable[..., Page]
NIK = "3273014107900001"
pytestmark = pytest.mark.usefixtures("people")


@pytest.fixture
def organisation(worker_app: Flask, admin: Engine) -> Iterator[str]:
    """An organisation of A with a sealed NIK."""
    with worker_app.app_context(), acting_for(Context(A, "sistem:uji", "worker")):
        sealed = Sealer().seal(NIK, "ketua_nik")
        db.session.commit()
    with admin.begin() as connection:
        number = connection.scalar(text(f"SELECT id FROM organisasi WHERE region_id = {A} ORDER BY id LIMIT 1"))
        statement = text("UPDATE organisasi SET ketua_nik_sealed = :sealed WHERE id = :id")
        connection.execute(statement, {"sealed": sealed, "id": number})
    yield str(number)
    with admin.begin() as connection:
        connection.execute(text("UPDATE organisasi SET ketua_nik_sealed = NULL WHERE id = :id"), {"id": number})


def sign_in(open_page: Open, role: str, path: str, **view: object) -> Page:
    page = open_page(path, **view)
    page.get_by_label("Surel").fill(f"{role}@contoh.go.id")
    page.get_by_label("Kata sandi").fill(PASSWORD)
    page.get_by_role("button", name="Masuk").click()
    return page


@pytest.mark.parametrize("width", [360, 1366])
@pytest.mark.parametrize(
    ("role", "path"),
    [("opd", "/akun/data"), ("opd", "/akun/data/hapus"), ("ppid", "/pengaturan/penghapusan"),
     ("admin", "/pengaturan/retensi")],
)  # fmt: skip
def test_a_page_fits_is_quiet_and_is_accessible(open_page: Open, role: str, path: str, width: int) -> None:
    page = sign_in(open_page, role, path, width=width)
    assert path in page.url
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.said == []
    found = Axe().run(page).response["violations"]
    assert [(rule["id"], [node["html"][:120] for node in rule["nodes"]]) for rule in found] == []


def test_opening_one_value_without_javascript(open_page: Open, organisation: str) -> None:
    page = sign_in(open_page, "inspektorat", f"/organisasi/{organisation}", script=False)
    assert NIK not in page.content()
    page.get_by_role("link", name="Tampilkan (dicatat)").click()
    page.get_by_label("Alasan").fill("Surat tugas 700/12, pemeriksaan")
    page.get_by_role("button", name="Tampilkan dan catat").click()
    assert NIK in page.content()
    assert NIK not in page.url
    page.get_by_role("link", name="Tutup dan kembali").click()
    assert NIK not in page.content()


def test_the_page_of_covered_values_is_accessible(open_page: Open, organisation: str) -> None:
    page = sign_in(open_page, "inspektorat", f"/organisasi/{organisation}")
    page.get_by_role("link", name="Tampilkan (dicatat)").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    found = Axe().run(page).response["violations"]
    assert [(rule["id"], [node["html"][:120] for node in rule["nodes"]]) for rule in found] == []


def test_agreeing_at_the_first_sign_in(open_page: Open, admin: Engine) -> None:
    with admin.begin() as connection:
        connection.execute(text("DELETE FROM consents"))
    page = sign_in(open_page, "opd", "/akun", script=False)
    assert "/persetujuan" in page.url
    page.get_by_label("Saya sudah membaca dan setuju").check()
    page.get_by_role("button", name="Simpan dan lanjutkan").click()
    assert page.locator("h1").inner_text() == "Akun saya"
