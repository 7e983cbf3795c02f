"""Every transaction carries its region's context from its first statement on, whatever that statement is."""

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from app.kernel.identifiers import uuid7
from app.sabilulungan.models import Hibah
from app.tenancy.context import Context, Signer, acting_for
from app.tenancy.database import db
from tests.conftest import PROPOSALS, A, B

REGIONS = "SELECT DISTINCT region_id FROM hibah"


def test_a_connection_speaks_for_the_region_of_each_transaction(web_app: Flask) -> None:
    with web_app.app_context(), db.engine.connect() as connection:
        for region in (A, B, A):
            with acting_for(Context(region)):
                assert connection.scalars(text(REGIONS)).all() == [region]
                connection.rollback()


def test_a_transaction_without_a_context_sees_nothing_after_one_with(web_app: Flask) -> None:
    with web_app.app_context(), db.engine.connect() as connection:
        with acting_for(Context(A)):
            assert connection.scalars(text(REGIONS)).all()
            connection.rollback()
        assert connection.scalars(text(REGIONS)).all() == []


def test_a_cursor_by_itself_carries_the_context_too(web_app: Flask) -> None:
    with web_app.app_context(), acting_for(Context(A)):
        raw = db.engine.raw_connection()
        cursor = raw.cursor()
        cursor.execute(REGIONS)
        assert cursor.fetchall() == [(A,)]
        raw.close()


def test_a_server_side_cursor_may_be_the_first_statement(web_app: Flask) -> None:
    with web_app.app_context(), acting_for(Context(B)):
        rows = db.session.execute(text("SELECT region_id FROM hibah").execution_options(yield_per=7)).scalars().all()
        db.session.rollback()
    assert rows == [B] * PROPOSALS


def test_a_statement_for_many_rows_may_be_the_first(web_app: Flask) -> None:
    insert = text("INSERT INTO opd (region_id, id, kode, nama) VALUES (:region, :id, :kode, 'Uji')")
    rows = [{"region": A, "id": uuid7(), "kode": f"uji-{number}"} for number in range(3)]
    with web_app.app_context(), db.engine.connect() as connection, acting_for(Context(A)):
        assert connection.execute(insert, rows).rowcount == 3
        connection.rollback()


def test_an_error_does_not_quote_the_token(web_app: Flask) -> None:
    with web_app.app_context(), acting_for(Context(A)):
        with pytest.raises(DBAPIError) as caught:
            db.session.execute(text("SELECT salah FROM hibah"))
        db.session.rollback()
    assert "salah" in str(caught.value)
    assert "tenancy.open" not in str(caught.value)


def test_one_statement_is_each_regions_own(web_app: Flask) -> None:
    statement = select(Hibah.region_id, func.count()).group_by(Hibah.region_id)
    with web_app.app_context():
        for region in (A, B, A):
            with acting_for(Context(region)):
                assert db.session.execute(statement).all() == [(region, PROPOSALS)]
                db.session.rollback()


@pytest.mark.parametrize("actor", ["x'; SELECT 1; --", "a|b", "a~b", "a\nb"])
def test_a_context_that_would_end_its_literal_is_refused(actor: str) -> None:
    with pytest.raises(ValueError, match="huruf"):
        Signer("k1", b"k" * 32).token(Context(A, actor), None)
