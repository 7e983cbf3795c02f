"""ClamAV over clamd's INSTREAM. Source: clamd(8), COMMANDS."""

import socket
from pathlib import Path
from urllib.parse import urlsplit

from flask import current_app

from app.services.documents.kinds import FileRefused
from app.services.ui.i18n import _
from config.settings import Settings

SECONDS = 20.0
CHUNK = 64 * 1024
LONGEST_ANSWER = 4096


def scan(path: Path) -> bool:
    """Whether a scanner looked at the file and found nothing; False: none is configured.

    Raises:
        FileRefused: it holds something harmful, or the scanner does not answer (then nothing comes in).
    """
    settings: Settings = current_app.extensions["settings"]
    if not settings.clamav_url:
        return False
    try:
        answer = _instream(settings.clamav_url, path)
    except OSError as error:
        raise _unavailable() from error
    if answer.endswith("FOUND"):
        raise FileRefused(
            "berbahaya", _("Pemeriksa virus menolak berkas ini. Periksa perangkat Anda, lalu kirim berkas lain.")
        )
    if answer != "stream: OK":
        raise _unavailable()
    return True


def _unavailable() -> FileRefused:
    return FileRefused(
        "pemeriksa-mati", _("Pemeriksa virus sedang tidak menjawab. Coba unggah lagi beberapa menit lagi.")
    )


def _instream(url: str, path: Path) -> str:
    with _connection(url) as clamd, path.open("rb") as file:
        clamd.sendall(b"zINSTREAM\0")
        while chunk := file.read(CHUNK):
            clamd.sendall(len(chunk).to_bytes(4, "big") + chunk)
        clamd.sendall(bytes(4))
        answer = b""
        while not answer.endswith(b"\0") and len(answer) < LONGEST_ANSWER and (part := clamd.recv(1024)):
            answer += part
    return answer.rstrip(b"\0").decode("utf-8", "replace").strip()


def _connection(url: str) -> socket.socket:
    parts = urlsplit(url)
    if parts.scheme == "unix":
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(SECONDS)
        connection.connect(parts.path)
        return connection
    return socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 3310), SECONDS)
