"""A 20 MB upload over a line that breaks three times, against one over a line that holds.

Run by itself: `python -m bench.documents`.
"""

import http.client
import io
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from flask import Flask
from pypdf import PdfWriter
from pypdf.generic import NameObject, StreamObject

from app import create_app
from app.services.documents.kinds import MEGABYTE, DocumentKind, register_kind
from app.services.identity import accounts
from app.services.ui.i18n import lazy
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db
from bench.figures import Figure, at_most, compared, tell
from bench.ground import own_database
from config.settings import ROOT
from tenants.provision import Order, provision

# platformdirs, below the embedded PostgreSQL, tells every process of a machine without a login session.
warnings.filterwarnings("ignore", "XDG_RUNTIME_DIR is not set")

HOST = "bandung.localhost"
EMAIL, PASSWORD = "bench@contoh.go.id", "kuda lari di sawah"
SIZE, CHUNK, BREAKS, PAIRS = 20 * MEGABYTE, MEGABYTE, 3, 5
#: A browser tries again after half a second or more; that pause is no work, and is not counted.
PAUSE = 0.1
GOAL = 1.25
KIND = DocumentKind("bench-20mb", lazy("Berkas"), ("pdf",), max_bytes=25 * MEGABYTE)


def served() -> Flask:
    """The application with a kind of document that is large enough; gunicorn calls this."""
    app = create_app()
    register_kind(KIND)
    return app


def paper() -> bytes:
    """A valid PDF of some 20 MB that no line compresses."""
    writer = PdfWriter()
    writer.add_blank_page(595, 842)
    noise = StreamObject()
    noise.set_data(secrets.token_bytes(SIZE - 2_000))
    noise[NameObject("/Type")] = NameObject("/Bench")
    writer._add_object(noise)  # noqa: SLF001 (pypdf has no public way to add a stream)
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


@dataclass
class Person:
    """A signed-in browser; `sent` counts the bytes of chunks that left."""

    port: int
    cookie: str = ""
    token: str = ""
    sent: int = 0

    def call(self, method: str, path: str, body: bytes | None = None, **headers: str) -> http.client.HTTPResponse:
        """One request on one connection, read to its end (`answer.body`)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, body, self._headers(headers))
        answer = connection.getresponse()
        answer.body = answer.read()  # type: ignore[attr-defined]
        self.cookie = (answer.getheader("Set-Cookie") or self.cookie).partition(";")[0]
        connection.close()
        return answer

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        host = f"{HOST}:{self.port}"
        own = {"Host": host, "Origin": f"http://{host}", "Cookie": self.cookie, "X-CSRFToken": self.token}
        return own | {name.replace("_", "-"): value for name, value in more.items()}

    def form(self, path: str, **fields: object) -> http.client.HTTPResponse:
        """Post a form."""
        return self.call("POST", path, urlencode(fields).encode(), Content_Type="application/x-www-form-urlencoded")

    def sign_in(self) -> None:
        """Take the token of each page, as the form does."""
        self._take_token("/masuk")
        assert self.form("/masuk", email=EMAIL, sandi=PASSWORD).status == 303
        self._take_token("/akun")

    def _take_token(self, path: str) -> None:
        page = self.call("GET", path).body.decode()  # type: ignore[attr-defined]
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert found, path
        self.token = found[1]

    def upload(self, content: bytes, breaks: int) -> float:
        """Send it all, losing the line `breaks` times within a chunk; seconds of work until it is checked and kept."""
        lost = {round(len(content) * (number + 1) / (breaks + 1) / CHUNK) * CHUNK for number in range(breaks)}
        self.sent, started = 0, time.perf_counter()
        told = json.loads(self.form("/unggahan", kind=KIND.name, name="b.pdf", size=len(content)).body)  # type: ignore[attr-defined]
        at = 0
        while at < len(content):
            piece = content[at : at + CHUNK]
            due = next((place for place in lost if at >= place), None)
            if due is not None:
                lost.discard(due)
                self._torn(told["url"], at, piece)
                time.sleep(PAUSE)
                at = json.loads(self.call("GET", told["url"]).body)["received"]  # type: ignore[attr-defined]
                continue
            self.sent += len(piece)
            at = int(self.call("PATCH", told["url"], piece, Upload_Offset=str(at)).getheader("Upload-Offset") or at)
        done = self.call("POST", told["url"] + "/selesai", b"")
        assert done.status == 200, done.body  # type: ignore[attr-defined]
        return time.perf_counter() - started - breaks * PAUSE

    def _torn(self, url: str, at: int, piece: bytes) -> None:
        """Say that a whole chunk comes, send half of it, and hang up."""
        lines = [f"PATCH {url} HTTP/1.1", f"Upload-Offset: {at}", f"Content-Length: {len(piece)}"]
        lines += [f"{name}: {value}" for name, value in self._headers({}).items()]
        with socket.create_connection(("127.0.0.1", self.port)) as line:
            line.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + piece[: len(piece) // 2])
            self.sent += len(piece) // 2


@contextmanager
def serving() -> Iterator[int]:
    """gunicorn on an empty deployment of its own; gives its port."""
    with own_database() as settings:
        app = create_app(settings, role="worker")
        with app.app_context():
            list(provision(Order(3273, "bandung", "KOTA")))
            with acting_for(Context(3273, "sistem:bench", "worker")):
                accounts.create(EMAIL, "Bench", frozenset({"opd"}), PASSWORD)
                db.session.commit()
            db.engine.dispose()
        yield from _gunicorn()


def _gunicorn() -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).with_name("gunicorn")), "-c", "config/gunicorn.py", "bench.documents:served()"]
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, "PORT": str(port)}, stderr=subprocess.DEVNULL
    )
    try:
        for _attempt in range(300):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def run() -> list[Figure]:
    """The figures of this room."""
    content = paper()
    with serving() as port:
        person = Person(port)
        person.sign_in()
        person.upload(content, 0)
        pairs, repeated = [], []
        for _pair in range(PAIRS):
            whole = person.upload(content, 0)
            pairs.append((person.upload(content, BREAKS), whole))
            repeated.append(person.sent - len(content))
    return [
        compared(f"documents-20-MB-upload-line-lost-{BREAKS}-times", pairs, "s", most=GOAL),
        at_most("documents-that-upload-bytes-sent-again", max(repeated), "B", BREAKS * CHUNK),
    ]


if __name__ == "__main__":
    tell(run())
