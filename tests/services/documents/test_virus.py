"""clamd's INSTREAM, spoken to a small server that really speaks it."""

import socketserver
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from app.services.documents import virus
from app.services.documents.kinds import FileRefused
from tests.services.documents.conftest import Write

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
LIMIT = 1_000_000


class Clamd(socketserver.StreamRequestHandler):
    """INSTREAM as in clamd(8): length-prefixed chunks, an empty one ends them."""

    def handle(self) -> None:
        assert self.rfile.read(10) == b"zINSTREAM\0"
        content = b""
        while size := int.from_bytes(self.rfile.read(4), "big"):
            content += self.rfile.read(size)
            if len(content) > LIMIT:
                self.wfile.write(b"INSTREAM size limit exceeded. ERROR\0")
                return
        self.wfile.write(b"stream: Eicar-Signature FOUND\0" if EICAR in content else b"stream: OK\0")


@pytest.fixture(params=["tcp", "unix"])
def clamd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "tcp":
        server: socketserver.BaseServer = socketserver.TCPServer(("127.0.0.1", 0), Clamd)
        url = f"tcp://127.0.0.1:{server.server_address[1]}"
    else:
        server = socketserver.UnixStreamServer(str(tmp_path / "clamd.sock"), Clamd)
        url = f"unix://{tmp_path}/clamd.sock"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield url
    server.shutdown()
    server.server_close()


@pytest.fixture
def configured(worker_app: Flask, clamd: str, monkeypatch: pytest.MonkeyPatch) -> str:
    settings = worker_app.extensions["settings"]
    monkeypatch.setitem(worker_app.extensions, "settings", replace(settings, clamav_url=clamd))
    return clamd


@pytest.mark.usefixtures("configured", "inside")
def test_a_clean_file_passes_and_a_harmful_one_does_not(written: Write) -> None:
    assert virus.scan(written(b"a" * 200_000)) is True
    with pytest.raises(FileRefused) as caught:
        virus.scan(written(b"a" * 100_000 + EICAR))
    assert caught.value.code == "berbahaya"


@pytest.mark.usefixtures("configured", "inside")
def test_a_file_that_the_scanner_will_not_read_does_not_come_in(written: Write) -> None:
    with pytest.raises(FileRefused) as caught:
        virus.scan(written(bytes(3 * LIMIT)))
    assert caught.value.code == "pemeriksa-mati"


@pytest.mark.usefixtures("inside")
def test_a_scanner_that_is_away_lets_nothing_in(
    written: Write, worker_app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    away = replace(worker_app.extensions["settings"], clamav_url=f"unix://{tmp_path}/tidak-ada.sock")
    monkeypatch.setitem(worker_app.extensions, "settings", away)
    with pytest.raises(FileRefused) as caught:
        virus.scan(written(b"isi"))
    assert caught.value.code == "pemeriksa-mati"


@pytest.mark.usefixtures("inside")
def test_without_a_scanner_a_file_is_marked_as_not_scanned(written: Write) -> None:
    assert virus.scan(written(EICAR)) is False
