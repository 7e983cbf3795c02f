"""Running the deployment: health, metrics, the access line, and the pages on which people see jobs."""

from flask import Flask, current_app
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import ServiceUnavailable
from werkzeug.wrappers import Response

from app.services.identity.permissions import PEKERJAAN_KELOLA
from app.services.jobs import desk
from app.services.jobs.processes import register_chore
from app.services.operations import access, alerts, commands, decisions, health, measures, routes
from app.services.operations.measures import Measure, register_measure
from app.services.ui.errors import handle
from app.services.ui.i18n import lazy
from app.services.ui.portal import OwnPage, register_own_page
from app.tenancy import startup

GATHER_SECONDS = 60.0
DAY_SECONDS = 24 * 3600.0


def init_app(app: Flask) -> None:
    """Attach everything. Before the door: the access line counts what the door refuses, too."""
    access.init_app(app)
    app.register_blueprint(health.bp)
    app.register_blueprint(routes.bp)
    app.register_error_handler(OperationalError, _database_away)
    register_measure(Measure("jobs_waiting", "Pekerjaan yang menunggu atau berjalan", _waiting))
    register_measure(Measure("jobs_failed", "Pekerjaan yang gagal dan menunggu keputusan", _failed))
    register_measure(Measure("jobs_oldest_seconds", "Umur pekerjaan jatuh tempo yang tertua", desk.oldest_seconds))
    register_own_page(OwnPage(
        lazy("Pekerjaan di belakang layar"), lazy("Yang menunggu, berjalan dan gagal; mengulang dan membuang."),
        "/pengaturan/pekerjaan", PEKERJAAN_KELOLA,
    ))  # fmt: skip
    alerts.register()
    decisions.register()
    commands.register()
    register_chore(GATHER_SECONDS, measures.gather)
    register_chore(DAY_SECONDS, startup.look_again)


def _waiting() -> int:
    counts = desk.counts()
    return sum(counts[state] for state in desk.OPEN_STATES)


def _failed() -> int:
    return desk.counts()["GAGAL"]


def _database_away(error: Exception) -> Response:
    current_app.logger.error("database tidak menjawab: %s", type(error.__cause__ or error).__name__)
    return handle(ServiceUnavailable(retry_after=5))
