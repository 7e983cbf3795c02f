"""From the outbox to done, with the real relay, workers and Valkey: `python -m bench.jobs` prints the figures.

The load asks for a small job (one row written) `RATE` times a second, each in a transaction of its own, in turns over
four regions. Measured against RQ alone: the same rate straight into a queue of RQ, with no outbox and no database.
"""

import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from flask.cli import ScriptInfo
from redis import Redis
from rq import Queue, SimpleWorker, get_current_job
from rq.serializers import JSONSerializer
from sqlalchemy import create_engine, text

from app import create_app
from app.kernel.identifiers import uuid7
from app.services.jobs import outbox
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db, region_sql
from bench.figures import Figure, rounded, tell
from bench.ground import own_database
from tenants.provision import Order, provision
from tenants.registry import load_regions

ROOT = Path(__file__).resolve().parents[1]
REGIONS = (3273, 3204, 5271, 3674)
RATE = int(os.environ.get("BENCH_JOBS_RATE", "200"))
SECONDS = int(os.environ.get("BENCH_JOBS_SECONDS", "20"))
WORKERS = 2
GOAL_SECONDS = 1.0
JOB, PLAIN_QUEUE = "ukur.tulis", "ukur-rq"


def write(payload: dict[str, Any]) -> None:
    """The measured job: one row."""
    region_sql(
        "INSERT INTO sign_in_attempts (region_id, id, email_hash, address_hash, kind)"
        " VALUES (:region_id, :id, 'ukur', :number, 'masuk')",
        id=uuid7(), number=str(payload["n"]),
    )  # fmt: skip


def note_time(asked: float) -> None:
    """The job of RQ alone: writes down how long it took to come here."""
    job = get_current_job()
    assert job
    job.connection.rpush("lama", time.time() - asked)


def paced(act: Callable[[int], None]) -> None:
    """Call `act(n)` `RATE` times a second; late calls are made up for at once, so that the rate holds."""
    started, pause = time.monotonic(), threading.Event()
    for number in range(RATE * SECONDS):
        pause.wait(max(0.0, started + number / RATE - time.monotonic()))
        act(number)


def ask(number: int) -> None:
    """One request of a person: one transaction."""
    with acting_for(Context(REGIONS[number % len(REGIONS)], "sistem:ukur", "worker")):
        outbox.enqueue(JOB, {"n": number})
        db.session.commit()


def through_the_outbox(app: Flask, database_url: str) -> list[float]:
    """Seconds from asked to done, of each job."""
    command = [sys.executable, "-m", "bench.jobs"]
    processes = [subprocess.Popen([*command, name], cwd=ROOT) for name in ("relay", *["worker"] * WORKERS)]
    engine, pause = create_engine(database_url), threading.Event()
    try:
        with app.app_context():
            for number in range(RATE):
                ask(number)
            waited(engine, pause)
            with engine.begin() as connection:
                connection.execute(text("DELETE FROM outbox"))
            paced(ask)
            waited(engine, pause)
        with engine.connect() as connection:
            return list(connection.scalars(text("SELECT extract(epoch FROM done_at - created_at)::float FROM outbox")))
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()


def waited(engine: Any, pause: threading.Event) -> None:
    """Until everything is done."""
    for _look in range(1_200):
        with engine.connect() as connection:
            if connection.scalar(text("SELECT count(*) FROM outbox WHERE done_at IS NULL")) == 0:
                return
        pause.wait(0.1)
    raise TimeoutError("pekerjaan tidak selesai dalam dua menit")


def through_rq_alone(redis_url: str) -> list[float]:
    """The same rate into RQ, two of its workers, no database."""
    redis = Redis.from_url(redis_url)
    queue = Queue(PLAIN_QUEUE, connection=redis, serializer=JSONSerializer)
    command = [sys.executable, "-m", "bench.jobs", "rq"]
    processes = [subprocess.Popen(command, cwd=ROOT) for _worker in range(WORKERS)]
    pause = threading.Event()

    def send(_number: int) -> None:
        queue.enqueue("bench.jobs.note_time", time.time(), result_ttl=0)

    def come(count: int) -> None:
        for _look in range(1_200):
            if redis.llen("lama") == count:
                return
            pause.wait(0.1)
        raise TimeoutError("RQ sendiri tidak selesai dalam dua menit")

    for number in range(RATE):
        send(number)
    come(RATE)
    redis.delete("lama")
    paced(send)
    come(RATE * SECONDS)
    for process in processes:
        process.terminate()
        process.wait()
    return [float(seconds) for seconds in redis.lrange("lama", 0, -1)]


def p95(seconds: list[float]) -> float:
    """The value that 95 of 100 stay below."""
    return statistics.quantiles(seconds, n=100)[94]


def run() -> list[Figure]:
    """The figures of this room."""
    with own_database() as settings:
        app = create_app(settings, role="worker")
        outbox.register_job(JOB, write)
        official = {region.id: region for region in load_regions()}
        with app.app_context():
            for number in REGIONS:
                list(provision(Order(number, official[number].subdomain, official[number].kind)))
        mine = p95(through_the_outbox(app, settings.database_url))
        alone = p95(through_rq_alone(settings.redis_url))
    return [
        Figure(
            f"jobs-outbox-to-done-p95-at-{RATE}-a-second", rounded(mine), "s", rounded(alone), round(mine / alone, 2),
            f"value <= {GOAL_SECONDS:g}", mine <= GOAL_SECONDS,
        )
    ]  # fmt: skip


def main(name: str) -> None:
    """One of the processes that are measured."""
    if name == "rq":
        redis = Redis.from_url(os.environ["REDIS_URL"])
        SimpleWorker([PLAIN_QUEUE], connection=redis, serializer=JSONSerializer).work(logging_level="ERROR")
        return
    app = create_app(role="worker")
    outbox.register_job(JOB, write)
    app.cli.main(args=["jobs", name], prog_name="flask", obj=ScriptInfo(create_app=lambda: app))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(sys.argv[1])
    else:
        tell(run())
