"""Whether this process lives (`/sehat`), may be given visitors (`/siap`), and what it counts (`/metrics`)."""

import hmac
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from alembic.script import ScriptDirectory
from flask import Blueprint, Response, abort, current_app, request
from redis import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.services.identity.permissions import PUBLIK, requires
from app.services.operations import metrics
from app.services.operations.measures import redis_of
from app.tenancy.database import db
from app.tenancy.roles import MIGRATIONS
from config.settings import Settings

bp = Blueprint("health", __name__)
FREE_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True)
class Check:
    """One thing that must work. Not `needed`: pages answer without it, work waits."""

    name: str
    needed: bool
    good: Callable[[Settings], bool]


@cache
def revisions() -> tuple[str, frozenset[str]]:
    """The head that this code was written for, and every migration that it knows."""
    scripts = ScriptDirectory(str(MIGRATIONS))
    return str(scripts.get_current_head()), frozenset(script.revision for script in scripts.walk_revisions())


def _database(_settings: Settings) -> bool:
    try:
        return bool(db.session.execute(text("SELECT 1")).scalar_one() == 1)
    except SQLAlchemyError:
        return False


def _schema(_settings: Settings) -> bool:
    """At head, or at a later one: during a deploy the schema goes first and old code still serves."""
    head, known = revisions()
    try:
        there = str(db.session.execute(text("SELECT version_num FROM tenancy.alembic_version")).scalar_one())
    except SQLAlchemyError:
        return False
    return there == head or there not in known


def _disk(settings: Settings) -> bool:
    return shutil.disk_usage(settings.var_dir).free >= FREE_BYTES


def _redis(settings: Settings) -> bool:
    try:
        return bool(redis_of(settings).ping())
    except RedisError:
        return False


CHECKS = (
    Check("database", needed=True, good=_database),
    Check("skema", needed=True, good=_schema),
    Check("ruang disk", needed=True, good=_disk),
    # A request writes to the outbox and never to Redis: a portal without Redis is open, its letters wait.
    Check("redis", needed=False, good=_redis),
)


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings


@bp.get("/sehat")
@requires(PUBLIK)
def alive() -> Response:
    """This process answers."""
    return Response("sehat\n", mimetype="text/plain")


@bp.get("/siap")
@requires(PUBLIK)
def ready() -> Response:
    """200 when pages can be served, else 503; `?ketat=1` wants everything, as a deploy should."""
    bad = [check for check in CHECKS if not check.good(_settings())]
    refused = [check for check in bad if check.needed or request.args.get("ketat") == "1"]
    lines = ["siap" if not refused else "belum siap", *(f"{check.name}: terganggu" for check in bad)]
    return Response("\n".join(lines) + "\n", status=503 if refused else 200, mimetype="text/plain")


@bp.get("/metrics")
@requires(PUBLIK)
def prometheus() -> Response:
    """For who knows the token; without one in the settings there is no such page."""
    settings = _settings()
    if not settings.metrics_token:
        abort(404)
    given = request.headers.get("Authorization", "").encode()
    if not hmac.compare_digest(given, f"Bearer {settings.metrics_token}".encode()):
        return Response("401\n", 401, {"WWW-Authenticate": "Bearer"}, mimetype="text/plain")
    page = metrics.exposition(settings, current_app.extensions["traffic"])
    return Response(page, mimetype="text/plain", content_type="text/plain; version=0.0.4; charset=utf-8")
