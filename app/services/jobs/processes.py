"""The three processes beside the web: relay (outbox -> RQ), worker, scheduler. Redis carries ids only, no data."""

import logging
import select
from collections import deque
from collections.abc import Callable
from uuid import UUID

import click
import psycopg2
from flask import Flask, current_app
from flask.cli import AppGroup
from redis import Redis
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

from app.services.jobs import outbox
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db
from app.tenancy.site import LANDING, live_sites
from config.logs import LogContext, log_context
from config.settings import Settings

log = logging.getLogger(__name__)
group = AppGroup("jobs", help="Pekerjaan di belakang layar: relay, worker, scheduler.")
BATCH = 20
SWEEP_SECONDS = 30.0
JOB_SECONDS = 600
#: job -> how often it is asked for in every live region, seconds.
_schedules: dict[str, int] = {}


def register_schedule(job: str, seconds: int) -> None:
    """Ask for `job` in every live region once each `seconds`."""
    _schedules[job] = seconds


def queue(settings: Settings) -> Queue:
    """The deployment's RQ queue."""
    return Queue(settings.queue, connection=Redis.from_url(settings.redis_url), serializer=JSONSerializer)


def relay_region(region_id: int, send: Callable[[int, UUID], None]) -> int:
    """Send one batch of one region's waiting jobs; returns how many, so that the caller may come back for more."""
    with acting_for(Context(region_id, "sistem:relay", "worker")):
        numbers = outbox.take_due(BATCH)
        db.session.commit()
    for number in numbers:
        send(region_id, number)
    return len(numbers)


def working_regions() -> list[int]:
    """The nation, then every live region: whose jobs are sent and whose schedule runs."""
    return [LANDING.region_id, *(site.region_id for site in live_sites())]


def relay_all(regions: deque[int], send: Callable[[int, UUID], None]) -> None:
    """Round robin: a region with a thousand jobs waits behind each other region after every batch."""
    while regions:
        region_id = regions.popleft()
        if relay_region(region_id, send) == BATCH:
            regions.append(region_id)


def work(region_id: int, number: str) -> None:
    """What RQ calls: one job in its region's context."""
    token = log_context.set(LogContext(number, region_id, "sistem:worker"))
    try:
        with acting_for(Context(region_id, "sistem:worker", "worker")):
            outbox.perform(UUID(number))
    finally:
        db.session.remove()
        log_context.reset(token)


def _sender(settings: Settings) -> Callable[[int, UUID], None]:
    target = queue(settings)

    def send(region_id: int, number: UUID) -> None:
        target.enqueue(
            work, region_id, str(number), job_timeout=JOB_SECONDS, result_ttl=0, failure_ttl=3600
        )

    return send


@group.command("relay")
def relay() -> None:
    """Kirim isi kotak keluar ke antrean; satu atau lebih boleh berjalan. Contoh: flask jobs relay"""
    settings: Settings = current_app.extensions["settings"]
    send = _sender(settings)
    listener = psycopg2.connect(settings.role_url("smartcity_worker").replace("+psycopg2", ""))
    listener.autocommit = True
    listener.cursor().execute(f"LISTEN {outbox.CHANNEL}")
    while True:
        # Every region once in half a minute, whatever was heard: a notice is lost when nobody listens.
        relay_all(deque(working_regions()), send)
        while select.select([listener], [], [], SWEEP_SECONDS)[0]:
            listener.poll()
            heard = dict.fromkeys(int(notice.payload) for notice in listener.notifies)
            listener.notifies.clear()
            relay_all(deque(heard), send)


@group.command("worker")
def worker() -> None:
    """Kerjakan antrean. Contoh: flask jobs worker"""
    settings: Settings = current_app.extensions["settings"]
    target = queue(settings)
    SimpleWorker([target], connection=target.connection, serializer=JSONSerializer).work(logging_level="WARNING")


def tick(redis: Redis) -> int:
    """Ask for what is due, once for all schedulers of the deployment; returns how many jobs were asked for."""
    asked = 0
    for job, seconds in _schedules.items():
        if not redis.set(f"jadwal:{job}", "1", nx=True, ex=seconds):
            continue
        for region_id in working_regions():
            with acting_for(Context(region_id, "sistem:jadwal", "worker")):
                outbox.enqueue(job, {})
                db.session.commit()
            asked += 1
    return asked


@group.command("scheduler")
def scheduler() -> None:
    """Minta pekerjaan berkala. Contoh: flask jobs scheduler"""
    settings: Settings = current_app.extensions["settings"]
    redis = Redis.from_url(settings.redis_url)
    while True:
        tick(redis)
        select.select([], [], [], SWEEP_SECONDS)


@group.command("list")
def list_jobs() -> None:
    """Pekerjaan yang terdaftar. Contoh: flask jobs list"""
    for name in outbox.jobs():
        every = f"tiap {_schedules[name]} detik" if name in _schedules else "bila diminta"
        click.echo(f"{name:24} {every}")


def init_app(app: Flask) -> None:
    """Attach the commands."""
    app.cli.add_command(group)
