"""Attacks that take more than one statement: a second session, a pooled connection, plans and cursors kept for later."""

import select
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2.extensions
import pytest
from flask import Flask
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from app import create_app
from app.services.jobs import outbox
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db
from config import logs
from config.settings import Settings
from tests.conftest import A, B
from tests.isolation.conftest import C, Opener
from tests.isolation.planting import Planted

pytestmark = pytest.mark.usefixtures("rows_of_c")
COUNT = "SELECT count(*) FROM hibah WHERE region_id = {}"


def pid_of(connection: Connection) -> int:
    return int(connection.connection.dbapi_connection.info.backend_pid)


def scalar(connection: Connection, statement: str) -> object:
    return connection.exec_driver_sql(statement).scalar()


# Another session's token


@contextmanager
def session_of_b(inside: Opener, role: str = "app") -> Iterator[tuple[int, str]]:
    """B at work on another connection: its process and the token that it has just spoken, its transaction open."""
    with inside.engine(role).connect() as connection:
        token = inside.speak(connection, B, role)
        assert connection.scalar(text(COUNT.format(B)))
        yield pid_of(connection), token
        connection.rollback()


@pytest.mark.parametrize("role", ["app", "worker", "export"])
def test_the_token_of_a_session_at_work_is_not_to_be_seen(inside: Opener, admin: Engine, role: str) -> None:
    with session_of_b(inside, role) as (pid, token):
        looks = (
            "SELECT a::text FROM pg_stat_activity a WHERE pid = {}",
            "SELECT a::text FROM pg_stat_get_activity({}) a",
            "SELECT pg_stat_get_backend_activity(n) FROM generate_series(1, 300) n WHERE pg_stat_get_backend_pid(n) = {}",
            "SELECT string_agg(l::text, ' ') FROM pg_locks l WHERE pid = {}",
        )
        with inside(C, role) as connection:
            seen = [str(scalar(connection, look.format(pid))) for look in looks]
        with admin.connect() as connection:
            seen += [str(scalar(connection, looks[0].format(pid)))]
    assert not [look for look in seen if token in look or token.rpartition("~")[2] in look or "tenancy.open" in look]
    assert all(str(pid) in look for look in (seen[0], seen[-1]))


def test_the_look_would_see_a_session_that_tells_what_it_does(inside: Opener, admin: Engine) -> None:
    """Otherwise the test above would pass on a server that tells nothing of anybody."""
    with admin.connect() as talkative, admin.connect() as connection:
        scalar(talkative, "SELECT 'tenancy.open', 1")
        seen = str(scalar(connection, f"SELECT a::text FROM pg_stat_activity a WHERE pid = {pid_of(talkative)}"))
    assert "tenancy.open" in seen


def test_the_token_of_a_session_at_work_is_worth_nothing_elsewhere(inside: Opener) -> None:
    """Even to somebody who got hold of it while it is good."""
    with session_of_b(inside) as (_pid, token), inside(C) as connection:
        scalar(connection, f"SELECT tenancy.open('{token}')")
        with pytest.raises(DBAPIError, match="konteks milik koneksi lain"):
            scalar(connection, COUNT.format(B))


def test_a_token_is_good_for_five_minutes_and_no_longer(inside: Opener) -> None:
    for age, good in ((290, True), (310, False)):
        with inside(None) as connection:
            token = inside.signer.token(Context(B, "x", "app"), pid_of(connection), now=time.time() - age)
            scalar(connection, f"SELECT tenancy.open('{token}')")
            if good:
                assert scalar(connection, COUNT.format(B))
            else:
                with pytest.raises(DBAPIError, match="kedaluwarsa"):
                    scalar(connection, COUNT.format(B))


def test_a_long_transaction_does_not_die_midway(inside: Opener) -> None:
    """Expiry is compared with the transaction's begin."""
    with inside(None) as connection:
        scalar(connection, "SELECT 1")
        token = inside.signer.token(Context(C, "x", "app"), pid_of(connection), now=time.time() - 299)
        scalar(connection, f"SELECT tenancy.open('{token}')")
        scalar(connection, "SELECT pg_sleep(1.1)")
        assert scalar(connection, COUNT.format(C))


# One connection, one region after the other


def test_the_context_ends_with_its_transaction(inside: Opener) -> None:
    with inside.engine("app").connect() as connection:
        inside.speak(connection, B)
        assert scalar(connection, COUNT.format(B))
        connection.commit()
        assert scalar(connection, COUNT.format(B)) == 0
        assert not scalar(connection, "SELECT current_setting('app.context', true)")
        connection.rollback()
        inside.speak(connection, C)
        assert scalar(connection, COUNT.format(B)) == 0
        assert scalar(connection, COUNT.format(C))


def test_the_context_ends_with_a_savepoint_too(inside: Opener) -> None:
    """A context opened inside a savepoint that is rolled back leaves the one before it."""
    with inside(C) as connection:
        savepoint = connection.begin_nested()
        inside.speak(connection, B)
        assert scalar(connection, COUNT.format(B))
        savepoint.rollback()
        assert scalar(connection, COUNT.format(B)) == 0
        assert scalar(connection, COUNT.format(C))


@pytest.mark.parametrize("mode", ["auto", "force_generic_plan", "force_custom_plan"])
def test_a_prepared_plan_follows_the_context(inside: Opener, mode: str) -> None:
    """Made in B's context, run in the attacker's, without one, and in B's again: by plan, cached plan, generic plan."""
    with inside.engine("app").connect() as connection:
        scalar(connection, f"SELECT set_config('plan_cache_mode', '{mode}', false)")
        inside.speak(connection, B)
        own = scalar(connection, COUNT.format(B))
        connection.exec_driver_sql(f"PREPARE literal AS {COUNT.format(B)}")
        connection.exec_driver_sql("PREPARE asked(bigint) AS SELECT count(*) FROM hibah WHERE region_id = $1")
        connection.exec_driver_sql("PREPARE everything AS SELECT count(*) FROM hibah WHERE region_id <> 5271")
        plans = ("EXECUTE literal", f"EXECUTE asked({B})", "EXECUTE everything")
        for _time in range(7):
            assert [scalar(connection, plan) for plan in plans] == [own] * 3
        connection.commit()
        for region in (C, None, A, C):
            if region:
                inside.speak(connection, region)
            counted = [scalar(connection, plan) for plan in plans]
            assert counted[:2] == [0, 0]
            assert counted[2] == (scalar(connection, COUNT.format(A)) if region == A else 0)
            connection.rollback()


def test_a_cursor_holds_what_its_own_context_saw(inside: Opener) -> None:
    """WITH HOLD is filled at commit, in the context that declared it, whatever is opened afterwards."""
    with inside.engine("app").connect() as connection:
        inside.speak(connection, C)
        connection.exec_driver_sql("DECLARE kept CURSOR WITH HOLD FOR SELECT region_id FROM hibah")
        connection.commit()
        inside.speak(connection, B)
        assert {row[0] for row in connection.exec_driver_sql("FETCH ALL FROM kept")} == {C}
        connection.exec_driver_sql("CLOSE kept")


def test_a_snapshot_of_another_session_brings_no_context(inside: Opener) -> None:
    with inside.engine("app").connect() as theirs, inside.engine("app").connect() as mine:
        theirs.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        inside.speak(theirs, B)
        snapshot = scalar(theirs, "SELECT pg_export_snapshot()")
        mine.exec_driver_sql(f"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SET TRANSACTION SNAPSHOT '{snapshot}'")
        assert scalar(mine, COUNT.format(B)) == 0
        inside.speak(mine, C)
        assert scalar(mine, COUNT.format(B)) == 0


# The application's own pool


@pytest.fixture
def own_app(settings: Settings, worker_app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """An application of this test alone, so with one pooled connection: the next region gets what the last one left."""
    assert worker_app is not None
    monkeypatch.setattr(logs, "configure", lambda **_given: None)
    app = create_app(settings)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def in_region(region: int, *statements: str) -> list[object]:
    """What a request of `region` reads by these statements, over the application's own session."""
    with acting_for(Context(region)):
        try:
            results = [db.session.connection().exec_driver_sql(statement) for statement in statements]
            read = [result.scalar() if result.returns_rows else None for result in results]
            db.session.commit()
            return read
        finally:
            db.session.remove()


LEFT_BEHIND = {
    "a setting": ("SET SESSION search_path = pg_catalog", "SHOW search_path"),
    "an encoding": ("SET SESSION client_encoding = 'SQL_ASCII'", "SHOW client_encoding"),
    "a way to read dates": ("SET SESSION datestyle = 'SQL, DMY'", "SHOW datestyle"),
    "a way to read strings": ("SET SESSION escape_string_warning = off", "SHOW escape_string_warning"),
    "a context": ("SELECT set_config('app.context', current_setting('app.context'), false)",
                  "SELECT split_part(current_setting('app.context', true), '|', 3)"),
    "a refusal to write": ("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", "SHOW default_transaction_read_only"),
    "row security off": ("SET SESSION row_security = off", "SHOW row_security"),
    "a time limit": ("SET SESSION statement_timeout = 1", "SHOW statement_timeout"),
    "a plan": ("PREPARE left_behind AS SELECT 1", "SELECT count(*) FROM pg_prepared_statements"),
    "a cursor": ("DECLARE left_behind CURSOR WITH HOLD FOR SELECT 1", "SELECT count(*) FROM pg_cursors"),
    "an ear": ("LISTEN outbox", "SELECT count(*) FROM pg_listening_channels()"),
    "a lock": ("SELECT pg_advisory_lock(7)", "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"),
}  # fmt: skip


@pytest.mark.parametrize("what", LEFT_BEHIND)
@pytest.mark.usefixtures("own_app")
def test_what_a_request_leaves_in_its_session_is_gone_for_the_next_region(what: str) -> None:
    """Injected SQL of one region must not reach the requests of another by way of a pooled connection."""
    leave, look = LEFT_BEHIND[what]
    pid, before = in_region(B, "SELECT pg_backend_pid()", look)
    if what == "a context":
        before = str(B)
    in_region(C, leave)
    same, after = in_region(B, "SELECT pg_backend_pid()", look)
    assert same == pid
    assert after == before


@pytest.mark.usefixtures("own_app")
def test_the_token_of_the_last_region_is_gone_from_a_pooled_connection() -> None:
    """It is bound to this very connection and good for minutes: it must not lie about in it."""
    (pid,) = in_region(B, "SELECT pg_backend_pid()")
    left = in_region(
        C,
        "SELECT pg_backend_pid()",
        "SELECT string_agg(query, ' ') FROM pg_stat_activity WHERE pid = pg_backend_pid()",
        "SELECT string_agg(statement, ' ') FROM pg_prepared_statements",
        "SELECT string_agg(statement, ' ') FROM pg_cursors",
        "SELECT string_agg(setting, ' ') FROM pg_settings",
        "SELECT current_setting('app.context', true)",
    )
    assert left[0] == pid
    assert f"|{B}|" not in " ".join(map(str, left))
    assert f"|{C}|" in str(left[-1])


@pytest.mark.usefixtures("own_app")
def test_a_statement_that_fails_is_not_written_into_the_servers_log() -> None:
    """It begins with the token, and carries what people typed."""
    quiet = in_region(B, "SHOW log_min_error_statement", "SHOW log_error_verbosity", "SHOW track_activities")
    assert quiet == ["panic", "terse", "off"]


# Notices


def test_a_notice_tells_a_region_number_and_nothing_else(worker_app: Flask, inside: Opener, rows_of_b: Planted) -> None:
    """Whoever listens hears that a region has work: a public fact, and no payload."""
    with inside.engine("app").connect() as connection:
        raw = connection.connection.dbapi_connection
        raw.set_isolation_level(psycopg2.extensions.ISOLATION_LEVEL_AUTOCOMMIT)
        raw.cursor().execute("LISTEN outbox")
        with worker_app.app_context(), acting_for(Context(B, "sistem:uji", "worker")):
            number = outbox.enqueue("surat.kirim", {"to": f"{rows_of_b.mark}@contoh.go.id", "subject": "x", "text": "x"})
            db.session.commit()
        select.select([raw], [], [], 10)
        raw.poll()
        heard = [(notice.channel, notice.payload) for notice in raw.notifies]
        raw.cursor().execute("UNLISTEN *")
    with worker_app.app_context(), acting_for(Context(B, "sistem:uji", "worker")):
        db.session.execute(text("DELETE FROM outbox WHERE region_id = :b AND id = :id"), {"b": B, "id": number})
        db.session.commit()
    assert heard == [("outbox", str(B))]
