"""The API against its own document: every address, generated good and bad requests, all of schemathesis' checks."""

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema
from schemathesis.engine.recorder import ScenarioRecorder

from app.services.opendata.cursors import cursor
from app.tenancy.context import Context, acting_for
from tests.conftest import A

HOST = "bandung.localhost"
LISTS = ("hibah", "penerima", "tahap", "anggaran", "dataset")
CONFIG: dict[str, Any] = {
    "continue-on-failure": True,
    "generation": {"max-examples": 8, "deterministic": True, "database": "none"},
    "phases": {"stateful": {"max-steps": 3}},
}


def on_host(app: Flask) -> Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]:
    """The application as it is reached on region A's host, by a client that reads no compressed answers."""

    def hosted(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ.pop("HTTP_ACCEPT_ENCODING", None)
        return app({**environ, "HTTP_HOST": HOST}, start_response)

    return hosted


def real_cursors(app: Flask, client: FlaskClient) -> list[dict[str, Any]]:
    """A cursor cannot be made up: each list is asked with one that it gave itself (that of one row gives none)."""
    pages = {name: client.get(f"/api/v1/{name}?batas=1").get_json()["berikutnya"] for name in LISTS}
    cursors = {name: parse_qs(urlsplit(page).query)["kursor"][0] for name, page in pages.items()}
    with app.app_context(), acting_for(Context(A)):
        cursors["daerah"] = cursor("daerah", ("11",))
    return [
        {"include-name": f"GET /{name}", "parameters": {"query.kursor": cursor}} for name, cursor in cursors.items()
    ]


def failures(recorder: ScenarioRecorder) -> list[str]:
    checks = [check for checks in recorder.checks.values() for check in checks if check.status is not Status.SUCCESS]
    told = [check.failure_info for check in checks if check.failure_info]
    return [f"{recorder.label}: {failure.failure}\n{failure.code_sample}" for failure in told]


@pytest.mark.usefixtures("budget")
def test_every_address_keeps_to_the_document(web_app: Flask, client: FlaskClient) -> None:
    config = SchemathesisConfig.from_dict({**CONFIG, "operations": real_cursors(web_app, client)})
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", on_host(web_app), config=config)
    walked: dict[str, int] = {}
    broken: list[str] = []
    for event in from_schema(schema).execute():
        assert not isinstance(event, events.NonFatalError | events.FatalError), vars(event)
        if isinstance(event, events.ScenarioFinished):
            walked[event.recorder.label] = walked.get(event.recorder.label, 0) + len(event.recorder.cases)
            broken += failures(event.recorder)
    assert broken == []
    assert {f"GET /{name}" for name in (*LISTS, "daerah", "hibah/{nomor}", "penerima/{organisasi_id}")} <= walked.keys()
    assert min(walked.values()) >= 10
