"""Who gets which document, and how it leaves: as an attachment, never as a page."""

from collections.abc import Callable
from uuid import UUID

import pytest
from flask import Flask

from app.kernel.identifiers import uuid7
from app.services.documents import arms, store
from app.services.documents.inspection import examine
from app.services.documents.kinds import DocumentKind
from app.services.documents.storage import object_key, storage
from app.services.documents.store import Document, Place
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db
from tests.conftest import A, B
from tests.services.documents import samples
from tests.services.documents.conftest import PHOTO, send
from tests.services.identity.conftest import HOSTS, Browser

Stored = Callable[..., Document]
pytestmark = pytest.mark.usefixtures("people", "own_kinds", "clean")


@pytest.fixture
def stored(worker_app: Flask) -> Stored:
    """Makes documents."""

    def make(
        visibility: str, content: bytes, region: int = A, subject: str = "uji", name: str = "foto.jpg"
    ) -> Document:
        with (
            worker_app.app_context(),
            acting_for(Context(region, "sistem:uji", "worker")),
            store.workbench() as (path, copy),
        ):
            path.write_bytes(content)
            kind = PHOTO if content[:2] == b"\xff\xd8" else DocumentKind("x", PHOTO.label, ("pdf", "csv"))
            facts = examine(path, copy, name, kind)
            document = store.insert(store.keep(path, copy, facts), facts, kind.name, Place(subject, "1", visibility))
            db.session.commit()
            return document

    return make


def fetched(browser: Browser, number: UUID, role: str = "", region: int = A) -> object:
    return browser(role, region).get(f"/dokumen/{number}", base_url=HOSTS[region])


def test_a_document_leaves_as_an_attachment_that_no_browser_runs(browser: Browser, stored: Stored) -> None:
    content = samples.pdf()
    document = stored("internal", content, name='laporan "akhir".pdf')
    answer = fetched(browser, document.id, "admin")
    assert answer.data == content
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Length"] == str(len(content))
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_table_that_holds_markup_is_no_page(browser: Browser, stored: Stored) -> None:
    document = stored("internal", b"nama,nilai\r\n<script>alert(1)</script>,2\r\n", name="x.html")
    answer = fetched(browser, document.id, "admin")
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert "x.csv" in answer.headers["Content-Disposition"]
    assert answer.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("visibility", "role", "status"),
    [
        ("publik", "", 200), ("publik", "opd", 200), ("internal", "", 404), ("internal", "opd", 404),
        ("internal", "admin", 200), ("rahasia", "", 404), ("rahasia", "admin", 404),
    ],
)  # fmt: skip
def test_the_subjects_own_rule_decides(
    browser: Browser, stored: Stored, visibility: str, role: str, status: int
) -> None:
    document = stored(visibility, samples.image())
    assert fetched(browser, document.id, role).status_code == status


def test_a_subject_without_a_rule_is_closed_to_everybody(browser: Browser, stored: Stored) -> None:
    for visibility in ("publik", "internal", "rahasia"):
        document = stored(visibility, samples.image(), subject="tanpa-aturan")
        assert fetched(browser, document.id, "admin").status_code == 404


def test_another_regions_document_does_not_exist_here(browser: Browser, stored: Stored) -> None:
    foreign = stored("publik", samples.image(), B)
    assert fetched(browser, foreign.id, "admin", A).status_code == 404
    assert fetched(browser, foreign.id, "", B).status_code == 200
    assert fetched(browser, uuid7()).status_code == 404


def test_the_public_sees_a_picture_without_what_the_camera_wrote(browser: Browser, stored: Stored) -> None:
    content = samples.image(exif=True)
    public = fetched(browser, stored("publik", content).id)
    assert b"Exif" not in public.data
    assert int(public.headers["Content-Length"]) == len(public.data)
    assert fetched(browser, stored("internal", content).id, "admin").data == content


def test_an_unchanged_public_picture_is_not_sent_twice(browser: Browser, stored: Stored) -> None:
    number = stored("publik", samples.image()).id
    etag = fetched(browser, number).headers["ETag"]
    again = browser().get(f"/dokumen/{number}", base_url=HOSTS[A], headers={"If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")


def test_bytes_that_the_storage_lost_are_not_found(browser: Browser, stored: Stored, worker_app: Flask) -> None:
    document = stored("internal", samples.pdf(), name="x.pdf")
    with worker_app.app_context(), acting_for(Context(A, "sistem:uji", "worker")):
        storage().delete(object_key(document.id))
    assert fetched(browser, document.id, "admin").status_code == 404


def test_new_arms_are_in_the_header_of_every_page(browser: Browser) -> None:
    admin, visitor = browser("admin"), browser()
    assert "<img" not in visitor.get("/hibah", base_url=HOSTS[A]).get_data(as_text=True)
    assert send(admin, "/pengaturan/lambang", berkas=(samples.image("PNG"), "lambang.png")).status_code == 303
    page = visitor.get("/hibah", base_url=HOSTS[A]).get_data(as_text=True)
    address = page.partition('<img class="lambang" src="')[2].partition('"')[0]
    picture = visitor.get(address, base_url=HOSTS[A])
    assert picture.headers["Content-Type"] == "image/png"
    assert len(picture.data) < 40_000
    assert "<img" not in visitor.get("/hibah", base_url=HOSTS[B]).get_data(as_text=True)


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "lambang.svg", "bukan PNG, JPEG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "lambang.png", "bukan PNG, JPEG"),
        (samples.image("PNG", width=120, height=120), "lambang.png", "sisi terpendek sedikitnya 200 piksel"),
    ],
)
def test_arms_that_cannot_be_used_are_told_next_to_the_field(
    browser: Browser, content: bytes, name: str, told: str
) -> None:
    answer = send(browser("admin"), "/pengaturan/lambang", berkas=(content, name))
    assert answer.status_code == 422
    assert told in answer.get_data(as_text=True)


def test_a_form_without_a_file_asks_for_one(browser: Browser, worker_app: Flask) -> None:
    answer = send(browser("admin"), "/pengaturan/lambang")
    assert answer.status_code == 422
    assert "Pilih berkas dulu." in answer.get_data(as_text=True)
    with worker_app.app_context(), acting_for(Context(A, "sistem:uji", "worker")):
        assert arms.current() is None
