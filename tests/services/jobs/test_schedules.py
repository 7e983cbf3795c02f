"""What is asked for again and again: once for each time, whatever becomes of Redis or of a scheduler."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from app.kernel import clock
from app.services.jobs import schedules
from app.services.jobs.schedules import Planner, Schedule, register_schedule
from app.tenancy.site import Site, live_sites
from tests.conftest import A

pytestmark = pytest.mark.usefixtures("clean")


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> None:
    """No schedule but the test's own."""
    monkeypatch.setattr(schedules, "_schedules", {})


@pytest.fixture
def sites(worker_app: Flask) -> Iterator[list[Site]]:
    with worker_app.app_context():
        yield [site for site in live_sites() if site.region_id == A]


def asked(admin: Engine) -> list[str]:
    with admin.connect() as connection:
        sql = "SELECT job FROM outbox WHERE actor = 'sistem:jadwal' ORDER BY created_at"
        return list(connection.scalars(text(sql)))


def make_due(admin: Engine, ago: timedelta) -> None:
    with admin.begin() as connection:
        connection.execute(text("UPDATE job_schedules SET next_due = :due"), {"due": clock.now() - ago})


@pytest.mark.usefixtures("only")
def test_two_schedulers_ask_once(sites: list[Site], admin: Engine) -> None:
    register_schedule("retensi.jalankan", 3600)
    assert [Planner().tick(sites), Planner().tick(sites)] == [1, 0]
    assert asked(admin) == ["retensi.jalankan"]


@pytest.mark.usefixtures("only")
def test_a_scheduler_that_slept_three_days_makes_up_for_one_run(sites: list[Site], admin: Engine) -> None:
    register_schedule("retensi.jalankan", 3600)
    Planner().tick(sites)
    make_due(admin, timedelta(days=3))
    planner = Planner()
    assert [planner.tick(sites), planner.tick(sites), Planner().tick(sites)] == [1, 0, 0]
    assert len(asked(admin)) == 2


@pytest.mark.usefixtures("only")
def test_a_scheduler_that_saw_the_same_time_asks_for_no_second_run(sites: list[Site], admin: Engine) -> None:
    """Its clock stands still between reading and writing; the run's key is what holds."""
    register_schedule("retensi.jalankan", 3600)
    Planner().tick(sites)
    make_due(admin, timedelta(minutes=1))
    with admin.connect() as connection:
        due = connection.scalar(text("SELECT next_due FROM job_schedules"))
    assert Planner().tick(sites) == 1
    with admin.begin() as connection:
        connection.execute(text("UPDATE job_schedules SET next_due = :due"), {"due": due})
    Planner().tick(sites)
    assert len(asked(admin)) == 2


@pytest.mark.usefixtures("only")
def test_a_cron_line_waits_for_its_time_and_a_changed_one_counts_anew(sites: list[Site], admin: Engine) -> None:
    register_schedule("retensi.jalankan", "0 6 * * *")
    assert Planner().tick(sites) == 0
    make_due(admin, timedelta(seconds=1))
    register_schedule("retensi.jalankan", "0 7 * * *")
    assert Planner().tick(sites) == 0
    with admin.connect() as connection:
        due = connection.scalar(text("SELECT next_due FROM job_schedules"))
    assert due.astimezone(ZoneInfo("Asia/Jakarta")).hour == 7


@pytest.mark.parametrize(("zone", "utc_hour"), [("Asia/Jakarta", 23), ("Asia/Makassar", 22), ("Asia/Jayapura", 21)])
def test_six_in_the_morning_is_six_where_the_region_lies(zone: str, utc_hour: int) -> None:
    noon = datetime(2026, 3, 1, 12, tzinfo=ZoneInfo("UTC"))
    assert Schedule("x", "0 6 * * *").next_after(noon, zone).astimezone(ZoneInfo("UTC")).hour == utc_hour


@pytest.mark.parametrize("rule", [0, -5, "setiap hari", "61 * * * *", ""])
def test_a_rule_that_is_none_is_refused(rule: int | str) -> None:
    with pytest.raises(ValueError, match="jadwal"):
        register_schedule("retensi.jalankan", rule)
