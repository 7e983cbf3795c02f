"""Every registered job: nothing without a context, and nothing of B with A's, whatever its payload names."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from app.kernel.identifiers import uuid7
from app.services.jobs import outbox, relay, worker
from app.tenancy.context import Context, NoContext, acting_for
from app.tenancy.database import db
from config.settings import Settings
from tests.conftest import A, B
from tests.isolation.planting import Planted
from tests.isolation.probes import fingerprints
from tests.services.jobs.conftest import PAYLOADS

WORKER = Context(A, "sistem:worker", "worker")


@pytest.fixture(autouse=True)
def clean(admin: Engine, rows_of_a: Planted, rows_of_b: Planted) -> Iterator[None]:
    """What the jobs themselves asked for goes away; the planted rows stay."""
    yield
    kept = {"a": rows_of_a.rows["outbox"], "b": rows_of_b.rows["outbox"]}
    with admin.begin() as connection:
        connection.execute(text("DELETE FROM outbox WHERE id NOT IN (:a, :b)"), kept)


def files_of_b(settings: Settings) -> dict[Path, bytes]:
    """Everything that lies in a folder of region B."""
    return {file: file.read_bytes() for file in settings.var_dir.rglob(f"*/{B}/**/*") if file.is_file()}


def ask(job: str, payload: dict[str, Any], region: int = A) -> UUID:
    with acting_for(Context(region, "sistem:uji", "worker")):
        number = outbox.enqueue(job, payload)
        db.session.commit()
    return number


def aimed(payload: dict[str, Any], rows: Planted) -> dict[str, Any]:
    """The same payload, naming things of B: its region, its keys, and whatever else a job may look for."""
    keys = {f"{table}_id": number for table, number in rows.rows.items()}
    named = {key: value for key, value in payload.items() if not isinstance(value, UUID)}
    return {**keys, **named, "region_id": B, "region": B, "id": rows.rows["accounts"], "account_id": rows.rows["accounts"]}


def test_there_are_jobs() -> None:
    assert len(outbox.jobs()) >= 2


@pytest.mark.parametrize("smtp_url", ["", "smtp://127.0.0.1:1"])
def test_each_job_raises_without_a_context(
    worker_app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch, smtp_url: str
) -> None:
    """Called by name or directly, in a demonstration or with a mail server: without saying for whom, nothing is done."""
    monkeypatch.setitem(worker_app.extensions, "settings", replace(settings, smtp_url=smtp_url))
    quiet = []
    with worker_app.app_context():
        for name, job in outbox.jobs().items():
            payload = PAYLOADS.get(name, {})
            with pytest.raises(NoContext):
                outbox.enqueue(name, payload)
            number = ask(name, payload)
            with pytest.raises(NoContext):
                outbox.perform(number)
            try:
                getattr(job, "run", job)(payload)
                quiet.append(name)
            except NoContext:
                db.session.rollback()
    assert quiet == []


def test_each_job_changes_only_its_own_region(worker_app: Flask, admin: Engine, settings: Settings) -> None:
    """A new job is covered by being registered; what it needs in its payload is written beside the tests of jobs."""
    with admin.connect() as connection:
        before, files = fingerprints(connection, f"region_id = {B}"), files_of_b(settings)
    with worker_app.app_context():
        for name in outbox.jobs():
            number = ask(name, PAYLOADS.get(name, {}))
            with acting_for(WORKER):
                assert outbox.perform(number), name
                assert not outbox.perform(number), name
    with admin.connect() as connection:
        assert fingerprints(connection, f"region_id = {B}") == before
    assert files_of_b(settings) == files


def test_a_payload_that_names_another_region_reaches_nothing_there(
    worker_app: Flask, admin: Engine, settings: Settings, rows_of_b: Planted
) -> None:
    """Whether the job then fails or finds nothing is its own affair."""
    with admin.connect() as connection:
        before, files = fingerprints(connection, f"region_id = {B}"), files_of_b(settings)
    said = []
    with worker_app.app_context():
        for name in outbox.jobs():
            number = ask(name, aimed(PAYLOADS.get(name, {}), rows_of_b))
            with acting_for(WORKER):
                try:
                    outbox.perform(number)
                except Exception as error:  # noqa: BLE001 (any refusal will do)
                    db.session.rollback()
                    said.append(str(error))
    assert not [message for message in said if rows_of_b.mark in message]
    with admin.connect() as connection:
        assert fingerprints(connection, f"region_id = {B}") == before
    assert files_of_b(settings) == files


def test_a_job_of_b_is_not_taken_begun_or_done_from_a(worker_app: Flask, admin: Engine) -> None:
    """Redis carries a region's and a job's number: neither a wrong pair nor a guessed one does anything."""
    with worker_app.app_context():
        numbers = [ask(name, PAYLOADS.get(name, {}), B) for name in outbox.jobs()]
        with admin.connect() as connection:
            before = fingerprints(connection, f"region_id = {B}")
        with acting_for(WORKER):
            assert not set(numbers) & set(outbox.take_due(1_000))
            db.session.rollback()
        for number in (*numbers, uuid7()):
            worker.work(A, str(number))
        with admin.connect() as connection:
            assert fingerprints(connection, f"region_id = {B}") == before


def test_a_false_notice_does_not_stop_the_relay_of_all_regions() -> None:
    """Whoever can inject SQL in one region can send any notice that he likes."""
    sent = ["3273", "x", "", "-1", "9" * 40, "3273; DROP", "\u0663", "32"]
    assert relay.regions_heard(sent) == [3273, 32]
