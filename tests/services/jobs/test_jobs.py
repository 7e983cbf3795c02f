"""The outbox: asked once, done once, tried again, given up; each registered job is walked in tests/isolation."""

from collections import deque
from collections.abc import Callable
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from app.services.jobs import outbox, relay
from app.services.jobs.recovery import recover
from app.tenancy.context import Context, NoContext, acting_for
from app.tenancy.database import db, region_sql
from tests.conftest import A, B
from tests.services.jobs.conftest import PAYLOADS, ask

pytestmark = pytest.mark.usefixtures("clean")
WORKER = Context(A, "sistem:worker", "worker")
Row = Callable[[UUID], dict[str, object]]


def test_no_job_runs_without_a_region(worker_app: Flask) -> None:
    with worker_app.app_context():
        number = ask("retensi.jalankan")
        with pytest.raises(NoContext):
            outbox.perform(number)
        with pytest.raises(NoContext):
            outbox.enqueue("retensi.jalankan", {})


def test_code_that_goes_around_the_helpers_sees_and_changes_nothing_without_a_region(worker_app: Flask) -> None:
    with worker_app.app_context():
        ask("retensi.jalankan")
        assert db.session.execute(text("SELECT count(*) FROM outbox")).scalar_one() == 0
        assert db.session.execute(text("UPDATE outbox SET job = 'lain'")).rowcount == 0
        assert db.session.execute(text("DELETE FROM outbox")).rowcount == 0
        db.session.rollback()


def test_a_job_of_another_region_cannot_be_performed(worker_app: Flask) -> None:
    with worker_app.app_context():
        number = ask("surat.kirim", B)
        with acting_for(WORKER):
            assert not outbox.perform(number)


def test_a_rolled_back_request_asks_for_nothing(worker_app: Flask) -> None:
    with worker_app.app_context(), acting_for(Context(A, "sistem:uji", "worker")):
        outbox.enqueue("surat.kirim", PAYLOADS["surat.kirim"])
        db.session.rollback()
        assert outbox.take_due(10) == []
        db.session.rollback()


def test_an_unknown_job_cannot_be_asked_for(worker_app: Flask) -> None:
    with worker_app.app_context(), acting_for(WORKER), pytest.raises(KeyError):
        outbox.enqueue("tidak.ada", {})


def test_the_same_key_makes_one_job_even_after_it_is_done(worker_app: Flask, admin: Engine) -> None:
    with worker_app.app_context():
        first = ask("retensi.jalankan", key="minggu-12")
        assert ask("retensi.jalankan", key="minggu-12") == first
        with acting_for(WORKER):
            assert outbox.perform(first)
        assert ask("retensi.jalankan", key="minggu-12") == first
        assert ask("retensi.jalankan", key="minggu-13") != first
        assert ask("retensi.jalankan", B, key="minggu-12") != first
        assert ask("retensi.jalankan") != ask("retensi.jalankan")
    with admin.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM outbox WHERE key = 'minggu-12'")) == 2


def test_a_failed_job_is_tried_again_later_and_leaves_nothing_half_done(
    worker_app: Flask, monkeypatch: pytest.MonkeyPatch, row_of: Row
) -> None:
    def fails(_payload: dict[str, object]) -> None:
        region_sql("UPDATE region_settings SET value = 'setengah jalan' WHERE region_id = :region_id")
        raise OSError("jaringan mati untuk siti@contoh.go.id")

    register(monkeypatch, "gagal", fails)
    with worker_app.app_context():
        number = ask("gagal")
        with acting_for(WORKER):
            with pytest.raises(OSError, match="jaringan mati"):
                outbox.perform(number)
            half = "SELECT count(*) FROM region_settings WHERE region_id = :region_id AND value = 'setengah jalan'"
            assert region_sql(half).scalar_one() == 0
            assert not outbox.perform(number), "belum waktunya"
            db.session.rollback()
    row = row_of(number)
    assert (row["attempts"], row["done_at"], row["dead_at"], row["started_at"]) == (1, None, None, None)
    assert row["due_at"] > row["created_at"]
    assert row["error"] == "OSError: jaringan mati untuk [disamarkan]"


def register(monkeypatch: pytest.MonkeyPatch, name: str, job: outbox.Job) -> None:
    monkeypatch.setattr(outbox, "_jobs", dict(outbox._jobs))
    outbox.register_job(name, job)


def due_now(admin: Engine, number: UUID, ago: str = "0 seconds") -> None:
    """Turn the clock of one job."""
    with admin.begin() as connection:
        connection.execute(
            text(
                f"UPDATE outbox SET due_at = clock_timestamp() - interval '1 second',"
                f" sent_at = sent_at - interval '{ago}', started_at = started_at - interval '{ago}' WHERE id = :id"
            ),
            {"id": number},
        )


def test_after_eight_failures_a_job_waits_for_a_person(
    worker_app: Flask, admin: Engine, monkeypatch: pytest.MonkeyPatch, row_of: Row
) -> None:
    def fails(_payload: dict[str, object]) -> None:
        raise OSError("tetap mati")

    register(monkeypatch, "gagal", fails)
    with worker_app.app_context():
        number = ask("gagal")
        for _attempt in range(outbox.MOST_ATTEMPTS):
            due_now(admin, number)
            with acting_for(WORKER), pytest.raises(OSError, match="tetap mati"):
                outbox.perform(number)
        due_now(admin, number)
        with acting_for(WORKER):
            assert not outbox.perform(number)
            assert outbox.take_due(10) == []
            db.session.rollback()
    assert row_of(number)["dead_at"] is not None


def test_a_job_that_kills_its_worker_is_given_up_too(worker_app: Flask, admin: Engine, row_of: Row) -> None:
    """A worker that dies leaves a beginning without a lock."""
    with worker_app.app_context():
        number = ask("retensi.jalankan")
        with acting_for(WORKER):
            for attempt in range(outbox.MOST_ATTEMPTS):
                assert row_of(number)["dead_at"] is None, attempt
                assert outbox.claim(number)
                due_now(admin, number, "1 minute")
                assert recover("", set).abandoned == [number]
                due_now(admin, number)
    row = row_of(number)
    assert row["dead_at"] is not None
    assert row["error"] == "Pekerja berhenti di tengah jalan"


def test_a_job_that_runs_is_left_alone(worker_app: Flask, admin: Engine, row_of: Row) -> None:
    with worker_app.app_context():
        number = ask("retensi.jalankan")
        with acting_for(WORKER):
            assert outbox.claim(number)
            due_now(admin, number, "1 hour")
            with admin.begin() as other:
                other.execute(text("SELECT 1 FROM outbox WHERE id = :id FOR NO KEY UPDATE"), {"id": number})
                found = recover("", set)
                assert outbox.take_due(10, "hidup lain") == []
                db.session.rollback()
    assert found.abandoned == []
    assert row_of(number)["started_at"] is not None


def test_of_two_deliveries_of_one_job_the_first_beginning_gives_way_to_the_second(
    worker_app: Flask, row_of: Row
) -> None:
    with worker_app.app_context():
        number = ask("retensi.jalankan")
        with acting_for(WORKER):
            first, second = outbox.claim(number), outbox.claim(number)
            assert first
            assert second
            assert not outbox._lock(first)
            assert outbox._lock(second)
            db.session.rollback()


def test_a_job_that_commits_fails_and_has_no_effect(
    worker_app: Flask, monkeypatch: pytest.MonkeyPatch, row_of: Row
) -> None:
    def commits(_payload: dict[str, object]) -> None:
        with db.session.begin_nested():
            region_sql("UPDATE region_settings SET value = 'lolos' WHERE region_id = :region_id")
        db.session.commit()

    register(monkeypatch, "gagal", commits)
    with worker_app.app_context():
        number = ask("gagal")
        with acting_for(WORKER):
            with pytest.raises(RuntimeError, match="tidak boleh commit"):
                outbox.perform(number)
            kept = region_sql("SELECT count(*) FROM region_settings WHERE region_id = :region_id AND value = 'lolos'")
            assert kept.scalar_one() == 0
            db.session.rollback()


def test_what_another_life_of_redis_was_sent_is_taken_again(worker_app: Flask) -> None:
    with worker_app.app_context():
        number = ask("retensi.jalankan")
        with acting_for(WORKER):
            taken = []
            for life in ("satu", "satu", "dua", "dua"):
                taken.append(outbox.take_due(10, life))
                db.session.commit()
    assert taken == [[number], [], [number], []]


def test_a_busy_region_waits_behind_the_others(worker_app: Flask) -> None:
    sent: list[int] = []
    with worker_app.app_context():
        for _number in range(relay.BATCH + 5):
            ask("retensi.jalankan", A)
        ask("retensi.jalankan", B)
        relay.relay_all(deque([A, B]), lambda region, numbers: sent.extend([region] * len(numbers)))
    assert sent == [A] * relay.BATCH + [B] + [A] * 5
