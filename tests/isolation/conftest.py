"""Connections as the database knows them, regions with rows that can be recognised, people who sign in."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.pool import NullPool

from app.services.documents.storage import object_key, storage
from app.services.identity import accounts
from app.services.identity.permissions import ROLES
from app.services.jobs import outbox
from app.services.messages import mail
from app.tenancy.context import Context, Signer, acting_for
from app.tenancy.context_keys import FIRST
from app.tenancy.database import db
from config.settings import Settings
from tests.conftest import A, B
from tests.isolation.access import FOREIGN, LINK
from tests.isolation.planting import Planted, plant, uproot, wipe
from tests.isolation.probes import tables_of
from tests.isolation.walk import ONLY_IN_B
from tests.services.identity.conftest import HOSTS, PASSWORD

#: Whoever injects SQL does it from here: what the attack may do to its own region is committed, and wiped at the end.
C = 5271


class Opener:
    """Opens transactions of the runtime roles, each inside one region's context."""

    def __init__(self, settings: Settings) -> None:
        self.signer = Signer(FIRST, settings.derive(f"context-key:{FIRST}"))
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


@pytest.fixture(scope="module")
def people_of_both(worker_app: Flask, admin: Engine) -> Iterator[None]:
    """One account for each role in both regions, with the same password; one more that only B has."""
    with worker_app.app_context():
        for region in (A, B):
            with acting_for(Context(region, "sistem:uji", "worker")):
                for role in ROLES:
                    accounts.create(f"{role}@contoh.go.id", role, frozenset({role}), PASSWORD)
                if region == B:
                    accounts.create(ONLY_IN_B, "Hanya di B", frozenset({"opd"}), PASSWORD)
                db.session.commit()
    yield
    with admin.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for table in tables_of(connection):
            if table.startswith(("account", "sign_in", "outbox", "consents", "erasure", "oidc", "spent")):
                connection.execute(text(f"DELETE FROM {table}"))


@pytest.fixture(scope="module")
def link_of_b(worker_app: Flask, settings: Settings, people_of_both: None, admin: Engine) -> str:
    """The secret of a link that a letter of B carried: it opens a page on B's host."""
    assert people_of_both is None
    with worker_app.app_context(), acting_for(Context(B, "sistem:uji", "worker")):
        accounts.invite("diundang@contoh.go.id", "Diundang", frozenset({"opd"}), f"{HOSTS[B]}/")
        db.session.commit()
        waiting = f"SELECT id FROM outbox WHERE region_id = {B} AND done_at IS NULL ORDER BY created_at DESC LIMIT 1"
        with admin.connect() as connection:
            number = connection.scalar(text(waiting))
        assert outbox.perform(number)
        found = re.search(r"/sandi/([\w-]+)", mail.letters(settings)[0].text)
    assert found is not None
    return found.group(1)


@pytest.fixture(scope="module")
def files_of_b(worker_app: Flask, admin: Engine, people_of_both: None, rows_of_b: Planted) -> None:
    """B's planted document has bytes and is public at home; its upload is that of B's administrator."""
    assert people_of_both is None
    with admin.begin() as connection:
        connection.execute(
            text(
                "UPDATE documents SET subject_type = 'daerah', visibility = 'publik', media_type = 'application/pdf',"
                " size = 4, copy_size = NULL WHERE id = :id"
            ),
            {"id": rows_of_b.rows["documents"]},
        )
        connection.execute(
            text(
                "UPDATE uploads SET actor = (SELECT id::text FROM accounts WHERE region_id = uploads.region_id"
                " AND email = 'admin@contoh.go.id') WHERE id = :id"
            ),
            {"id": rows_of_b.rows["uploads"]},
        )
    with worker_app.app_context(), acting_for(Context(B, "sistem:uji", "worker")):
        storage().put(object_key(UUID(rows_of_b.rows["documents"])), BytesIO(b"%PDF"), 4)


@pytest.fixture(scope="module")
def of_b(admin: Engine, link_of_b: str, files_of_b: None, rows_of_b: Planted) -> dict[str, str]:
    """What an address may name, taken from B's rows as they stand."""
    assert files_of_b is None
    keys = {"b": B, **rows_of_b.rows}
    with admin.connect() as connection:
        found = {name: connection.scalar(text(sql), keys) for name, sql in FOREIGN.items()}
    assert None not in found.values(), found
    return {name: str(value) for name, value in found.items()} | {LINK: link_of_b}
