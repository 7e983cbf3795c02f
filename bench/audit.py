"""What the audit chain costs: acts a second of one region, and how long a long chain takes to verify.

    python -m bench.audit        (three minutes; a database of its own, gone afterwards)

An act is what the house's acts are: one transaction with the signed context, a changed business row, an outbox row and
an audit entry. Eight writers of one region, as gunicorn runs them: two processes of four threads.
"""

import multiprocessing
import threading
import time
from dataclasses import replace
from multiprocessing.synchronize import Barrier
from typing import Any

from app import create_app
from app.kernel.identifiers import uuid7
from app.services import audit
from app.services.audit import chain
from app.services.audit.entries import Entry
from app.services.audit.verify import verify
from app.services.jobs import outbox
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db, region_sql
from bench.figures import Figure, at_most, compared, interleaved, tell
from bench.ground import own_database

REGION = 3273
PROCESSES, THREADS = 2, 4
SECONDS, TURNS = 4.0, 4
ACTS_GOAL, VERIFY_GOAL = 500.0, 60.0
ENTRIES, BATCH = 1_000_000, 500
JOB = "bench.kosong"


def run() -> list[Figure]:
    """The figures of this room."""
    with own_database() as settings:
        pairs = interleaved(lambda: _acts_a_second(audited=True), lambda: _acts_a_second(audited=False), TURNS)
        app = create_app(settings, role="worker")
        with app.app_context(), acting_for(Context(REGION, "sistem:bench", "worker")):
            after_race = verify()
            assert after_race.good, after_race.problem
            seconds = _verified_in(ENTRIES - after_race.entries)
            db.engine.dispose()
    acts = compared("audit-acts-8-writers-one-region", pairs, "acts/s")
    return [
        replace(acts, goal=f"value >= {ACTS_GOAL:g}", ok=acts.value >= ACTS_GOAL),
        at_most("audit-verify-a-million-entries", seconds, "s", VERIFY_GOAL),
    ]


def _acts_a_second(*, audited: bool) -> float:
    spawn = multiprocessing.get_context("spawn")
    start, counts = spawn.Barrier(PROCESSES + 1), spawn.Queue()
    writers = [spawn.Process(target=_process, args=(number, audited, start, counts)) for number in range(PROCESSES)]
    for writer in writers:
        writer.start()
    start.wait(timeout=120)
    done = sum(counts.get(timeout=120) for _writer in writers)
    for writer in writers:
        writer.join()
    return done / SECONDS


def _process(number: int, audited: bool, start: Barrier, counts: Any) -> None:
    """Four writers in one process, like one worker of gunicorn."""
    app = create_app(role="app")
    outbox.register_job(JOB, lambda _payload: None)
    done, ready = [0] * THREADS, threading.Barrier(THREADS + 1)

    def write(thread: int) -> None:
        key = f"{number}-{thread}-{audited}-{time.time()}"
        with app.app_context(), acting_for(Context(REGION, f"sistem:bench-{number}-{thread}", role="admin")):
            region_sql(
                "INSERT INTO region_settings (region_id, id, key, value) VALUES (:region_id, :id, :key, '0')",
                id=uuid7(), key=key,
            )  # fmt: skip
            db.session.commit()
            ready.wait()
            ready.wait()
            end = time.perf_counter() + SECONDS
            while time.perf_counter() < end:
                _act(key, done[thread], audited=audited)
                done[thread] += 1

    threads = [threading.Thread(target=write, args=(thread,)) for thread in range(THREADS)]
    for thread in threads:
        thread.start()
    ready.wait()
    start.wait()
    ready.wait()
    for thread in threads:
        thread.join()
    counts.put(sum(done))


def _act(key: str, number: int, *, audited: bool) -> None:
    region_sql(
        "UPDATE region_settings SET value = :value WHERE region_id = :region_id AND key = :key",
        key=key, value=str(number),
    )  # fmt: skip
    outbox.enqueue(JOB, {"nomor": number})
    if audited:
        audit.note("bench.ubah", "setting", key, before={"nilai": number - 1}, after={"nilai": number})
    db.session.commit()


def _verified_in(missing: int) -> float:
    """Fill the chain up to a million entries, then walk it; seconds of the walk."""
    sample = Entry(
        id="", event="bench.ubah", subject_type="usulan", subject_id="SB-2026-000123", actor=str(uuid7()), role="opd",
        acting_for="", address="203.0.113.0/24", address_hash="0" * 64, request_id=uuid7().hex,
        reason="Berkas lengkap, diteruskan.", before='{"keadaan":"DIAJUKAN"}', after='{"keadaan":"DIPERIKSA"}',
        personal="",
    )  # fmt: skip
    while missing > 0:
        batch = min(BATCH, missing)
        entries = [Entry(**{**vars(sample), "id": str(uuid7())}) for _number in range(batch)]
        chain.append(db.session(), REGION, entries)
        db.session.commit()
        missing -= batch
    started = time.perf_counter()
    verdict = verify()
    assert (verdict.good, verdict.entries) == (True, ENTRIES), verdict.problem
    return time.perf_counter() - started


if __name__ == "__main__":
    tell(run())
