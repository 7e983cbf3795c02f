"""`flask jobs …`: the three processes beside the web (relay, worker, scheduler), and what is registered."""

import json
import logging
import time
from collections.abc import Callable

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from redis import RedisError
from sqlalchemy.exc import OperationalError

from app.services.jobs import desk, outbox
from app.services.jobs import worker as workers
from app.services.jobs.line import Line
from app.services.jobs.relay import Relay
from app.services.jobs.schedules import Planner, register_schedule, schedules
from app.services.jobs.stopping import Stop
from app.tenancy.database import db
from app.tenancy.site import working_sites
from config.settings import Settings

__all__ = ["group", "init_app", "register_chore", "register_schedule"]

log = logging.getLogger(__name__)
group = AppGroup("jobs", help="Pekerjaan di belakang layar: relay, worker, scheduler, dan yang gagal.")
TICK_SECONDS = 10.0
CLEAN_RULE = "40 2 * * *"


#: What the scheduler does beside asking for jobs: (every how many seconds, what).
_chores: list[tuple[float, Callable[[], None]]] = []


def register_chore(seconds: float, act: Callable[[], None]) -> None:
    """Let the scheduler process call `act` so often; it may fail for want of Redis or the database."""
    if (seconds, act) not in _chores:
        _chores.append((seconds, act))


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings


@group.command("relay")
def relay() -> None:
    """Kirim isi kotak keluar ke antrean; satu atau lebih boleh berjalan. Contoh: flask jobs relay"""
    settings = _settings()
    dsn = settings.role_url("smartcity_worker").replace("+psycopg2", "")
    Relay(Line(settings), dsn, Stop().install()).run()


@group.command("worker")
def worker() -> None:
    """Kerjakan antrean; SIGTERM menunggu pekerjaan yang sedang berjalan. Contoh: flask jobs worker"""
    workers.run(Line(_settings()))


@group.command("scheduler")
def scheduler() -> None:
    """Minta pekerjaan berkala; satu atau lebih boleh berjalan. Contoh: flask jobs scheduler"""
    stop, planner = Stop().install(), Planner()
    due = dict.fromkeys(range(len(_chores)), 0.0)
    while not stop.asked:
        try:
            planner.tick(working_sites())
            for number, (seconds, act) in enumerate(_chores):
                if due[number] <= time.monotonic():
                    due[number] = time.monotonic() + seconds
                    act()
        except (OperationalError, RedisError) as error:
            log.warning("penjadwal terputus (%s); dicoba lagi", type(error).__name__)
            db.session.rollback()
        stop.wait(TICK_SECONDS)


@group.command("list")
@click.option("--json", "as_json", is_flag=True, help="Satu larik JSON.")
def list_jobs(*, as_json: bool) -> None:
    """Pekerjaan yang terdaftar dan jadwalnya. Contoh: flask jobs list"""
    rules = {name: schedule.rule for name, schedule in schedules().items()}
    if as_json:
        rows = [{"job": name, "title": str(job.title), "rule": rules.get(name)} for name, job in outbox.jobs().items()]
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for name, job in outbox.jobs().items():
        click.echo(f"{name:24} {_every(rules.get(name)):24} {job.title}")


def _every(rule: str | None) -> str:
    return "bila diminta" if rule is None else f"tiap {rule} detik" if rule.isdigit() else f"cron {rule}"


def init_app(app: Flask) -> None:
    """Attach the commands and the clean-up."""
    desk.register()
    register_schedule(desk.CLEAN_JOB, CLEAN_RULE)
    app.cli.add_command(group)
