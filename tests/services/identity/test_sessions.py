"""Sessions as rows: what they cost, how one is ended, what the log and the next page say of a finished sign-in."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, text

from app.services.identity import erasing, upkeep
from app.services.identity.factors import challenges
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db
from tests.conftest import A
from tests.services.identity.conftest import PASSWORD, Browser, code_of, post, set_up_app

pytestmark = pytest.mark.usefixtures("people")
OWN_TABLES = (
    "account_sessions", "account_totp", "account_passkeys", "account_recovery_codes", "oidc_identities",
    "account_roles",
)  # fmt: skip


@contextmanager
def statements(app: Flask) -> Iterator[list[tuple[str, object]]]:
    """What is sent to the database meanwhile: (SQL, parameters)."""
    sent: list[tuple[str, object]] = []

    def note(_connection: object, _cursor: object, sql: str, parameters: object, *_rest: object) -> None:
        sent.append((sql, parameters))

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_a_visitor_without_a_session_costs_no_look_up(browser: Browser, web_app: Flask) -> None:
    visitor = browser()
    with statements(web_app) as sent:
        assert visitor.get("/hibah").status_code == 200
    assert sent
    assert [sql for sql, _given in sent if re.search(r"\b(accounts|account_\w+)\b", sql)] == []


def test_a_request_of_somebody_signed_in_costs_one_look_up_by_primary_key(
    browser: Browser, web_app: Flask, admin: Engine
) -> None:
    visitor = browser("opd")
    with statements(web_app) as sent:
        assert visitor.get("/hibah").status_code == 200
    ((sql, given),) = [one for one in sent if "account_sessions" in one[0]]
    with admin.connect() as connection:
        # Among few rows any index is as good as another: many, and the planner told of them, undone at the end.
        connection.exec_driver_sql(
            "INSERT INTO account_sessions (region_id, id, account_id, how)"
            " SELECT region_id, gen_random_uuid(), account_id, how FROM account_sessions, generate_series(1, 2000)"
        )
        connection.exec_driver_sql("ANALYZE account_sessions")
        plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN {sql}", given).scalars())
    assert "Index Scan using pk_account_sessions" in plan


def other_session(visitor: FlaskClient) -> str:
    """The number of a session in the list that is not this one."""
    page = visitor.get("/akun/keamanan").get_data(as_text=True)
    found = re.search(r'action="/akun/keamanan/sesi/([0-9a-f-]{36})"', page)
    assert found is not None
    return found.group(1)


def test_one_session_is_ended_from_another_and_the_rest_stay(browser: Browser) -> None:
    phone, office, home = browser("opd"), browser("opd"), browser("opd")
    assert post(home, f"/akun/keamanan/sesi/{other_session(home)}").status_code == 303
    assert sorted(visitor.get("/akun").status_code for visitor in (phone, office)) == [200, 302]
    assert home.get("/akun").status_code == 200


def test_nobody_ends_another_persons_session(browser: Browser) -> None:
    victim, stranger = browser("opd"), browser("tapd")
    browser("opd")
    assert post(stranger, f"/akun/keamanan/sesi/{other_session(victim)}").status_code == 404
    assert other_session(victim)


@pytest.fixture
def noted(admin: Engine) -> Callable[[], list[tuple[str, str, str]]]:
    """(event, actor, after) of what the log says of the OPD's clerk, without his account's making."""

    def read() -> list[tuple[str, str, str]]:
        with admin.connect() as connection:
            rows = connection.execute(
                text(
                    "SELECT event, actor, after FROM audit_log WHERE subject_id = (SELECT id::text FROM accounts WHERE"
                    f" region_id = {A} AND email = 'opd@contoh.go.id') AND event NOT IN"
                    " ('akun.buat', 'persetujuan.beri') ORDER BY seq"
                )
            )
            return [(row.event, row.actor, row.after) for row in rows]

    return read


def test_the_log_says_who_came_in_how_and_not_before_the_second_step(
    browser: Browser, later: Callable[[], None], noted: Callable[[], list[tuple[str, str, str]]], admin: Engine
) -> None:
    secret = set_up_app(browser("opd"))
    later()
    visitor = browser()
    post(visitor, "/masuk", email="opd@contoh.go.id", sandi=PASSWORD)
    assert [event for event, _actor, _after in noted()] == ["akun.masuk", "faktor-kedua.pasang"]
    post(visitor, "/masuk/faktor", kode=code_of(secret))
    with admin.connect() as connection:
        number = connection.scalar(text(f"SELECT id::text FROM accounts WHERE region_id = {A} AND email LIKE 'opd@%'"))
    assert noted()[-1] == ("akun.masuk", number, '{"cara":"sandi"}')


def test_the_notice_of_personal_data_comes_after_the_second_step(
    browser: Browser, later: Callable[[], None], admin: Engine
) -> None:
    secret = set_up_app(browser("opd"))
    later()
    with admin.begin() as connection:
        connection.execute(text("DELETE FROM consents"))
    visitor = browser()
    answer = post(visitor, "/masuk", email="opd@contoh.go.id", sandi=PASSWORD, lanjut="/tugas")
    assert answer.headers["Location"] == "/masuk/faktor?lanjut=/tugas"
    done = post(visitor, "/masuk/faktor", kode=code_of(secret), lanjut="/tugas")
    assert done.headers["Location"] == "/persetujuan?lanjut=/tugas"


def test_an_erased_account_leaves_no_factor_and_no_session(browser: Browser, worker_app: Flask, admin: Engine) -> None:
    set_up_app(browser("opd"))
    with admin.connect() as connection:
        number = connection.scalar(text(f"SELECT id FROM accounts WHERE region_id = {A} AND email LIKE 'opd@%'"))
    with worker_app.app_context(), acting_for(Context(A, "sistem:uji", "worker")):
        assert erasing.erase(number, "uji")
        left = [db.session.scalar(text(f"SELECT count(*) FROM {table} WHERE account_id = :id"), {"id": number})
                for table in OWN_TABLES]  # fmt: skip
        db.session.rollback()
    assert left == [0] * len(OWN_TABLES)


def counts(admin: Engine) -> dict[str, int]:
    tables = ("account_sessions", "spent_challenges", "account_totp", "sign_in_attempts")
    with admin.connect() as connection:
        return {table: connection.scalar(text(f"SELECT count(*) FROM {table}")) for table in tables}


def test_what_has_ended_is_deleted_every_day_and_what_serves_stays(
    browser: Browser, worker_app: Flask, admin: Engine
) -> None:
    set_up_app(browser("opd"))
    waiting = browser("tapd")
    assert post(waiting, "/akun/keamanan/aplikasi").status_code == 303
    post(browser(), "/masuk", email="opd@contoh.go.id", sandi="bukan ini sama sekali")
    with worker_app.app_context(), acting_for(Context(A, "sistem:uji", "worker")):
        challenges.spend(b"x" * 32)
        db.session.commit()
        before = counts(admin)
        assert before == {"account_sessions": 3, "spent_challenges": 1, "account_totp": 2, "sign_in_attempts": 1}
        upkeep.forget_old({})
        db.session.commit()
        assert counts(admin) == before
        with admin.begin() as connection:
            for table, column in (("account_sessions", "started_at"), ("spent_challenges", "at"),
                                  ("account_totp", "created_at"), ("sign_in_attempts", "at")):  # fmt: skip
                connection.execute(text(f"UPDATE {table} SET {column} = {column} - interval '25 hours'"))
        upkeep.forget_old({})
        db.session.commit()
    # An application in use stays; how long attempts stay is the region's rule.
    assert counts(admin) == {"account_sessions": 0, "spent_challenges": 0, "account_totp": 1, "sign_in_attempts": 1}
