"""A region of its own for the tests of keys: what is sealed there is wiped at the end."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import Engine

from app.services.personal import keys
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db
from tests.isolation.planting import wipe

#: Kota Banjar: provisioned by nobody.
R = 3279


@pytest.fixture
def inside_r(worker_app: Flask, admin: Engine) -> Iterator[None]:
    """The worker's application inside region R, without a key before and without a row after."""
    keys.cache.clear()
    with worker_app.app_context(), acting_for(Context(R, "sistem:uji", "worker")):
        yield
        db.session.rollback()
    keys.cache.clear()
    with admin.begin() as connection:
        wipe(connection, R)
