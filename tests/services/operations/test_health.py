"""Whether a process may be given visitors, what it counts, and what one request leaves in the log."""

import json
import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine, text

from app import create_app
from app.services.operations import health, measures
from app.services.operations.measures import Measure, register_measure
from app.services.operations.traffic import EDGES, Traffic
from app.tenancy.context import current
from config.logs import JsonFormatter
from config.settings import Settings
from tests.conftest import A, B, Visitor
from tests.services.jobs.conftest import Server, ask

TOKEN = "rahasia-ukur"


@pytest.fixture
def running(settings: Settings, worker_app: Flask, server: Server) -> Iterator[Flask]:
    """A web process with a Redis and a token."""
    assert worker_app is not None
    app = create_app(replace(settings, redis_url=server.url, metrics_token=TOKEN, queue="uji"))
    yield app
    app.extensions["traffic"].close()


@pytest.fixture
def visitor(running: Flask) -> FlaskClient:
    return Visitor(running, running.response_class)


def test_a_process_with_everything_is_ready(visitor: FlaskClient) -> None:
    assert visitor.get("/sehat").get_data() == b"sehat\n"
    assert visitor.get("/siap?ketat=1").get_data() == b"siap\n"


def test_without_redis_pages_are_served_but_a_deploy_is_refused(visitor: FlaskClient, server: Server) -> None:
    server.kill()
    answer = visitor.get("/siap")
    assert (answer.status_code, answer.get_data(as_text=True)) == (200, "siap\nredis: terganggu\n")
    assert visitor.get("/siap?ketat=1").status_code == 503


@pytest.mark.parametrize(("version", "status"), [("0007", 503), ("9999", 200)])
def test_an_old_schema_is_not_ready_and_a_newer_one_is(
    visitor: FlaskClient, admin: Engine, version: str, status: int
) -> None:
    head, _known = health.revisions()
    with admin.begin() as connection:
        connection.execute(text("UPDATE tenancy.alembic_version SET version_num = :v"), {"v": version})
    try:
        assert visitor.get("/siap").status_code == status
    finally:
        with admin.begin() as connection:
            connection.execute(text("UPDATE tenancy.alembic_version SET version_num = :v"), {"v": head})


def test_a_full_disk_is_not_ready(visitor: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "FREE_BYTES", 1 << 62)
    answer = visitor.get("/siap")
    assert answer.status_code == 503
    assert "ruang disk: terganggu" in answer.get_data(as_text=True)


def test_a_database_that_is_away_is_503_and_not_an_error_of_ours(settings: Settings) -> None:
    away = replace(settings, database_url="postgresql+psycopg2://postgres@127.0.0.1:1/tidak-ada")
    answer = create_app(away).test_client().get("/siap", headers={"Host": "bandung.localhost"})
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"


def test_metrics_want_the_token(visitor: FlaskClient, client: FlaskClient) -> None:
    assert client.get("/metrics").status_code == 404
    for headers in ({}, {"Authorization": "Bearer salah"}, {"Authorization": TOKEN}):
        assert visitor.get("/metrics", headers=headers).status_code == 401


Samples = dict[tuple[str, tuple[str, ...]], float]


def scraped(visitor: FlaskClient) -> Samples:
    page = visitor.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).get_data(as_text=True)
    families = text_string_to_metric_families(page)
    return {(s.name, tuple(sorted(s.labels.values()))): s.value for family in families for s in family.samples}


def test_two_processes_add_up_and_unknown_hosts_make_no_labels(
    visitor: FlaskClient, running: Flask, settings: Settings, server: Server
) -> None:
    other = create_app(running.extensions["settings"])
    second = Visitor(other, other.response_class)
    visitor.get("/", buffered=True)
    second.get("/", buffered=True)
    second.get("/hibah", base_url="http://kab-bandung.localhost", buffered=True)
    for host in ("satu.contoh", "dua.contoh"):
        visitor.get("/", base_url=f"http://{host}", buffered=True)
    other.extensions["traffic"].close()
    found = scraped(visitor)
    assert found["smartcity_requests_total", ("2xx", str(A))] == 2
    assert found["smartcity_requests_total", ("2xx", str(B))] == 1
    assert found["smartcity_requests_total", ("-", "4xx")] == 2
    assert found["smartcity_request_seconds_count", (str(A),)] == 2
    assert found["smartcity_request_seconds_bucket", tuple(sorted(("+Inf", str(A))))] == 2
    assert found["smartcity_request_seconds_sum", (str(A),)] > 0
    assert found["smartcity_redis_up", ()] == 1


def test_buckets_are_cumulative_and_an_edge_belongs_to_its_bucket(running: Flask) -> None:
    traffic: Traffic = running.extensions["traffic"]
    for seconds in (0.001, EDGES[0], 0.3, 60):
        traffic.count(str(A), 200, seconds)
    traffic.flush()
    found = scraped(Visitor(running, running.response_class))
    at = {edge: found["smartcity_request_seconds_bucket", tuple(sorted((str(edge), str(A))))] for edge in EDGES}
    assert (at[0.005], at[0.25], at[0.5], at[5.0]) == (2, 2, 3, 3)


def test_counts_wait_for_a_redis_that_is_away(running: Flask, server: Server) -> None:
    traffic: Traffic = running.extensions["traffic"]
    traffic.count(str(B), 200, 0.1)
    server.kill()
    visitor = Visitor(running, running.response_class)
    assert scraped(visitor) == {("smartcity_redis_up", ()): 0}
    server.start()
    assert scraped(visitor)["smartcity_requests_total", ("2xx", str(B))] == 1


@pytest.fixture
def findings() -> Iterator[None]:
    register_measure(Measure("uji_angka", "Angka uji", lambda: current().region_id % 100))
    yield
    del measures._measures["uji_angka"]


@pytest.mark.usefixtures("clean", "findings")
def test_each_room_may_publish_a_number_of_each_region(
    settings: Settings, server: Server, visitor: FlaskClient
) -> None:
    scheduler = create_app(replace(settings, redis_url=server.url, queue="uji"), role="worker")
    with scheduler.app_context():
        for _job in range(3):
            ask("retensi.jalankan", B)
        measures.gather()
    found = scraped(visitor)
    assert found["smartcity_uji_angka", (str(A),)] == 73
    assert found["smartcity_jobs_waiting", (str(B),)] == 3
    assert found["smartcity_jobs_waiting", (str(A),)] == 0
    assert found["smartcity_jobs_failed", (str(B),)] == 0
    assert ("smartcity_jobs_oldest_seconds", (str(B),)) in found


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    return [dict(record.fields) for record in caplog.records if record.name == "akses"]


def test_a_request_leaves_one_line_without_its_path(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "akses")
    answer = client.get("/sandi/token-yang-rahasia", buffered=True)
    found = lines(caplog)
    assert [(line["method"], line["rule"], line["status"]) for line in found] == [("GET", "/sandi/<token>", 404)]
    assert found[0]["bytes"] == len(answer.get_data())
    assert found[0]["ms"] > 0
    assert "rahasia" not in caplog.text


def test_a_streamed_file_is_measured_to_its_last_byte(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "akses")
    answer = client.get("/hibah.csv", buffered=True)
    assert [line["bytes"] for line in lines(caplog)] == [len(answer.get_data())]


def test_the_line_says_whose_region_and_request_it_was(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    written: list[dict[str, object]] = []

    class Written(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(json.loads(JsonFormatter().format(record)))

    handler = Written()
    logging.getLogger("akses").addHandler(handler)
    caplog.set_level(logging.INFO, "akses")
    try:
        client.get("/", headers={"X-Request-ID": "permintaan-1"}, buffered=True)
    finally:
        logging.getLogger("akses").removeHandler(handler)
    assert [(line["region"], line["actor"], line["request_id"], line["rule"]) for line in written] == [
        (A, "publik", "permintaan-1", "/")
    ]


def test_what_the_door_refuses_is_counted_too(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "akses")
    client.get("/", base_url="http://tidak-ada.contoh", buffered=True)
    assert [line["status"] for line in lines(caplog)] == [404]
