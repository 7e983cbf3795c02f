"""What the database must be before a process trusts it: new enough, and with every wall of the catalogue standing.

A process looks once, at its first connection: production refuses to work, every other deployment warns in its log.
"""

import logging
import threading

from flask import Flask, current_app
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from app.tenancy.catalogue import problems
from app.tenancy.database import db
from app.tenancy.roles import version_problem
from config.settings import Settings

log = logging.getLogger(__name__)


class UnsafeDatabase(RuntimeError):
    """The database would not keep the regions apart; the message says why."""


def faults(connection: Connection) -> list[str]:
    """Why this database is not to be trusted, one sentence each. Empty is good."""
    return [*too_old(connection), *problems(connection)]


def too_old(connection: Connection) -> list[str]:
    """The server's own fault, if it lacks a security fix. Empty is good."""
    version = connection.scalar(text("SELECT current_setting('server_version_num')::integer"))
    problem = version_problem(version or 0)
    return [problem] if problem else []


class FirstLook:
    """Looks at the first connection of an engine, and at the next one again as long as it refuses."""

    def __init__(self, *, refuse: bool) -> None:
        self._refuse = refuse
        self._done = False
        self._lock = threading.Lock()

    def __call__(self, connection: Connection) -> None:
        """Hold the connection against the rules.

        Raises:
            UnsafeDatabase: in production, when any is broken.
        """
        with self._lock:
            if self._done:
                return
            found = faults(connection)
            connection.rollback()
            if found and self._refuse:
                raise UnsafeDatabase("Basis data tidak aman: " + "; ".join(found))
            for fault in found:
                log.warning("basis data: %s", fault)
            self._done = True


def init_app(app: Flask) -> None:
    """Make this process look before its first query."""
    settings: Settings = app.extensions["settings"]
    with app.app_context():
        event.listen(db.engine, "engine_connect", FirstLook(refuse=settings.production))


def look_now(app: Flask) -> None:
    """Look before the first request is taken. A database that does not answer yet is looked at when it does.

    Raises:
        UnsafeDatabase: in production, when a rule is broken.
    """
    with app.app_context():
        try:
            db.engine.connect().close()
        except OperationalError as error:
            log.warning("basis data belum menjawab: %s", type(error.orig).__name__)


def report(settings: Settings) -> tuple[list[str], list[str]]:
    """(What is broken, what is only a warning here), over a connection of its own that nothing refuses."""
    engine = create_engine(settings.role_url("smartcity_worker"), poolclass=NullPool)
    with engine.connect() as connection:
        old, broken = too_old(connection), problems(connection)
    return ([*old, *broken], []) if settings.production else (broken, old)


def look_again() -> None:
    """Look once more, for processes that run for months: what is broken is an error in the log."""
    broken, _warnings = report(current_app.extensions["settings"])
    for fault in broken:
        log.error("basis data: %s", fault)
