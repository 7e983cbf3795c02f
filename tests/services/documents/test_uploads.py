"""Uploads in chunks: a lost line costs what was under way, never what had arrived."""

import threading
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, text
from werkzeug.exceptions import ClientDisconnected

from app.kernel.clock import now
from app.kernel.identifiers import uuid7
from app.services.documents import store, uploads
from app.services.documents.kinds import FileRefused
from app.services.documents.storage import Missing, object_key, storage
from app.services.documents.uploads import OPEN_AT_ONCE, WrongOffset
from app.services.jobs import outbox
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db
from config.settings import Settings
from tests.conftest import A, B
from tests.services.documents import samples
from tests.services.documents.conftest import LARGE, PAPER, PHOTO, PLACE, Sender
from tests.services.identity.conftest import HOSTS, Browser

pytestmark = pytest.mark.usefixtures("people", "own_kinds", "clean")


@pytest.fixture
def sender(browser: Browser) -> Sender:
    return Sender(browser("opd"))


def test_an_upload_goes_on_where_the_line_broke(sender: Sender, web_app: Flask) -> None:
    content = samples.image()
    url = sender.begin("foto-uji", "foto.jpg", len(content)).get_json()["url"]
    assert sender.chunk(url, 0, content[:1000]).headers["Upload-Offset"] == "1000"
    assert sender.call("POST", url + "/selesai").status_code == 409
    there = sender.call("GET", url).get_json()
    assert (there["received"], there["size"]) == (1000, len(content))
    assert sender.chunk(url, 1000, content[1000:]).status_code == 204
    assert sender.call("POST", url + "/selesai").status_code == 200
    assert sender.call("POST", url + "/selesai").status_code == 200
    document = taken(web_app, sender, url)
    assert b"".join(document[1]) == content
    assert sender.call("GET", url).status_code == 404


def taken(web_app: Flask, sender: Sender, url: str) -> tuple[store.Document, list[bytes]]:
    """What a form's action does with the upload that the form names."""
    actor = sender.visitor.get("/akun", base_url=HOSTS[A])
    assert actor.status_code == 200
    with web_app.app_context(), acting_for(Context(A, owner_of(web_app, url))):
        form = {"berkas_unggahan": url.rpartition("/")[2]}
        document = uploads.take(form, {}, "berkas", PHOTO, PLACE)
        db.session.commit()
        with pytest.raises(FileRefused, match="sudah dikirim"):
            uploads.take(form, {}, "berkas", PHOTO, PLACE)
        return document, list(store.content(document))


def owner_of(app: Flask, url: str) -> str:
    with app.app_context():
        statement = text("SELECT actor FROM uploads WHERE id = :id")
        with acting_for(Context(A)):
            return str(db.session.execute(statement, {"id": url.rpartition("/")[2]}).scalar_one())


def test_a_chunk_at_the_wrong_place_changes_nothing_and_is_told_the_right_one(sender: Sender) -> None:
    url = sender.begin("foto-uji", "foto.jpg", 3000).get_json()["url"]
    assert sender.chunk(url, 0, bytes(1000)).status_code == 204
    for start, size in ((0, 1000), (999, 10), (1001, 10), (1000, 2001), (3000, 1)):
        answer = sender.chunk(url, start, bytes(size))
        assert (answer.status_code, answer.headers["Upload-Offset"]) == (409, "1000")
    assert sender.call("GET", url).get_json()["received"] == 1000


@pytest.mark.parametrize(
    ("offset", "content"), [("satu", b"x"), ("", b"x"), ("0", b""), ("0", bytes(uploads.CHUNK_LIMIT + 1))]
)
def test_a_malformed_chunk_is_refused(sender: Sender, offset: str, content: bytes) -> None:
    url = sender.begin("foto-uji", "foto.jpg", 3000).get_json()["url"]
    assert sender.call("PATCH", url, content, Upload_Offset=offset).status_code == 422


def test_what_arrived_of_a_broken_chunk_is_kept(
    sender: Sender, monkeypatch: pytest.MonkeyPatch, web_app: Flask
) -> None:
    """gunicorn and werkzeug say ClientDisconnected where the body ends before its Content-Length."""

    class Torn(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            chunk = super().read(min(size or 400, 400))
            if not chunk:
                raise ClientDisconnected
            return chunk

    url = sender.begin("foto-uji", "foto.jpg", 3000).get_json()["url"]
    monkeypatch.setattr("werkzeug.wrappers.Request.stream", Torn(bytes(800)))
    assert sender.chunk(url, 0, bytes(3000)).headers["Upload-Offset"] == "800"


def test_two_chunks_for_the_same_place_at_once_count_once(sender: Sender, web_app: Flask) -> None:
    url = sender.begin("foto-uji", "foto.jpg", 3000).get_json()["url"]
    number, actor, outcomes = UUID(url.rpartition("/")[2]), owner_of(web_app, url), []

    def send() -> None:
        with web_app.app_context(), acting_for(Context(A, actor)):
            try:
                outcomes.append(uploads.append(number, 0, BytesIO(bytes(1000)), 1000).received)
            except WrongOffset as wrong:
                outcomes.append(-wrong.received)

    threads = [threading.Thread(target=send) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [-1000, -1000, -1000, 1000]


def test_what_is_too_large_is_refused_before_a_byte_travels(sender: Sender) -> None:
    answer = sender.begin("foto-uji", "foto.jpg", 14_890_000)
    assert answer.status_code == 422
    assert "berukuran 14,2 MB; batasnya 10 MB" in answer.get_json()["detail"]


def test_a_blurred_photo_is_told_as_soon_as_it_arrived_and_is_forgotten(sender: Sender, settings: Settings) -> None:
    content = samples.image(blur=9)
    url = sender.begin("foto-uji", "foto.jpg", len(content)).get_json()["url"]
    sender.chunk(url, 0, content)
    answer = sender.call("POST", url + "/selesai")
    assert (answer.status_code, answer.get_json()["code"]) == (422, "gambar-buram")
    assert sender.call("GET", url).status_code == 404
    assert files(settings) == []


def files(settings: Settings) -> list[Path]:
    return [path for path in (settings.var_dir / "berkas").rglob("*") if path.is_file()]


def test_nobody_else_continues_reads_or_takes_an_upload(sender: Sender, browser: Browser, web_app: Flask) -> None:
    url = sender.whole("foto-uji", "foto.jpg", samples.image())
    for other in (Sender(browser("tapd")), Sender(browser("opd", B), B)):
        assert other.call("GET", url).status_code == 404
        assert other.chunk(url, 0, b"x").status_code == 404
        assert other.call("POST", url + "/selesai").status_code == 404
    for region, actor in ((A, "sistem:lain"), (B, owner_of(web_app, url))):
        with web_app.app_context(), acting_for(Context(region, actor)), pytest.raises(FileRefused):
            uploads.take({"berkas_unggahan": url.rpartition("/")[2]}, {}, "berkas", PHOTO, PLACE)
    assert browser().get(url, base_url=HOSTS[A]).status_code == 302


def test_an_upload_of_one_kind_is_not_taken_as_another(sender: Sender, web_app: Flask) -> None:
    url = sender.whole("foto-uji", "foto.jpg", samples.image())
    form = {"berkas_unggahan": url.rpartition("/")[2]}
    with web_app.app_context(), acting_for(Context(A, owner_of(web_app, url))):
        for kind, wanted in ((LARGE, form), (PAPER, form), (PHOTO, {"berkas_unggahan": "bukan-nomor"}), (PHOTO, {})):
            with pytest.raises(FileRefused):
                uploads.take(wanted, {}, "berkas", kind, PLACE)


def test_a_change_without_the_pages_token_is_refused(sender: Sender) -> None:
    sender.token = "palsu"
    assert sender.begin("foto-uji", "foto.jpg", 10).status_code == 400


def test_unknown_kinds_and_sizes_are_refused_and_begun_uploads_are_counted(sender: Sender) -> None:
    assert sender.begin("tidak-ada", "x", 10).status_code == 422
    assert sender.call("POST", "/unggahan", {"kind": "foto-uji", "size": "banyak"}).status_code == 422
    assert sender.begin("foto-uji", "x", 0).status_code == 422
    assert sender.begin("foto-uji", "x", -5).status_code == 422
    for _number in range(OPEN_AT_ONCE):
        assert sender.begin("foto-uji", "x.jpg", 10).status_code == 201
    assert sender.begin("foto-uji", "x.jpg", 10).get_json()["code"] == "terlalu-banyak"


def test_a_name_that_climbs_leads_nowhere(sender: Sender, settings: Settings, web_app: Flask) -> None:
    url = sender.whole("foto-uji", "../../../../tmp/jahat.jpg", samples.image())
    document, _content = taken(web_app, sender, url)
    assert document.file_name == "jahat.jpg"
    assert all(settings.var_dir / "berkas" / str(A) in path.parents for path in files(settings))


def test_an_upload_that_nobody_took_is_gone_after_a_day(
    sender: Sender, worker_app: Flask, admin: Engine, settings: Settings
) -> None:
    sender.whole("foto-uji", "selesai.jpg", samples.image())
    half = sender.begin("foto-uji", "setengah.jpg", 3000).get_json()["url"]
    sender.chunk(half, 0, bytes(1000))
    young = sender.begin("foto-uji", "baru.jpg", 3000).get_json()["url"]
    sender.chunk(young, 0, bytes(500))
    with admin.begin() as connection:
        old = {"at": now() - timedelta(hours=25), "young": young.rpartition("/")[2]}
        connection.execute(text("UPDATE uploads SET created_at = :at WHERE id <> :young"), old)
    with worker_app.app_context(), acting_for(Context(A, "sistem:uji", "worker")):
        number = outbox.enqueue("unggahan.bersihkan", {})
        db.session.commit()
        assert outbox.perform(number)
        assert b"".join(storage().get(object_key(UUID(young.rpartition("/")[2]), 0))) == bytes(500)
        with pytest.raises(Missing):
            storage().get(object_key(UUID(half.rpartition("/")[2]), 0))
    with admin.connect() as connection:
        assert connection.scalars(text("SELECT file_name FROM uploads")).all() == ["baru.jpg"]
    assert len(files(settings)) == 1


def test_a_document_knows_its_facts(sender: Sender, web_app: Flask) -> None:
    url = sender.whole("foto-uji", "foto.jpg", samples.image(exif=True))
    document, _content = taken(web_app, sender, url)
    assert (document.width, document.height, document.taken_at) == (900, 700, "2026-01-02T09:30:00+07:00")
    assert len(document.phash) == 16
    assert document.scanned is False
    assert document.id != uuid7()
