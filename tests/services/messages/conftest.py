"""A region with people, a sandbox gateway on a real port, and an event to tell of."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from uuid import UUID
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from app import create_app
from app.services import messages
from app.services.jobs import outbox
from app.services.messages import contacts, events, mail
from app.services.messages.events import MAIL, SMS, WHATSAPP, Event, Text
from app.services.messages.mail import Letter
from app.services.messages.sandbox import Sandbox
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db
from config.settings import Settings
from tests.conftest import A, Visitor
from tests.services.identity.conftest import PASSWORD, Browser, people, post

__all__ = ["people"]
TABLES = ("message_sends", "message_choices", "message_contacts", "message_templates", "inbox_messages", "outbox")
RETURNED = Event(
    "uji.dikembalikan",
    "Usulan dikembalikan",
    {
        "id": Text("Usulan {nomor} dikembalikan", "Halo {nama},\n\nUsulan {nomor} perlu perbaikan: {alasan}"),
        "en": Text("Proposal {nomor} returned", "Hello {nama},\n\nProposal {nomor} needs work: {alasan}"),
    },
    {"nomor": "HB-0012", "alasan": "RAB belum lengkap"},
    channels=(MAIL, WHATSAPP, SMS),
)
DECREE = replace(RETURNED, code="uji.keputusan", title="Keputusan atas usulan", required=True, channels=(MAIL,))
VALUES = {"nomor": "HB-7", "alasan": "RAB belum lengkap"}


@pytest.fixture
def clean_messages(people: None, admin: Engine) -> Iterator[None]:
    yield
    with admin.begin() as connection:
        for table in TABLES:
            connection.execute(text(f"DELETE FROM {table}"))


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The two events of these tests."""
    monkeypatch.setattr(events, "_events", dict(events._events))
    messages.register_event(RETURNED)
    messages.register_event(DECREE)


class Quiet(WSGIRequestHandler):
    def log_message(self, *args: object) -> None:
        """Nothing: the test reads what was received."""


@pytest.fixture
def sandbox() -> Iterator[tuple[Sandbox, str]]:
    """The sandbox and its address."""
    box = Sandbox()
    with make_server("127.0.0.1", 0, box, handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield box, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def phones(settings: Settings, sandbox: tuple[Sandbox, str]) -> Settings:
    """The settings of a deployment whose gateways are the sandbox."""
    url = sandbox[1]
    return replace(
        settings, whatsapp_url=f"{url}/wa", whatsapp_phone_id="1065", whatsapp_token="kotak-pasir",
        whatsapp_template="pemberitahuan", sms_url=f"{url}/sms", sms_token="kotak-pasir", sms_sender="PEMDA",
    )  # fmt: skip


@pytest.fixture
def post_office(phones: Settings, worker_app: Flask, clean_messages: None, told: None) -> Iterator[Flask]:
    """A worker with gateways, inside region A."""
    app = create_app(phones, role="worker")
    with app.app_context(), acting_for(Context(A, "sistem:uji", "worker")):
        yield app
        db.session.rollback()


@pytest.fixture
def account(admin: Engine) -> Callable[[str], UUID]:
    """The account of a role in region A."""

    def find(role: str, region: int = A) -> UUID:
        with admin.connect() as connection:
            sql = "SELECT id FROM accounts WHERE region_id = :region AND email = :email"
            return UUID(str(connection.scalar(text(sql), {"region": region, "email": f"{role}@contoh.go.id"})))

    return find


def tell(*accounts: UUID, event: str = RETURNED.code, url: str = "/hibah/HB-7") -> list[UUID]:
    """An act that tells of something, committed."""
    written = messages.notify(event, accounts, VALUES, url)
    db.session.commit()
    return written


def work() -> None:
    """What relay and worker do, without Redis, until nothing is due."""
    while numbers := outbox.take_due(100):
        db.session.commit()
        for number in numbers:
            assert outbox.perform(number)
    db.session.rollback()


def letters_to(settings: Settings, role: str) -> list[Letter]:
    """The letters in region A's folder to a role's address, newest first."""
    return [letter for letter in mail.letters(settings) if letter.to == f"{role}@contoh.go.id"]


def proved(account_id: UUID, number: str) -> None:
    """The account's phone, proved."""
    _number, code = contacts.new_phone(account_id, number)
    assert contacts.prove(account_id, code)
    db.session.commit()


@pytest.fixture
def browser(phones: Settings, clean_messages: None, told: None) -> Browser:
    """Browsers of a web process whose gateways are the sandbox."""
    app = create_app(phones)

    def opened(role: str = "", region: int = A) -> FlaskClient:
        visitor = Visitor(app, app.response_class)
        if role:
            assert post(visitor, "/masuk", region, email=f"{role}@contoh.go.id", sandi=PASSWORD).status_code == 303
        return visitor

    return opened
