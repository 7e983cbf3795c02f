"""One embedded server for the whole run, one database a worker: migrated, with two regions and a third for contrast."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, create_engine, text
from werkzeug.test import TestResponse

from app import create_app
from app.sabilulungan.demo import make_proposals
from app.tenancy.context import Context, acting_for
from app.tenancy.roles import prepare_database
from config import servers
from config import settings as configuration
from config.settings import Settings
from tenants.provision import Order, provision
from tenants.registry import load_into_database, load_regions

A, B = 3273, 3204
PROPOSALS = 30


@pytest.fixture(scope="session")
def admin_url(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[str]:
    """The administrator's URL of the one server; DATABASE_URL names another server to use instead."""
    if os.environ.get("DATABASE_URL"):
        yield os.environ["DATABASE_URL"]
        return
    shared = tmp_path_factory.getbasetemp().parent if worker_id != "master" else tmp_path_factory.getbasetemp()
    # The socket's path must stay short, so the data lie in the system's temporary folder, named after this run.
    folder = Path(tempfile.gettempdir()) / f"smartcity-uji-{shared.name}-{os.getuid()}"
    with FileLock(str(folder) + ".lock"):
        folder.mkdir(exist_ok=True)
        url = servers.start_postgres(folder / "pg")
    yield url


@pytest.fixture(scope="session")
def settings(admin_url: str, worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of a database of this worker alone."""
    name = f"uji_{worker_id}"
    engine = create_engine(admin_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"))
    base, _, query = admin_url.partition("?")
    url = f"{base.rpartition('/')[0]}/{name}" + (f"?{query}" if query else "")
    env = {
        "DATABASE_URL": url,
        "VAR_DIR": str(tmp_path_factory.mktemp("var")),
        "MASTER_KEY": "kunci-uji-yang-cukup-panjang-0123456789",
    }
    os.environ.update(env)
    loaded = configuration.load(env)
    # Roles belong to the server, not to the database: two workers must not create them at once.
    with FileLock(str(Path(tempfile.gettempdir()) / f"smartcity-peran-{os.getuid()}.lock")):
        prepare_database(loaded)
    load_into_database(loaded)
    yield loaded
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture(scope="session")
def worker_app(settings: Settings) -> Flask:
    """The application as jobs and commands see it, with regions A and B provisioned and filled."""
    app = create_app(settings, role="worker")
    regions = {region.id: region for region in load_regions()}
    with app.app_context():
        for number in (0, 32, A, B):
            region = regions[number]
            list(provision(Order(region.id, region.subdomain, region.kind, demo=number in {A, B})))
        for number in (A, B):
            with acting_for(Context(number, "sistem:uji", "worker")):
                make_proposals(PROPOSALS)
    return app


@pytest.fixture(scope="session")
def web_app(worker_app: Flask, settings: Settings) -> Flask:
    """The application as gunicorn serves it."""
    assert worker_app is not None
    return create_app(settings)


class Visitor(FlaskClient):
    """A browser on region A's host, unless a request says otherwise."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        kwargs.setdefault("base_url", "http://bandung.localhost")
        # A streamed file holds its request's context until it is read: the next request must not find it.
        kwargs.setdefault("buffered", True)
        return super().open(*args, **kwargs)


@pytest.fixture
def client(web_app: Flask) -> FlaskClient:
    """A visitor of region A."""
    return Visitor(web_app, web_app.response_class)


@pytest.fixture(scope="session")
def admin(settings: Settings, worker_app: Flask) -> Iterator[Engine]:
    """The administrator's engine on this worker's database, to look behind the policies."""
    assert worker_app is not None
    engine = create_engine(settings.database_url)
    yield engine
    engine.dispose()


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Under CI=true a skipped test is a failed run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") == "true" and reporter and reporter.stats.get("skipped") and exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
