"""A region of its own for the tests of keys: what is sealed there is wiped at the end."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine

from app.services.personal import keys
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db
from config.settings import Settings
from tests.isolation.planting import wipe

#: Kota Banjar: provisioned by nobody.
R = 3279
NEW = b"kunci induk yang baru dan cukup panjang 0123456789"


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


@pytest.fixture
def become(worker_app: Flask) -> Iterator[Any]:
    """Run the application with other master keys; its memory of keys is that of a fresh process."""
    before: Settings = worker_app.extensions["settings"]

    def changed(*, new: bool, old: bool) -> None:
        keys.cache.clear()
        worker_app.extensions["settings"] = replace(
            before, master_key=NEW if new else before.master_key, old_master_keys=(before.master_key,) if old else ()
        )

    yield changed
    worker_app.extensions["settings"] = before
    keys.cache.clear()
