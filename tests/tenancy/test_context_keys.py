"""The key that signs contexts is changed while processes of both kinds work."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError, OperationalError

from app import create_app
from app.sabilulungan.models import Hibah
from app.tenancy import context_keys
from app.tenancy.context import Context, NoContext, acting_for
from app.tenancy.context_keys import FIRST, LiveSigner, TooSoon, choose, proof
from app.tenancy.database import db
from config.settings import Settings
from tenants.secrets_commands import secrets
from tests.conftest import A

NEW = b"kunci induk yang baru dan cukup panjang 0123456789"


@pytest.fixture
def only_the_first(worker_app: Flask, web_app: Flask, admin: Engine) -> Iterator[None]:
    """The worker's database ends with the key that it began with, and no process remembers another."""
    yield
    with admin.begin() as connection:
        connection.execute(text("DELETE FROM tenancy.keys"))
        context_keys.ensure(connection, worker_app.extensions["settings"])
    for app in (worker_app, web_app):
        app.extensions["tenancy_signer"].look_again()


def reads(app: Flask) -> bool:
    """Whether the application sees rows of its region."""
    with app.app_context(), acting_for(Context(A)):
        try:
            found = db.session.query(Hibah.id).limit(1).all()
        finally:
            db.session.remove()
    return bool(found)


def signs_with(app: Flask) -> str:
    return app.extensions["tenancy_signer"].signer().key_id


def live(admin: Engine) -> list[str]:
    with admin.connect() as connection:
        return list(connection.scalars(text("SELECT key_id FROM tenancy.keys ORDER BY key_id")))


def make_old(admin: Engine) -> None:
    with admin.begin() as connection:
        connection.execute(text("UPDATE tenancy.keys SET created_at = created_at - interval '1 hour'"))


@pytest.mark.usefixtures("only_the_first")
def test_old_and_new_processes_work_side_by_side_until_the_old_key_goes(settings: Settings, admin: Engine) -> None:
    old = create_app(settings)
    assert (reads(old), signs_with(old)) == (True, FIRST)
    assert context_keys.rotate(settings) == "k2"
    young = create_app(settings)
    assert (reads(young), signs_with(young)) == (True, "k2")
    assert (reads(old), signs_with(old)) == (True, FIRST)
    old.extensions["tenancy_signer"].look_again()
    assert (reads(old), signs_with(old)) == (True, "k2")
    make_old(admin)
    assert context_keys.retire(settings) == [FIRST]
    assert reads(old)
    assert reads(young)


@pytest.mark.usefixtures("only_the_first")
def test_a_token_of_a_key_that_is_gone_opens_nothing(settings: Settings, admin: Engine) -> None:
    late = create_app(settings)
    assert reads(late)
    context_keys.rotate(settings)
    make_old(admin)
    context_keys.retire(settings)
    with pytest.raises(DBAPIError, match="konteks tidak sah"):
        reads(late)
    late.extensions["tenancy_signer"].look_again()
    assert reads(late)


@pytest.mark.usefixtures("only_the_first")
def test_an_old_key_is_not_taken_away_while_it_may_be_in_use(settings: Settings, admin: Engine) -> None:
    context_keys.rotate(settings)
    with pytest.raises(TooSoon, match="k2"):
        context_keys.retire(settings)
    assert live(admin) == ["k1", "k2"]


@pytest.mark.usefixtures("only_the_first")
def test_a_start_with_a_new_master_key_installs_a_key_beside_the_old_one(settings: Settings, admin: Engine) -> None:
    renewed = replace(settings, master_key=NEW, old_master_keys=(settings.master_key,))
    for _start in range(2):
        with admin.begin() as connection:
            context_keys.ensure(connection, renewed)
    assert live(admin) == ["k1", "k2"]
    old = create_app(settings)
    assert (reads(old), signs_with(old)) == (True, FIRST)
    url = settings.role_url("smartcity_app")
    engine = create_engine(url)
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(text("SELECT * FROM tenancy.context_keys()"))]
    engine.dispose()
    assert choose(renewed, found).key_id == "k2"
    assert choose(settings, found).key_id == FIRST
    with pytest.raises(NoContext):
        choose(replace(settings, master_key=b"x" * 40), found)


@pytest.mark.usefixtures("only_the_first")
def test_the_command_installs_and_takes_away(worker_app: Flask, admin: Engine) -> None:
    runner = worker_app.test_cli_runner()
    assert "k2" in runner.invoke(secrets, ["rotate", "--context"]).output
    refused = runner.invoke(secrets, ["rotate", "--context", "--retire"])
    assert refused.exit_code == 1
    assert "detik lagi" in refused.output
    make_old(admin)
    assert "k1" in runner.invoke(secrets, ["rotate", "--context", "--retire"]).output
    assert live(admin) == ["k2"]


def test_a_proof_is_no_token(settings: Settings) -> None:
    key = settings.derive("context-key:k1")
    assert proof("k1", key) != proof("k2", key)
    assert "|" not in f"bukti {FIRST}"


def test_a_process_that_cannot_look_goes_on_with_what_it_knows(settings: Settings) -> None:
    answers: list[list[tuple[str, str]]] = [[("k1", proof("k1", settings.derive("context-key:k1")))]]

    def look() -> list[tuple[str, str]]:
        if not answers:
            raise OperationalError("SELECT", {}, Exception("mati"))
        return answers.pop()

    signer = LiveSigner(settings, look)
    known = signer.signer()
    signer.look_again()
    assert signer.signer() is known
    with pytest.raises(OperationalError):
        LiveSigner(settings, look).signer()
