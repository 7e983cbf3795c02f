"""The database session: every transaction opens its region's signed context, every statement carries the literal.

`db` is Flask-SQLAlchemy's handle. Its engine logs in as one runtime role; who may do what is decided there, not here.
"""

from typing import Any

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, Engine, MetaData, TextClause, Uuid, event, text
from sqlalchemy.engine import Connection, CursorResult
from sqlalchemy.orm import DeclarativeBase, Mapped, ORMExecuteState, Session, mapped_column, with_loader_criteria

from app.kernel.identifiers import uuid7
from app.tenancy.context import NoContext, Signer, current, current_or_none

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Root of every mapped table."""

    metadata = MetaData(naming_convention=NAMING)


db = SQLAlchemy(model_class=Base)


class RegionRow:
    """Mixin of every tenant table: key `(region_id, id)`, stamped from the context, filtered in every statement."""

    region_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, default=lambda: current().region_id)
    id: Mapped[Any] = mapped_column(Uuid, primary_key=True, default=uuid7)


def open_context(connection: Connection, signer: Signer) -> None:
    """Speak the current context into the transaction that has just begun on `connection`."""
    context = current_or_none()
    if context is None:
        return
    raw = connection.connection.dbapi_connection
    pid = raw.info.backend_pid if raw is not None else None
    connection.exec_driver_sql("SELECT tenancy.open(%s)", (signer.token(context, pid),))


def bind_engine(engine: Engine, signer: Signer) -> Engine:
    """Make `engine` open the signed context at the begin of every transaction (Core and ORM alike)."""
    event.listen(engine, "begin", lambda connection: open_context(connection, signer))
    return engine


def _add_region_literal(state: ORMExecuteState) -> None:
    changes_or_reads = state.is_select or state.is_update or state.is_delete
    if not changes_or_reads or state.is_column_load or state.is_relationship_load:
        return
    region_id = current().region_id
    state.statement = state.statement.options(
        with_loader_criteria(RegionRow, lambda row: row.region_id == region_id, include_aliases=True)
    )


def _refuse_foreign_rows(session: Session, _flush: Any, _instances: Any) -> None:
    for row in session.new:
        if not isinstance(row, RegionRow):
            continue
        region_id = current().region_id
        if row.region_id is None:
            row.region_id = region_id
        elif row.region_id != region_id:
            raise NoContext(f"Baris {type(row).__name__} milik daerah {row.region_id}, konteks {region_id}.")


def init_app(app: Flask, signer: Signer) -> None:
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
