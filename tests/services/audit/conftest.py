"""A region whose chain belongs to one test: it begins at the first entry and is gone afterwards."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from app.services import audit
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db
from tests.conftest import B

#: Kota Ambon: provisioned by nobody, so that its chain is empty.
R = 8171
Act = Callable[..., None]


@pytest.fixture
def chain(worker_app: Flask, admin: Engine) -> Iterator[None]:
    """The worker's application inside region R, its chain empty before and after."""
    with worker_app.app_context(), acting_for(Context(R, "sistem:uji", "worker")):
        yield
        db.session.rollback()
    with admin.begin() as connection:
        for table in ("audit_log", "audit_heads", "tenancy.audit_roots", "region_settings", "outbox"):
            connection.execute(text(f"DELETE FROM {table} WHERE region_id = {R}"))


@pytest.fixture
def act(chain: None) -> Act:
    """One act of region R: a note, committed."""
    assert chain is None

    def done(number: int = 1, **more: object) -> None:
        audit.note("uji.ubah", "uji", str(number), after={"nilai": number}, **more)
        db.session.commit()

    return done


@pytest.fixture
def tamper(admin: Engine) -> Callable[[str], None]:
    """What somebody with the administrator's password can do: change rows behind every policy."""

    def changed(sql: str) -> None:
        with admin.begin() as connection:
            connection.execute(text(sql))

    return changed


__all__ = ["Act", "B", "R", "act", "chain", "tamper"]
