"""The line in Redis: it holds ids only, keeps regions from each other's way, and knows its own life."""

from collections.abc import Callable
from uuid import UUID

import pytest
from flask import Flask
from redis import RedisError
from sqlalchemy import Engine, text

from app.kernel.identifiers import uuid7
from app.services.jobs import relay, worker
from app.services.jobs.line import AND, Line
from app.services.jobs.recovery import recover
from app.services.jobs.worker import Worker
from app.tenancy.context import Context, acting_for
from tests.conftest import A, B
from tests.services.jobs.conftest import Server, ask

pytestmark = pytest.mark.usefixtures("clean", "counted_jobs")
Row = Callable[[UUID], dict[str, object]]


def burst(line: Line) -> None:
    hand = Worker([line.queue], connection=line.redis, serializer=line.queue.serializer)
    hand.work(burst=True, logging_level="ERROR")


def test_from_the_outbox_through_redis_to_done_with_no_word_of_the_payload(
    worker_app: Flask, line: Line, row_of: Row
) -> None:
    with worker_app.app_context():
        number = ask("surat.kirim")
        relay.relay_region(A, line.send, line.life())
        assert line.queue.job_ids == [str(number)]
        stored = b"".join(line.redis.hgetall(f"rq:job:{number}").values())
        assert b"contoh.go.id" not in stored
        burst(line)
        assert row_of(number)["done_at"] is not None
    assert line.redis.keys("rq:job:*") == []


def test_a_region_with_a_thousand_jobs_leaves_its_neighbour_near_the_front(line: Line) -> None:
    flood, neighbour = [uuid7() for _job in range(1_000)], uuid7()
    line.send(A, flood)
    line.send(B, [neighbour])
    assert line.queue.job_ids.index(str(neighbour)) == 4
    assert len(line.known(A)) == 1_001


def test_each_finished_job_lets_the_next_of_its_region_in(worker_app: Flask, line: Line, admin: Engine) -> None:
    with worker_app.app_context():
        for _number in range(10):
            ask("retensi.jalankan")
        relay.relay_region(A, line.send, line.life())
        burst(line)
    with admin.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM outbox WHERE done_at IS NULL")) == 0


def test_few_jobs_go_one_by_one_and_many_by_the_handful(line: Line) -> None:
    few, many = [uuid7() for _job in range(4)], [uuid7() for _job in range(20)]
    line.send(A, few)
    line.send(B, many)
    assert [len(ids.split(AND)) for ids in line.queue.job_ids] == [1] * 4 + [5] * 4
    assert line.known(B) == {str(number) for number in (*few, *many)}


def test_a_handful_that_takes_long_goes_back_for_other_workers(
    worker_app: Flask, row_of: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "HANDFUL_SECONDS", 0.2)
    with worker_app.app_context():
        slow, waiting = ask("uji.lama", number=1, seconds=0.3), ask("uji.hitung", number=2)
        relay.relay_region(A, lambda _region, _numbers: None, "hidup")
        worker.work(A, f"{slow}{AND}{waiting}")
    assert row_of(slow)["done_at"] is not None
    assert (row_of(waiting)["done_at"], row_of(waiting)["sent_at"], row_of(waiting)["attempts"]) == (None, None, 0)


def test_one_failing_job_of_a_handful_spoils_no_other(
    worker_app: Flask, row_of: Row, caplog: pytest.LogCaptureFixture
) -> None:
    with worker_app.app_context():
        bad, good = ask("uji.hitung", nomor="tanpa number"), ask("uji.hitung", number=2)
        worker.work(A, f"{bad}{AND}{good}")
    assert row_of(bad)["error"] == "KeyError: 'number'"
    assert row_of(good)["done_at"] is not None
    assert "pekerjaan gagal" in caplog.text


def test_the_place_of_a_dead_workers_job_is_given_back(line: Line) -> None:
    numbers = [uuid7() for _job in range(5)]
    for number in numbers:
        line.send(A, [number])
    for _number in numbers[:4]:
        line.redis.lpop(line.queue.key)
    assert line.queue.job_ids == []
    line.release(A, numbers[0])
    assert line.queue.job_ids == [str(numbers[4])]


def test_a_life_ends_with_a_restart_and_with_a_flush(server: Server, line: Line) -> None:
    lives = [line.life(), line.life()]
    line.redis.flushall()
    lives.append(line.life())
    server.kill()
    server.start()
    lives.append(line.life())
    assert lives[0] == lives[1]
    assert len(set(lives)) == 3


def test_what_redis_refuses_is_due_again(worker_app: Flask, row_of: Row) -> None:
    def refuses(_region: int, _numbers: list[UUID]) -> None:
        raise RedisError("mati")

    with worker_app.app_context():
        number = ask("retensi.jalankan")
        with pytest.raises(RedisError):
            relay.relay_region(A, refuses, "hidup")
    assert row_of(number)["sent_at"] is None


def test_a_job_that_redis_lost_while_it_lived_on_is_due_again(worker_app: Flask, admin: Engine, row_of: Row) -> None:
    with worker_app.app_context():
        kept, lost = ask("retensi.jalankan"), ask("retensi.jalankan")
        relay.relay_region(A, lambda _region, _numbers: None, "hidup")
        with acting_for(Context(A, "sistem:uji", "worker")):
            assert recover("hidup", set).lost == [], "baru saja dikirim"
            with admin.begin() as connection:
                connection.execute(text("UPDATE outbox SET sent_at = sent_at - interval '1 minute'"))
            first = recover("hidup", lambda: {str(kept)})
            assert (first.lost, first.missing) == ([], {lost}), "mungkin sedang diambil pekerja"
            assert recover("hidup", lambda: {str(kept)}, first.missing).lost == [lost]
    assert row_of(lost)["sent_at"] is None
    assert row_of(kept)["sent_at"] is not None
