"""The application object: settings, extensions, the door, the modules. Readable in one screen."""

import os

# pyHanko brings lxml, and openpyxl prefers it where it finds it. The guard of workbooks counts on expat (defusedxml),
# so this stands before anything that imports openpyxl.
os.environ["OPENPYXL_LXML"] = "False"  # noqa: TID251

from flask import Flask

from app import sabilulungan, sites
from app.services import (
    audit,
    audit_pages,
    documents,
    identity,
    imports,
    integrity,
    messages,
    messages_pages,
    opendata,
    operations,
    personal,
    privacy,
    ui,
    workflow,
)  # fmt: skip
from app.services.jobs import processes
from app.tenancy import database, startup
from app.tenancy.context_keys import live_signer
from config import logs
from config import settings as configuration
from config.settings import Settings


def create_app(settings: Settings | None = None, *, role: str = "app") -> Flask:
    """Build the application for one process.

    Args:
        settings: read from the environment when absent.
        role: which runtime database role this process logs in as (`app`, `worker`, `reader`, `export`).
    """
    settings = settings or configuration.load()
    logs.configure(production=settings.production)
    app = Flask(__name__, static_folder=None)
    app.config.update(
        SQLALCHEMY_DATABASE_URI=settings.role_url(f"smartcity_{role}"),
        # A visitor must not meet a connection that a restarted database closed; relay, worker and scheduler try again
        # by themselves, and would pay the question with every one of a thousand short transactions.
        SQLALCHEMY_ENGINE_OPTIONS={"pool_size": settings.web_threads, "pool_pre_ping": role != "worker"},
        MAX_CONTENT_LENGTH=settings.max_body,
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
        SECRET_KEY=settings.derive("session"),
    )
    app.extensions["settings"] = settings
    database.init_app(app, live_signer(settings, f"smartcity_{role}"))
    startup.init_app(app)
    operations.init_app(app)
    ui.init_app(app)
    sites.init_app(app)
    messages.register()
    personal.init_app(app)
    audit.init_app(app)
    identity.init_app(app)
    audit_pages.init_app(app)
    privacy.init_app(app)
    messages_pages.init_app(app)
    processes.init_app(app)
    documents.init_app(app)
    imports.init_app(app)
    workflow.init_app(app)
    integrity.init_app(app)
    sabilulungan.init_app(app)
    # Last: it makes a route of everything that was registered.
    opendata.init_app(app)
    return app
