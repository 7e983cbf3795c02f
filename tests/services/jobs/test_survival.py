"""Real processes, killed for real: nothing is lost, nothing is done twice."""

import signal
import subprocess
from collections.abc import Callable
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from app.services.jobs import progress
from app.services.jobs.line import Line
from app.services.jobs.relay import Relay
from app.services.jobs.stopping import Stop
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db
from tests.conftest import A, B
from tests.services.jobs.conftest import Server, Start, ask, until

pytestmark = pytest.mark.usefixtures("clean", "counted_jobs")
JOBS = 1_000
Effects = Callable[[], dict[str, int]]
Row = Callable[[UUID], dict[str, object]]


def done(admin: Engine) -> int:
    with admin.connect() as connection:
        return int(connection.scalar(text("SELECT count(*) FROM outbox WHERE done_at IS NOT NULL")))


def ended(process: subprocess.Popen[bytes]) -> bool:
    return process.poll() is not None


@pytest.mark.timeout(300)
def test_redis_is_killed_and_emptied_amid_a_thousand_jobs(
    worker_app: Flask, server: Server, start: Start, admin: Engine, effects: Effects
) -> None:
    with worker_app.app_context():
        for number in range(JOBS):
            ask("uji.hitung", (A, B)[number % 2], number=number)
    for name in ("relay", "worker", "worker"):
        start(name)
    until(lambda: done(admin) >= JOBS // 5)
    server.kill()
    assert done(admin) < JOBS
    server.start()
    until(lambda: done(admin) == JOBS, 120)
    assert effects() == {f"uji-{number}": 1 for number in range(JOBS)}


def test_what_is_asked_while_redis_is_away_is_done_when_it_is_back(
    worker_app: Flask, server: Server, start: Start, admin: Engine, effects: Effects
) -> None:
    start("relay")
    start("worker")
    server.kill()
    with worker_app.app_context():
        for number in range(5):
            ask("uji.hitung", number=number)
    server.start()
    until(lambda: done(admin) == 5)
    assert effects() == {f"uji-{number}": 1 for number in range(5)}


def test_a_flushed_redis_forgets_nothing_that_matters(
    worker_app: Flask, line: Line, start: Start, admin: Engine, effects: Effects
) -> None:
    """FLUSHALL leaves the server running: only the marker tells."""
    with worker_app.app_context():
        for number in range(20):
            ask("uji.hitung", number=number)
        relay = Relay(line, "", Stop())
        relay.look()
        assert len(line.known(A)) == 20
        line.redis.flushall()
        assert line.known(A) == set()
        relay.look()
        assert len(line.known(A)) == 20
    start("worker")
    until(lambda: done(admin) == 20)
    assert set(effects().values()) == {1}


def test_sigterm_lets_the_worker_finish_the_job_in_hand(
    worker_app: Flask, start: Start, admin: Engine, effects: Effects, row_of: Row
) -> None:
    with worker_app.app_context():
        number = ask("uji.lama", number=1, seconds=1.5)
        start("relay")
        worker = start("worker")
        with acting_for(Context(A, "sistem:uji", "worker")):
            until(lambda: begun(number))
        later = ask("uji.hitung", number=2)
        worker.send_signal(signal.SIGTERM)
        until(lambda: ended(worker))
        assert worker.returncode == 0
        assert row_of(number)["done_at"] is not None
        assert row_of(later)["done_at"] is None
        assert effects() == {"uji-1": 1}
        start("worker")
        until(lambda: done(admin) == 2)
    assert effects() == {"uji-1": 1, "uji-2": 1}
    assert row_of(number)["attempts"] == 1


def begun(number: UUID) -> bool:
    """Whether the job told of its progress, which is seen before its transaction ends."""
    found = progress.of(number)
    db.session.rollback()
    return found is not None


def test_a_worker_killed_in_mid_job_loses_nothing_and_does_nothing_twice(
    worker_app: Flask, start: Start, admin: Engine, effects: Effects, row_of: Row
) -> None:
    with worker_app.app_context():
        number = ask("uji.lama", number=1, seconds=2)
        start("relay")
        worker = start("worker")
        with acting_for(Context(A, "sistem:uji", "worker")):
            until(lambda: begun(number))
    worker.send_signal(signal.SIGKILL)
    until(lambda: ended(worker))
    start("worker")
    until(lambda: done(admin) == 1)
    assert effects() == {"uji-1": 1}
    assert row_of(number)["attempts"] == 2


def test_a_database_that_closes_every_connection_stops_nobody(
    worker_app: Flask, start: Start, admin: Engine, effects: Effects
) -> None:
    running = [start(name) for name in ("relay", "worker", "scheduler")]
    with worker_app.app_context():
        ask("uji.hitung", number=1)
        until(lambda: effects() == {"uji-1": 1})
        with admin.connect() as connection:
            closed = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'smartcity_worker'"
            connection.execute(text(f"{closed} AND datname = current_database()"))
        db.engine.dispose()
        for number in (2, 3, 4):
            ask("uji.hitung", number=number)
    until(lambda: len(effects()) == 4)
    assert set(effects().values()) == {1}
    assert not any(ended(process) for process in running)


@pytest.mark.parametrize("name", ["relay", "scheduler", "worker"])
def test_an_idle_process_ends_at_once_on_sigterm(line: Line, start: Start, admin: Engine, name: str) -> None:
    process = start(name)
    until({"relay": lambda: relays(line), "scheduler": lambda: plans(admin), "worker": lambda: idles(line)}[name])
    process.send_signal(signal.SIGTERM)
    until(lambda: ended(process))
    assert process.returncode == 0


def relays(line: Line) -> bool:
    """Whether a relay has asked this Redis for its life."""
    return bool(line.redis.exists("uji:life"))


def plans(admin: Engine) -> bool:
    """Whether a scheduler has written schedules down."""
    with admin.connect() as connection:
        return bool(connection.scalar(text("SELECT count(*) FROM job_schedules")))


def idles(line: Line) -> bool:
    """Whether a worker waits for work."""
    return any(line.redis.hget(key, "state") == b"idle" for key in line.redis.keys("rq:worker:*"))
