"""Numbers of each region for the operator: read in the region's own context by the scheduler, kept in Redis, printed by
`/metrics`. No web process and no query ever looks into two regions for them."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from flask import current_app
from redis import ConnectionError, Redis  # noqa: A004 (the one that RedisError covers)
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.tenancy.context import Context, acting_for
from app.tenancy.database import db
from app.tenancy.site import working_sites
from config.settings import Settings

REDIS_SECONDS = 1.0


@dataclass(frozen=True)
class Measure:
    """A number that a room has of each region; `read` runs in the region's context and only reads.

    `code` is its name behind `smartcity_` (letters and underscores), `help` the line that Prometheus shows.
    """

    code: str
    help: str
    read: Callable[[], float]


_measures: dict[str, Measure] = {}


def register_measure(measure: Measure) -> None:
    """Publish a number of each region, such as open findings."""
    _measures[measure.code] = measure


def measures() -> list[Measure]:
    """Every registered measure by code."""
    return [_measures[code] for code in sorted(_measures)]


def redis_of(settings: Settings) -> Redis:
    """A client that gives up soon: numbers are worth no waiting.

    Raises:
        redis.ConnectionError: the deployment names no Redis.
    """
    if not settings.redis_url:
        raise ConnectionError("REDIS_URL kosong")
    return Redis.from_url(
        settings.redis_url, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS,
        decode_responses=True, retry=Retry(NoBackoff(), 0),
    )  # fmt: skip


def key(settings: Settings) -> str:
    """The hash of `code|region` -> number."""
    return f"{settings.queue}:daerah"


def gather() -> None:
    """Read every measure of every live region, and replace what Redis holds by it.

    Raises:
        redis.RedisError: it does not answer; the next round tries again.
    """
    settings: Settings = current_app.extensions["settings"]
    found: dict[str, float] = {}
    for site in working_sites():
        with acting_for(Context(site.region_id, "sistem:ukur", "worker")):
            found |= {f"{measure.code}|{site.region_id}": measure.read() for measure in measures()}
            db.session.rollback()
    with redis_of(settings).pipeline() as pipe:
        pipe.delete(key(settings))
        if found:
            pipe.hset(key(settings), mapping={field: str(value) for field, value in found.items()})
        pipe.execute()


def latest(settings: Settings) -> dict[str, dict[str, float]]:
    """code -> region -> number, as last gathered; only what is still registered.

    Raises:
        redis.RedisError: it does not answer.
    """
    result: dict[str, dict[str, float]] = defaultdict(dict)
    stored = redis_of(settings).hgetall(key(settings))
    for field, value in sorted(dict(stored).items()):
        code, _bar, region = str(field).partition("|")
        if code in _measures:
            result[code][region] = float(value)
    return result
