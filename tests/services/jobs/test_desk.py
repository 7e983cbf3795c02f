"""Jobs as the administrator, the asker and the operator see them."""

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from app.services.jobs import desk, outbox, progress
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db
from tests.conftest import A, B
from tests.services.jobs.conftest import ask

pytestmark = pytest.mark.usefixtures("clean", "counted_jobs")
Row = Callable[[UUID], dict[str, object]]


@pytest.fixture
def inside(worker_app: Flask) -> Iterator[None]:
    with worker_app.app_context(), acting_for(Context(A, "sistem:uji", "worker")):
        yield
        db.session.rollback()


@pytest.mark.usefixtures("inside")
def test_every_state_is_counted(given_up: UUID, admin: Engine) -> None:
    waiting, running, again, done = (ask("retensi.jalankan") for _job in range(4))
    with acting_for(Context(A, "sistem:worker", "worker")):
        outbox.claim(running)
        assert outbox.perform(done)
    with admin.begin() as connection:
        connection.execute(text("UPDATE outbox SET attempts = 1 WHERE id = :id"), {"id": again})
    shown = desk.desk()
    assert shown.counts == {"MENUNGGU": 1, "DIULANG": 1, "BERJALAN": 1, "GAGAL": 1}
    assert {work.id for work in shown.open} == {waiting, running, again}
    assert [(work.id, work.error, work.state) for work in shown.dead] == [(given_up, "SMTPError: putus", "GAGAL")]


@pytest.mark.usefixtures("inside")
def test_a_repeated_job_begins_anew_and_is_done(given_up: UUID, row_of: Row) -> None:
    assert desk.repeat([given_up]) == 1
    db.session.commit()
    assert outbox.take_due(10) == [given_up]
    db.session.commit()
    assert outbox.perform(given_up)
    assert row_of(given_up)["attempts"] == 1


@pytest.mark.usefixtures("inside")
def test_a_dropped_job_is_gone_for_good_and_its_address_forgotten(given_up: UUID, row_of: Row) -> None:
    assert desk.drop(given_up)
    assert not desk.drop(given_up)
    assert desk.repeat() == 0
    db.session.commit()
    assert row_of(given_up)["payload"] == {}
    assert desk.dead() == []


@pytest.mark.usefixtures("inside")
def test_only_what_was_given_up_can_be_dropped() -> None:
    assert not desk.drop(ask("retensi.jalankan"))


@pytest.mark.usefixtures("inside")
def test_a_neighbour_neither_repeats_nor_drops(given_up: UUID) -> None:
    with acting_for(Context(B, "sistem:uji", "worker")):
        db.session.rollback()
        assert desk.repeat() == 0
        assert not desk.drop(given_up)
        assert desk.one(given_up) is None


@pytest.mark.usefixtures("inside")
def test_progress_is_seen_while_the_job_runs_and_stays_when_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[progress.Progress | None] = []

    def watched(_payload: dict[str, object]) -> None:
        monkeypatch.setattr(progress, "WRITE_SECONDS", 0)
        progress.start(3, "membaca")
        progress.step(2, "menulis")
        seen.append(other_session(number))
        raise OSError("mati")

    outbox.register_job("uji.dilihat", watched)
    number = ask("uji.dilihat")
    with pytest.raises(OSError, match="mati"):
        outbox.perform(number)
    assert seen[0]
    assert (seen[0].done, seen[0].total, seen[0].note, seen[0].finished_at) == (2, 3, "menulis", None)
    kept = progress.of(number)
    assert kept
    assert (kept.done, kept.finished_at) == (2, None)


def other_session(number: UUID) -> progress.Progress | None:
    """What another connection sees at this moment."""
    with db.engine.begin() as connection:
        row = connection.execute(
            text("SELECT done, total, note, url, updated_at, finished_at FROM job_progress WHERE outbox_id = :id"),
            {"id": number},
        ).mappings()
        return progress.Progress(**row.one())


@pytest.mark.usefixtures("inside")
def test_a_finished_job_leads_to_its_result() -> None:
    number = ask("uji.lama", number=7, seconds=0)
    assert outbox.perform(number)
    work, found = desk.one(number) or (None, None)
    assert work
    assert found
    assert (work.state, found.done, found.total, found.note, found.url) == ("SELESAI", 2, 2, "selesai", "/hibah")


@pytest.mark.usefixtures("inside")
def test_progress_outside_a_job_does_nothing(admin: Engine) -> None:
    progress.start(3)
    progress.step()
    progress.finish()
    with admin.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM job_progress")) == 0


@pytest.mark.usefixtures("inside")
def test_old_jobs_go_and_old_given_up_ones_lose_their_payload(given_up: UUID, admin: Engine, row_of: Row) -> None:
    old, recent = ask("uji.lama", number=1, seconds=0), ask("uji.hitung", number=2)
    for number in (old, recent):
        outbox.perform(number)
    with admin.begin() as connection:
        for column, number, days in (("done_at", old, 31), ("dead_at", given_up, 91)):
            aged = f"UPDATE outbox SET {column} = now() - interval '{days} days' WHERE id = :id"
            connection.execute(text(aged), {"id": number})
    desk.clean({})
    db.session.commit()
    assert desk.one(old) is None
    assert desk.one(recent)
    assert row_of(given_up)["payload"] == {}


def test_the_operator_lists_and_repeats(worker_app: Flask, given_up: UUID) -> None:
    run = worker_app.test_cli_runner().invoke
    assert str(given_up) in run(args=["jobs", "dead", "--region", "32.73"]).output
    assert '"SMTPError: putus"' in run(args=["jobs", "dead", "--region", "3273", "--json"]).output
    assert run(args=["jobs", "requeue", "--region", "32.73"]).exit_code == 2
    assert run(args=["jobs", "requeue", "--region", "32.04", str(given_up)]).exit_code == 1
    assert run(args=["jobs", "requeue", "--region", "32.73", str(given_up)]).output == "1 pekerjaan diulang\n"
    assert run(args=["jobs", "dead", "--region", "99.99"]).exit_code == 2


def test_every_command_has_an_example(worker_app: Flask) -> None:
    for command in worker_app.cli.commands["jobs"].commands.values():
        assert "Contoh: flask jobs" in (command.help or ""), command.name
