"""A bare application with the room of screens in it: no database, no tenancy."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
from flask import Flask, abort, g, render_template_string

from app.services import ui

BANDUNG = {
    "region_id": 3273,
    "name": "Kota Bandung",
    "kind": "KOTA",
    "subdomain": "bandung",
    "time_zone": "Asia/Jakarta",
    "room": "portal",
    "state": "AKTIF",
    "demo": True,
    "tokens": None,
}


@pytest.fixture
def site() -> SimpleNamespace:
    return SimpleNamespace(**BANDUNG)


@pytest.fixture
def app(site: SimpleNamespace) -> Flask:
    app = Flask("portal")
    app.config["KNOWN_SITE"] = site
    ui.init_app(app)

    @app.before_request
    def find_site() -> None:
        g.site = app.config["KNOWN_SITE"]

    @app.get("/")
    def home() -> str:
        return render_template_string(
            '{% extends "ui/layout.html" %}{% block title %}Hibah{% endblock %}'
            '{% block content %}<h1>{{ _("Daerah") }}</h1>{% endblock %}',
            nav=[{"label": "Hibah", "url": "/hibah", "current": True}],
        )

    @app.get("/galat/<int:code>")
    def fail(code: int) -> None:
        abort(code)

    @app.get("/api/v1/tidak-ada")
    def fail_for_programs() -> None:
        abort(404)

    @app.get("/rusak")
    def crash() -> str:
        raise RuntimeError("database is away")

    return app


@pytest.fixture(scope="session")
def shared_app() -> Flask:
    """For what only renders: compiling the templates once is what makes these tests quick."""
    app = Flask("komponen")
    ui.init_app(app)
    return app


@pytest.fixture
def render(shared_app: Flask, site: SimpleNamespace) -> Iterator[Callable[..., str]]:
    with shared_app.test_request_context("/hibah?status=DIAJUKAN&halaman=3"):
        g.site = site
        yield render_template_string
