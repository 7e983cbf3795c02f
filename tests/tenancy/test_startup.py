"""A process looks at the walls before it trusts them: production refuses, a demonstration warns."""

import json
import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from app import create_app
from app.services.jobs import processes
from app.tenancy import roles, startup
from app.tenancy.database import db
from app.tenancy.startup import UnsafeDatabase
from config import logs
from config.settings import Settings
from tenants.commands import tenants

BROKEN = "ALTER TABLE region_settings NO FORCE ROW LEVEL SECURITY"
WHOLE = "ALTER TABLE region_settings FORCE ROW LEVEL SECURITY"


@pytest.fixture
def broken(admin: Engine) -> Iterator[None]:
    """The worker's database with one wall down."""
    with admin.begin() as connection:
        connection.execute(text(BROKEN))
    yield
    with admin.begin() as connection:
        connection.execute(text(WHOLE))


@pytest.fixture
def trusted_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever server runs the tests, it is new enough."""
    monkeypatch.setattr(startup, "version_problem", lambda _version: None)


@pytest.fixture
def old_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever server runs the tests, it is too old."""
    monkeypatch.setattr(roles, "VERSION_FLOOR", {99: 0})


@pytest.fixture(autouse=True)
def own_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another application would take the log away from the test."""
    monkeypatch.setattr(logs, "configure", lambda **_given: None)


@pytest.fixture
def production(settings: Settings, worker_app: Flask) -> Settings:
    assert worker_app is not None
    return replace(settings, production=True)


@pytest.mark.usefixtures("broken", "trusted_server")
def test_production_refuses_to_start_behind_a_broken_wall(production: Settings) -> None:
    with pytest.raises(UnsafeDatabase, match="region_settings"):
        startup.look_now(create_app(production))


@pytest.mark.usefixtures("broken", "trusted_server")
@pytest.mark.parametrize("role", ["app", "worker"])
def test_production_refuses_each_query_until_the_wall_is_up(production: Settings, admin: Engine, role: str) -> None:
    app = create_app(production, role=role)
    with app.app_context():
        for _attempt in range(2):
            with pytest.raises(UnsafeDatabase):
                db.session.execute(text("SELECT 1"))
            db.session.rollback()
        with admin.begin() as connection:
            connection.execute(text(WHOLE))
        assert db.session.execute(text("SELECT 1")).scalar_one() == 1
        db.session.remove()


@pytest.mark.usefixtures("old_server")
def test_production_refuses_a_server_below_the_security_floor(production: Settings) -> None:
    with pytest.raises(UnsafeDatabase, match="CVE-2026-120154"):
        startup.look_now(create_app(production))


@pytest.mark.usefixtures("broken", "old_server")
def test_a_demonstration_starts_and_warns_once(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger=startup.__name__):
        app = create_app(settings)
        startup.look_now(app)
        startup.look_now(app)
    warnings = [record.getMessage() for record in caplog.records if record.name == startup.__name__]
    assert len(warnings) == 2
    assert "CVE-2026-120154" in warnings[0]
    assert "region_settings" in warnings[1]


@pytest.mark.usefixtures("trusted_server")
def test_a_whole_database_starts_without_a_word(production: Settings, caplog: pytest.LogCaptureFixture) -> None:
    startup.look_now(create_app(production))
    assert not [record for record in caplog.records if record.name == startup.__name__]


def test_a_database_that_does_not_answer_yet_is_looked_at_later(settings: Settings) -> None:
    nowhere = replace(settings, database_url="postgresql+psycopg2://postgres@127.0.0.1:1/tidak_ada")
    app = create_app(nowhere)
    startup.look_now(app)
    with app.app_context(), pytest.raises(Exception, match=r"refused|Connection"):
        db.session.execute(text("SELECT 1"))


@pytest.mark.usefixtures("broken")
def test_the_command_names_what_is_broken_and_fails(worker_app: Flask, admin: Engine) -> None:
    runner = worker_app.test_cli_runner()
    answer = runner.invoke(tenants, ["lint"])
    assert (answer.exit_code, "region_settings" in answer.output) == (1, True)
    assert "region_settings" in json.loads(runner.invoke(tenants, ["lint", "--json"]).output)["broken"][0]
    with admin.begin() as connection:
        connection.execute(text(WHOLE))
    assert runner.invoke(tenants, ["lint"]).exit_code == 0


@pytest.mark.usefixtures("old_server")
def test_the_command_fails_for_an_old_server_in_production_only(production: Settings, settings: Settings) -> None:
    assert "CVE-2026-120154" in startup.report(production)[0][0]
    assert "CVE-2026-120154" in startup.report(settings)[1][0]


@pytest.mark.usefixtures("broken")
def test_the_scheduler_looks_every_day(worker_app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    assert (24 * 3600, startup.look_again) in processes._chores
    with worker_app.app_context(), caplog.at_level(logging.ERROR, logger=startup.__name__):
        startup.look_again()
    told = [record.getMessage() for record in caplog.records if record.name == startup.__name__]
    assert told == ["basis data: row-level security menyala dan dipaksakan: region_settings"]
