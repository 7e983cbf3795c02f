"""The database's roles, and bringing a database to the newest schema: an administrator's work, no web process's."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, text

from app.tenancy import context_keys
from app.tenancy.catalogue import CLOSED_FUNCTIONS, QUIET_SETTINGS
from config.settings import RUNTIME_ROLES, Settings

OWNER, CTX, BACKUP = "smartcity_owner", "smartcity_ctx", "smartcity_backup"
MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
# First fixed minor of each major for CVE-2026-120154 (hidden rows read through ON CONFLICT DO UPDATE).
VERSION_FLOOR = {15: 20, 16: 16, 17: 12, 18: 7}


def version_problem(server_version: int) -> str | None:
    """Why this server (as in `server_version_num`) is too old to be trusted, or None."""
    major, minor = divmod(server_version, 10_000)
    floor = VERSION_FLOOR.get(major)
    if floor is None and major > max(VERSION_FLOOR):
        return None
    if floor is None or minor < floor:
        return (
            f"PostgreSQL {major}.{minor} belum memuat perbaikan CVE-2026-120154; pakai {major}.{floor or '-'} ke atas."
        )
    return None


def create_roles(connection: Connection, settings: Settings) -> None:
    existing = set(connection.scalars(text("SELECT rolname FROM pg_roles WHERE rolname LIKE 'smartcity_%'")))
    for role in (OWNER, CTX):
        if role not in existing:
            connection.execute(text(f"CREATE ROLE {role} NOLOGIN"))
    if BACKUP not in existing:
        connection.execute(text(f"CREATE ROLE {BACKUP} NOLOGIN BYPASSRLS"))
    for role in RUNTIME_ROLES:
        if role not in existing:
            connection.execute(text(f"CREATE ROLE {role} LOGIN NOINHERIT"))
        connection.execute(text(f"ALTER ROLE {role} PASSWORD '{settings.role_password(role)}'"))
        _forget_settings(connection, role)
        for name, value in {**QUIET_SETTINGS, "statement_timeout": settings.statement_timeout_ms}.items():
            connection.execute(text(f"ALTER ROLE {role} SET {name} = {value}"))
    # The owner hands the context function over to `smartcity_ctx`: for that alone it must be a member.
    connection.execute(text(f"GRANT {CTX} TO {OWNER}"))


def _forget_settings(connection: Connection, role: str) -> None:
    """Every role may change what its own sessions begin with, so injected SQL can: each start puts it right."""
    connection.execute(text(f"ALTER ROLE {role} RESET ALL"))
    connection.execute(
        text(f"DO $$ BEGIN EXECUTE format('ALTER ROLE {role} IN DATABASE %I RESET ALL', current_database()); END $$")
    )


def _close_defaults(connection: Connection) -> None:
    database = connection.scalar(text("SELECT quote_ident(current_database())"))
    runtime = ", ".join(RUNTIME_ROLES)
    for statement in (
        f"REVOKE ALL ON DATABASE {database} FROM PUBLIC",
        f"GRANT CONNECT ON DATABASE {database} TO {runtime}, {BACKUP}",
        f"CREATE SCHEMA IF NOT EXISTS tenancy AUTHORIZATION {OWNER}",
        f"ALTER SCHEMA public OWNER TO {OWNER}",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        f"GRANT USAGE ON SCHEMA public, tenancy TO {runtime}, {BACKUP}",
        f"GRANT USAGE, CREATE ON SCHEMA tenancy TO {CTX}",
        f"REVOKE ALL ON FUNCTION {', '.join(CLOSED_FUNCTIONS)} FROM PUBLIC",
    ):
        connection.execute(text(statement))


def prepare_database(settings: Settings) -> None:
    """Roles, migrations, context key: idempotent, run before every start of a deployment."""
    engine: Engine = create_engine(settings.database_url)
    with engine.begin() as connection:
        # Two starts at once would race on CREATE ROLE; roles are shared by all databases of a server.
        connection.execute(text("SELECT pg_advisory_xact_lock(7203273)"))
        create_roles(connection, settings)
        _close_defaults(connection)
    config = Config(str(MIGRATIONS / "alembic.ini"))
    config.set_main_option("script_location", str(MIGRATIONS))
    command.upgrade(config, "head")
    with engine.begin() as connection:
        context_keys.ensure(connection, settings)
    engine.dispose()
