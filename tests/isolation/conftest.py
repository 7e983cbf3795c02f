"""Connections as the database knows them: the runtime roles, with and without a context."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from flask import Flask
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.pool import NullPool

from app.tenancy.context import Context, Signer
from app.tenancy.roles import KEY_ID
from config.settings import Settings

Opener = Callable[..., AbstractContextManager[Connection]]


@pytest.fixture(scope="session")
def signer(settings: Settings) -> Signer:
    return Signer(KEY_ID, settings.derive(f"context-key:{KEY_ID}"))


@pytest.fixture(scope="session")
def role_engine(settings: Settings, worker_app: Flask) -> Callable[[str], Engine]:
    assert worker_app is not None
    engines: dict[str, Engine] = {}

    def engine(role: str) -> Engine:
        if role not in engines:
            engines[role] = create_engine(settings.role_url(f"smartcity_{role}"), poolclass=NullPool)
        return engines[role]

    return engine


@pytest.fixture
def inside(role_engine: Callable[[str], Engine], signer: Signer) -> Opener:
    """A transaction of `role` inside `region`'s context (none for None), always rolled back."""

    @contextmanager
    def opened(region: int | None, role: str = "app") -> Iterator[Connection]:
        with role_engine(role).connect() as connection:
            if region is not None:
                pid = connection.connection.dbapi_connection.info.backend_pid
                token = signer.token(Context(region, "sistem:uji", role), pid)
                connection.execute(text("SELECT tenancy.open(:token)"), {"token": token})
            yield connection
            connection.rollback()

    return opened
