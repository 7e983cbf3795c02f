"""Kinds of document for the tests, people of both regions, and a clean table afterwards."""

import re
import shutil
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse

from app.services.documents import arms, kinds
from app.services.documents.kinds import MEGABYTE, DocumentKind, register_kind, register_subject
from app.services.documents.store import Place
from app.services.ui.i18n import lazy
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db
from config.settings import Settings
from tests.conftest import A, B
from tests.services.identity.conftest import HOSTS, browser, people

__all__ = ["browser", "people"]
TABLES = (
    "signature_requests", "letters", "letter_numbers", "upload_parts", "uploads", "documents", "signing_services",
    "outbox",
)  # fmt: skip
PHOTO = DocumentKind("foto-uji", lazy("Berkas"), ("jpeg", "png", "webp"), min_pixels=400, min_sharpness=60)
LARGE = DocumentKind("besar-uji", lazy("Berkas"), ("jpeg", "pdf"), max_bytes=25 * MEGABYTE)
PAPER = DocumentKind("berkas-uji", lazy("Berkas"), ("pdf", "xlsx", "csv"), max_pages=3)
PLACE = Place("uji", "1", "internal")


@pytest.fixture
def own_kinds() -> Iterator[None]:
    """Three kinds and one subject, whose internal documents an administrator reads and whose secret ones nobody."""
    for kind in (PHOTO, LARGE, PAPER):
        register_kind(kind)
    register_subject(
        "uji",
        lambda _ref, seen, who: seen == "publik" or (who is not None and "admin" in who.roles and seen == "internal"),
    )
    yield
    for kind in (PHOTO, LARGE, PAPER):
        del kinds._registry.kinds[kind.name]
    del kinds._registry.readers["uji"]


@pytest.fixture
def clean(admin: Engine, settings: Settings) -> Iterator[None]:
    """No row and no file of this room stays."""
    yield
    with admin.begin() as connection:
        for table in TABLES:
            connection.execute(text(f"DELETE FROM {table}"))
    shutil.rmtree(settings.var_dir / "berkas", ignore_errors=True)
    arms._known.clear()


@pytest.fixture
def inside(worker_app: Flask, clean: None) -> Iterator[None]:
    """This test acts for region A, as a worker; its transaction ends before the tables are cleaned."""
    assert clean is None
    with worker_app.app_context(), acting_for(Context(A, "sistem:uji", "worker")):
        yield
        db.session.rollback()


def token_of(visitor: FlaskClient, region: int = A) -> str:
    """The CSRF token of a signed-in browser."""
    page = visitor.get("/akun", base_url=HOSTS[region]).get_data(as_text=True)
    return re.search(r'name="csrf_token" value="([^"]+)"', page).group(1)


def send(visitor: FlaskClient, path: str, region: int = A, **form: Any) -> TestResponse:
    """Post a form with files as a browser does; bytes or (bytes, name) are files."""
    data = {"csrf_token": token_of(visitor, region)}
    for name, value in form.items():
        content, file_name = value if isinstance(value, tuple) else (value, "")
        data[name] = (BytesIO(content), file_name) if isinstance(value, tuple) else value
    host = HOSTS[region]
    return visitor.post(path, base_url=host, data=data, headers={"Origin": host})


def files_of(**files: bytes) -> dict[str, FileStorage]:
    """The files of a form."""
    return {name: FileStorage(BytesIO(content), f"{name}.bin") for name, content in files.items()}


class Sender:
    """What unggah.js does: begin, send chunks, finish."""

    def __init__(self, visitor: FlaskClient, region: int = A) -> None:
        self.visitor, self.region, self.token = visitor, region, token_of(visitor, region)

    def call(self, method: str, path: str, data: Any = None, **headers: str) -> TestResponse:
        host = HOSTS[self.region]
        sent = {
            "Origin": host,
            "X-CSRFToken": self.token,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        return self.visitor.open(path, method=method, base_url=host, data=data, headers=sent)

    def begin(self, kind: str, name: str, size: int) -> TestResponse:
        return self.call("POST", "/unggahan", {"kind": kind, "name": name, "size": size})

    def chunk(self, url: str, start: int, content: bytes) -> TestResponse:
        return self.call(
            "PATCH", url, content, Upload_Offset=str(start), Content_Type="application/offset+octet-stream"
        )

    def whole(self, kind: str, name: str, content: bytes, size: int = 100_000) -> str:
        """Send everything and finish; returns the upload's address."""
        url = self.begin(kind, name, len(content)).get_json()["url"]
        for start in range(0, len(content), size):
            assert self.chunk(url, start, content[start : start + size]).status_code == 204
        assert self.call("POST", url + "/selesai").status_code == 200
        return url


Write = Callable[[bytes], Path]


@pytest.fixture
def written(tmp_path: Path) -> Write:
    """A file with these bytes."""

    def write(content: bytes) -> Path:
        path = tmp_path / "berkas"
        path.write_bytes(content)
        return path

    return write


__all__ += ["HOSTS", "A", "B"]
