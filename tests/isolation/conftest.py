"""Connections as the database knows them, regions with rows that can be recognised, people who sign in."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.pool import NullPool

from app.tenancy.context import Context, Signer
from app.tenancy.roles import KEY_ID
from config.settings import Settings
from tests.conftest import A, B
from tests.isolation.planting import Planted, plant, uproot, wipe

#: Whoever injects SQL does it from here: what the attack may do to its own region is committed, and wiped at the end.
C = 5271


class Opener:
    """Opens transactions of the runtime roles, each inside one region's context."""

    def __init__(self, settings: Settings) -> None:
        self.signer = Signer(KEY_ID, settings.derive(f"context-key:{KEY_ID}"))
        self._settings = settings
        self._engines: dict[str, Engine] = {}

    def engine(self, role: str) -> Engine:
        """Connections of one runtime role, without a pool."""
        if role not in self._engines:
            self._engines[role] = create_engine(self._settings.role_url(f"smartcity_{role}"), poolclass=NullPool)
        return self._engines[role]

    def speak(self, connection: Connection, region: int, role: str = "app") -> str:
        """Open `region`'s context in the transaction that runs on `connection`; returns the token."""
        raw = connection.connection.dbapi_connection
        token = self.signer.token(Context(region, "sistem:uji", role), raw.info.backend_pid if raw else None)
        connection.execute(text("SELECT tenancy.open(:token)"), {"token": token})
        return token

    @contextmanager
    def __call__(self, region: int | None, role: str = "app", *, keep: bool = False) -> Iterator[Connection]:
        """A transaction in `region`'s context (none for None); rolled back unless it is to be kept."""
        with self.engine(role).connect() as connection:
            if region is not None:
                self.speak(connection, region, role)
            yield connection
            if keep:
                connection.commit()
            else:
                connection.rollback()


@pytest.fixture(scope="session")
def inside(settings: Settings, worker_app: Flask) -> Opener:
    assert worker_app is not None
    return Opener(settings)


@pytest.fixture(scope="module")
def rows_of_a(admin: Engine) -> Iterator[Planted]:
    """A row of region A in every tenant table."""
    with admin.begin() as connection:
        planted = plant(connection, A, "milik-sendiri-a", numbers=False)
    yield planted
    with admin.begin() as connection:
        uproot(connection, planted)


@pytest.fixture(scope="module")
def rows_of_b(admin: Engine) -> Iterator[Planted]:
    """A row of region B in every tenant table, with marks that no other region may ever show."""
    with admin.begin() as connection:
        planted = plant(connection, B, "rahasia-milik-b")
    yield planted
    with admin.begin() as connection:
        uproot(connection, planted)


@pytest.fixture(scope="module")
def rows_of_c(admin: Engine) -> Iterator[Planted]:
    """The attacker's own region: a row in every tenant table, and nothing left at the end."""
    with admin.begin() as connection:
        planted = plant(connection, C, "milik-penyerang-c", numbers=False)
    yield planted
    with admin.begin() as connection:
        wipe(connection, C)
