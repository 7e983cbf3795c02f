"""What the real gunicorn, with the deployment's own configuration, answers to requests that no browser sends."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask

from config.settings import ROOT, Settings

HOST = b"Host: bandung.localhost\r\n"
MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Deployment:
    """A running gunicorn and what it wrote."""

    port: int
    log: Path

    def say(self, request: bytes) -> tuple[int, bytes]:
        """Status and whole answer to raw bytes; what it refuses to read to the end is its right."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as line:
            answer = b""
            with suppress(BrokenPipeError, ConnectionResetError):
                line.sendall(request)
            with suppress(ConnectionResetError):
                while piece := line.recv(65_536):
                    answer += piece
        return (int(answer.split(b" ", 2)[1]) if answer else 0), answer


@pytest.fixture(scope="module")
def deployment(settings: Settings, worker_app: Flask, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    assert worker_app is not None
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("gunicorn") / "log"
    command = [str(Path(sys.executable).with_name("gunicorn")), "-c", "config/gunicorn.py", "wsgi:app"]
    env = {**os.environ, "DATABASE_URL": settings.database_url, "PORT": str(port)}
    with log.open("w") as file:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=file, stderr=file)
    running = Deployment(port, log)
    try:
        for _look in range(300):
            try:
                if running.say(b"GET /sehat HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")[0] == 200:
                    break
            except OSError:
                time.sleep(0.1)
        yield running
    finally:
        process.terminate()
        process.wait(timeout=30)


def get(*lines: bytes, path: bytes = b"/", host: bytes = HOST) -> bytes:
    given = b"".join(line + b"\r\n" for line in lines)
    return b"GET " + path + b" HTTP/1.1\r\n" + host + given + b"Connection: close\r\n\r\n"


def post(size: int, body: bytes) -> bytes:
    head = b"POST /masuk HTTP/1.1\r\n" + HOST + b"Origin: http://bandung.localhost\r\nConnection: close\r\n"
    head += b"Content-Type: application/x-www-form-urlencoded\r\n"
    return head + f"Content-Length: {size}\r\n\r\n".encode() + body


HOSTILE: dict[str, tuple[bytes, set[int]]] = {
    "host with a space": (get(host=b"Host: ban dung.localhost\r\n"), {400, 404}),
    "host with a path": (get(host=b"Host: bandung.localhost/../x\r\n"), {400, 404}),
    "host of raw bytes": (get(host=b"Host: \xff\xfe\x00\r\n"), {400, 404}),
    "host with markup": (get(host=b"Host: <script>.localhost\r\n"), {400, 404}),
    "host and a bad port": (get(host=b"Host: bandung.localhost:abc\r\n"), {400, 404}),
    "no host": (get(host=b""), {400, 404}),
    "empty host": (get(host=b"Host:\r\n"), {400, 404}),
    "two hosts": (get(host=HOST + b"Host: kab-bandung.localhost\r\n"), {400, 404}),
    "very long host": (get(host=b"Host: " + b"a" * 5_000 + b".localhost\r\n"), {400, 404, 431}),
    "header too long": (get(b"X-Panjang: " + b"a" * 20_000), {400, 431}),
    "too many headers": (get(*(f"X-{number}: 1".encode() for number in range(200))), {400, 431}),
    "header without a colon": (get(b"begitu saja"), {400}),
    "address too long": (get(path=b"/" + b"a" * 10_000), {400, 414}),
    "address of raw bytes": (get(path=b"/hibah/\xff\xfe"), {400, 404}),
    "unknown method": (get().replace(b"GET", b"JUNGKIR", 1), {400, 403, 405, 501}),
    "body larger than any form": (post(80 * MEGABYTE, b"a=" + b"b" * (8 * MEGABYTE)), {413}),
    "two lengths": (post(2, b"a=").replace(b"\r\n\r\n", b"\r\nContent-Length: 3\r\n\r\n", 1), {400}),
    "length of nonsense": (post(2, b"a=").replace(b"Length: 2", b"Length: dua", 1), {400}),
    "length and chunks": (post(2, b"a=").replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n", 1), {400}),
    "not HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", {400}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_request_is_refused_without_a_trace(deployment: Deployment, name: str) -> None:
    request, allowed = HOSTILE[name]
    before = deployment.log.stat().st_size
    status, answer = deployment.say(request)
    assert status in allowed, answer[:300]
    written = deployment.log.read_text(errors="replace")[before:]
    for told in (answer.decode(errors="replace"), written):
        assert "Traceback" not in told
        assert "<script>" not in told.replace("&lt;script&gt;", "")


def test_it_still_answers_afterwards(deployment: Deployment) -> None:
    status, answer = deployment.say(get(path=b"/hibah"))
    assert status == 200
    assert b"Kota Bandung" in answer


@pytest.fixture
def slow_lines(deployment: Deployment) -> Iterator[Callable[[int], None]]:
    lines: list[socket.socket] = []

    def opened(count: int) -> None:
        for _line in range(count):
            line = socket.create_connection(("127.0.0.1", deployment.port), timeout=20)
            line.sendall(b"GET / HTTP/1.1\r\n")
            lines.append(line)

    yield opened
    for line in lines:
        line.close()


def test_lines_that_never_finish_their_request_do_not_stop_the_others(
    deployment: Deployment, slow_lines: Callable[[int], None]
) -> None:
    slow_lines(6)
    assert deployment.say(get(path=b"/sehat"))[0] == 200
