"""The pages on which people see jobs."""

from collections.abc import Callable
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from app.services.jobs import outbox, progress
from app.services.operations import decisions
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db
from tests.conftest import A, B
from tests.services.identity.conftest import HOSTS, Browser, post

pytestmark = pytest.mark.usefixtures("people", "clean", "counted_jobs")
DESK = "/pengaturan/pekerjaan"
Row = Callable[[UUID], dict[str, object]]


def test_the_administrator_sees_why_and_repeats(browser: Browser, given_up: UUID, row_of: Row) -> None:
    boss = browser("admin")
    page = boss.get(DESK).get_data(as_text=True)
    assert "Mengirim surat" in page
    assert "SMTPError: putus" in page
    assert post(boss, f"{DESK}/{given_up}/ulangi").status_code == 303
    assert row_of(given_up)["dead_at"] is None
    assert "1 pekerjaan diulang" in boss.get(DESK).get_data(as_text=True)


def test_all_that_failed_is_repeated_at_one_press(browser: Browser, given_up: UUID, row_of: Row) -> None:
    assert post(browser("admin"), f"{DESK}/ulangi").status_code == 303
    assert row_of(given_up)["dead_at"] is None


def test_dropping_asks_first_names_the_thing_and_is_logged(
    browser: Browser, given_up: UUID, row_of: Row, admin: Engine
) -> None:
    boss = browser("admin")
    asked = boss.get(f"{DESK}/{given_up}/buang").get_data(as_text=True)
    assert "Mengirim surat" in asked
    assert "SMTPError" in asked
    assert row_of(given_up)["dropped_at"] is None
    assert post(boss, f"{DESK}/{given_up}/buang").status_code == 303
    assert row_of(given_up)["dropped_at"] is not None
    with admin.connect() as connection:
        noted = connection.execute(text(f"SELECT subject_id FROM audit_log WHERE event = '{decisions.DROPPED}'"))
        assert str(given_up) in set(noted.scalars())
    assert post(boss, f"{DESK}/{given_up}/buang").status_code == 303
    assert "tidak menunggu keputusan lagi" in boss.get(DESK).get_data(as_text=True)


def test_a_neighbours_administrator_reaches_none_of_it(browser: Browser, given_up: UUID, row_of: Row) -> None:
    stranger = browser("admin", B)
    assert stranger.get(f"/pekerjaan/{given_up}", base_url=HOSTS[B]).status_code == 404
    assert post(stranger, f"{DESK}/{given_up}/buang", B).status_code == 404
    post(stranger, f"{DESK}/{given_up}/ulangi", B)
    assert row_of(given_up)["dead_at"] is not None


@pytest.fixture
def asked_by_clerk(worker_app: Flask, admin: Engine) -> UUID:
    """A job that the account `opd` asked for."""
    with admin.connect() as connection:
        clerk = connection.scalar(text(f"SELECT id FROM accounts WHERE region_id = {A} AND email LIKE 'opd@%'"))
    with worker_app.app_context(), acting_for(Context(A, str(clerk), "worker")):
        number = outbox.enqueue("uji.lama", {"number": 1, "seconds": 0})
        db.session.commit()
    return number


def test_who_asked_watches_it_to_its_result(browser: Browser, worker_app: Flask, asked_by_clerk: UUID) -> None:
    clerk, path = browser("opd"), f"/pekerjaan/{asked_by_clerk}"
    waiting = clerk.get(path)
    assert waiting.headers["Refresh"] == "3"
    assert "Menunggu" in waiting.get_data(as_text=True)
    assert "Refresh" not in clerk.get(path + "?diam=1").headers
    with worker_app.app_context(), acting_for(Context(A, "sistem:worker", "worker")):
        assert outbox.perform(asked_by_clerk)
    ended = clerk.get(path)
    assert "Refresh" not in ended.headers
    page = ended.get_data(as_text=True)
    assert 'href="/hibah"' in page
    assert "2 dari 2" in page


def test_nobody_else_but_the_administrator_sees_it(browser: Browser, asked_by_clerk: UUID) -> None:
    assert browser("tapd").get(f"/pekerjaan/{asked_by_clerk}").status_code == 404
    assert browser("admin").get(f"/pekerjaan/{asked_by_clerk}").status_code == 200


def test_progress_stands_on_the_page_while_the_job_runs(
    browser: Browser, worker_app: Flask, asked_by_clerk: UUID
) -> None:
    with worker_app.app_context(), acting_for(Context(A, "sistem:worker", "worker")):
        claim = outbox.claim(asked_by_clerk)
        outbox._running.set(claim)
        progress.start(1_200, "Membaca baris")
        outbox._running.set(None)
    page = browser("opd").get(f"/pekerjaan/{asked_by_clerk}").get_data(as_text=True)
    assert "Membaca baris" in page
    assert "0 dari 1.200" in page
