"""The database session: every transaction opens its region's signed context, every statement carries the literal.

`db` is Flask-SQLAlchemy's handle. Its engine logs in as one runtime role; who may do what is decided there, not here.
"""

from functools import partial
from typing import Any

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from psycopg2.extensions import TRANSACTION_STATUS_IDLE, connection, cursor
from sqlalchemy import BigInteger, Engine, MetaData, TextClause, Uuid, bindparam, event, text
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import DeclarativeBase, Mapped, ORMExecuteState, Session, mapped_column, with_loader_criteria
from sqlalchemy.pool import PoolResetState

from app.kernel.identifiers import uuid7
from app.tenancy.context import NoContext, TokenMaker, current, current_or_none

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
# DISCARD ALL cannot stand beside other commands and throws the plans away too. psycopg2 reads dates in ISO only.
FORGET = (
    "RESET ALL; SET SESSION AUTHORIZATION DEFAULT; SET datestyle TO ISO; CLOSE ALL; DEALLOCATE ALL; UNLISTEN *;"
    " SELECT pg_advisory_unlock_all()"
)


class Base(DeclarativeBase):
    """Root of every mapped table."""

    metadata = MetaData(naming_convention=NAMING)


db = SQLAlchemy(model_class=Base)


class RegionRow:
    """Mixin of every tenant table: key `(region_id, id)`, stamped from the context, filtered in every statement."""

    region_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, default=lambda: current().region_id)
    id: Mapped[Any] = mapped_column(Uuid, primary_key=True, default=uuid7)


class ContextCursor(cursor):
    """Speaks the current context into every transaction, in one message with its first statement.

    A transaction costs no round trip more than one without a context; whoever begins it (Core, ORM, this cursor by
    itself) cannot forget it.
    """

    def __init__(self, signer: TokenMaker, raw: connection, name: str | None = None) -> None:
        super().__init__(raw, name)
        self._signer = signer

    def execute(self, query: Any, vars: Any = None) -> None:  # noqa: A002 (psycopg2's own name)
        """Run one statement, after the opening when it is the transaction's first."""
        opening = self._opening()
        if opening and (self.name or not isinstance(query, str)):
            # A server-side cursor is one DECLARE: nothing may stand before it in the message.
            cursor(self.connection).execute(opening)
        elif opening:
            # On a line of its own: an error that quotes the statement's line does not quote the token.
            query = f"{opening}\n{query}"
        super().execute(query, vars)

    def executemany(self, query: Any, vars_list: Any) -> None:
        """Run one statement for many rows, after the opening when it is the transaction's first."""
        opening = self._opening()
        if opening:
            cursor(self.connection).execute(opening)
        super().executemany(query, vars_list)

    def _opening(self) -> str:
        """The statement that opens the context, if the next statement begins a transaction."""
        raw, context = self.connection, current_or_none()
        if context is None or raw.autocommit or raw.get_transaction_status() != TRANSACTION_STATUS_IDLE:
            return ""
        return f"SELECT tenancy.open('{self._signer.token(context, raw.info.backend_pid)}');"


def forget_session(raw: Any, _record: Any, state: PoolResetState) -> None:
    """Undo, before the connection serves another region, whatever the last one set, prepared, held or listened to."""
    if state.terminate_only:
        return
    raw.rollback()
    raw.autocommit = True
    with raw.cursor() as sweeper:
        sweeper.execute(FORGET)
    raw.autocommit = False


def bind_engine(engine: Engine, signer: TokenMaker) -> Engine:
    """Make `engine` open the signed context at the begin of every transaction (Core and ORM alike).

    And make it forget what the transaction leaves in its session: injected SQL must not reach the next region's request
    by way of a pooled connection.
    """
    event.listen(engine, "connect", lambda raw, _record: setattr(raw, "cursor_factory", partial(ContextCursor, signer)))
    event.listen(engine, "reset", forget_session)
    return engine


#: One option for all statements, its value read when a statement runs: made anew for each, it cost 60 µs a statement.
REGION_PARAMETER = bindparam("own_region", callable_=lambda: current().region_id, type_=BigInteger())
OWN_ROWS = with_loader_criteria(RegionRow, lambda row: row.region_id == REGION_PARAMETER, include_aliases=True)


def _add_region_literal(state: ORMExecuteState) -> None:
    changes_or_reads = state.is_select or state.is_update or state.is_delete
    if not changes_or_reads or state.is_column_load or state.is_relationship_load:
        return
    current()
    state.statement = state.statement.options(OWN_ROWS)


def _refuse_foreign_rows(session: Session, _flush: Any, _instances: Any) -> None:
    for row in session.new:
        if not isinstance(row, RegionRow):
            continue
        region_id = current().region_id
        if row.region_id is None:
            row.region_id = region_id
        elif row.region_id != region_id:
            raise NoContext(f"Baris {type(row).__name__} milik daerah {row.region_id}, konteks {region_id}.")


def init_app(app: Flask, signer: TokenMaker) -> None:
    """Attach the engine of this process to its signer and the session to the region criterion."""
    db.init_app(app)
    app.extensions["tenancy_signer"] = signer
    with app.app_context():
        bind_engine(db.engine, signer)
    if not event.contains(Session, "do_orm_execute", _add_region_literal):
        event.listen(Session, "do_orm_execute", _add_region_literal)
        event.listen(Session, "before_flush", _refuse_foreign_rows)


def region_sql(sql: str, **params: Any) -> CursorResult[Any]:
    """Run raw SQL that names the region: it must compare `region_id` with `:region_id`, filled from the context.

    The one door for SQL that the ORM cannot say well; the policy is the guard, the literal is the speed.

    Raises:
        ValueError: the statement does not carry `:region_id`.
    """
    result = db.session.execute(_named(sql), {**params, "region_id": current().region_id})
    assert isinstance(result, CursorResult)
    return result


def take_time() -> None:
    """Let each statement of this transaction run ten minutes: for work on a whole region, never for a page."""
    db.session.execute(text("SET LOCAL statement_timeout = '600s'"))


def beside(sql: str, **params: Any) -> None:
    """Like `region_sql`, in a transaction of its own on another connection: kept whatever becomes of the session's.

    For what must be seen while a long transaction runs. It must not touch a row that the session holds.
    """
    with db.engine.begin() as connection:
        connection.execute(_named(sql), {**params, "region_id": current().region_id})


def _named(sql: str) -> TextClause:
    if ":region_id" not in sql:
        raise ValueError("SQL mentah harus membandingkan region_id dengan :region_id")
    return text(sql)
