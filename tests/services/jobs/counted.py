"""Jobs whose effect can be counted, and the real processes with these jobs registered:
`python -m tests.services.jobs.counted worker`."""

import sys
from typing import Any

from flask.cli import ScriptInfo

from app import create_app
from app.kernel.identifiers import uuid7
from app.services.jobs import outbox, progress
from app.tenancy.database import region_sql


def count(payload: dict[str, Any]) -> None:
    """One row for each time that this ran to its end."""
    region_sql(
        "INSERT INTO sign_in_attempts (region_id, id, email_hash, address_hash, kind)"
        " VALUES (:region_id, :id, :name, 'uji', 'masuk')",
        id=uuid7(), name=f"uji-{payload['number']}",
    )  # fmt: skip


def slow(payload: dict[str, Any]) -> None:
    """Tells that it began, takes its time, then counts."""
    progress.start(2, "mulai")
    region_sql("SELECT pg_sleep(:seconds) WHERE :region_id > 0", seconds=payload["seconds"])
    count(payload)
    progress.finish("selesai", "/hibah")


def register() -> None:
    outbox.register_job("uji.hitung", count)
    outbox.register_job("uji.lama", slow)


if __name__ == "__main__":
    app = create_app(role="worker")
    register()
    app.cli.main(args=["jobs", sys.argv[1]], prog_name="flask", obj=ScriptInfo(create_app=lambda: app))
