"""Signing: locally, by BSrE's wire format against the shipped sandbox; and what happens when no answer comes."""

import logging
import threading
from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest
from flask import Flask
from pypdf import PdfReader, PdfWriter
from sqlalchemy import Engine, text

from app.kernel.clock import now
from app.services.documents import store
from app.services.documents.kinds import FileRefused
from app.services.documents.letters import register
from app.services.documents.letters.register import Letter
from app.services.documents.signing import requests
from app.services.documents.signing.bsre import BsreV2, Service
from app.services.documents.signing.bsre_sandbox import PASSWORD, PEOPLE, Sandbox
from app.services.documents.signing.checks import is_signed_form_of, signatures_of
from app.services.documents.signing.local import LocalSigner
from app.services.documents.signing.providers import Person
from app.services.identity.refusals import Refused
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db
from config.settings import Settings
from tests.conftest import A
from tests.services.documents import samples
from tests.services.documents.conftest import Write
from tests.services.documents.sandboxed import SECRET, SITI, Bsre, authority, bsre, impatient, sandbox, service
from tests.services.documents.test_letters import issue

__all__ = ["authority", "bsre", "sandbox", "service"]
pytestmark = pytest.mark.usefixtures("clean")


def unsigned(letter: Letter) -> bytes:
    return store.read(store.find(letter.document_id))


@pytest.mark.usefixtures("inside")
def test_the_local_signer_signs_a_letter(settings: Settings, written: Write) -> None:
    letter = issue()
    assert (
        requests.sign(letter.id, LocalSigner(settings.var_dir, A, "Pemerintah Kota Bandung"), SITI) == "DITANDATANGANI"
    )
    signed = register.find(letter.id)
    content = store.read(store.find(signed.signed_document_id))
    (found,) = signatures_of(written(content))
    assert (found.good, found.trusted, found.organisation) == (True, True, "Pemerintah Kota Bandung")
    assert content.startswith(unsigned(letter))
    assert signed.valid
    with pytest.raises(Refused):
        requests.sign(letter.id, LocalSigner(settings.var_dir, A, "x"), SITI)


@pytest.mark.usefixtures("inside")
def test_bsre_signs_a_letter_with_a_time_stamp(bsre: Bsre, sandbox: Sandbox, written: Write) -> None:
    provider, person, endpoint = bsre
    letter = issue()
    assert requests.sign(letter.id, provider, person) == "DITANDATANGANI"
    content = store.read(store.find(register.find(letter.id).signed_document_id))
    (found,) = signatures_of(written(content))
    assert (found.signer, found.good, found.trusted) == ("Siti Contoh", True, False)
    assert "." in found.at
    assert sandbox.calls[endpoint] == 1
    assert requests.history(letter)[0]["state"] == "DITANDATANGANI"


@pytest.mark.usefixtures("inside")
def test_no_answer_in_time_is_uncertain_and_is_not_asked_again(bsre: Bsre, sandbox: Sandbox, admin: Engine) -> None:
    provider, person, endpoint = bsre
    let_go = threading.Event()
    sandbox.before_answer = lambda: let_go.wait(10)
    letter = issue()
    try:
        assert requests.sign(letter.id, impatient(provider), person) == "TIDAK_PASTI"
        for _attempt in range(3):
            with pytest.raises(Refused, match="sedang atau sudah"):
                requests.sign(letter.id, provider, person)
    finally:
        let_go.set()
    assert sandbox.calls[endpoint] == 1
    assert [row["code"] for row in requests.history(letter)] == ["tanpa-jawaban"]
    assert register.find(letter.id).state == "TIDAK_PASTI"
    assert requests.undecided(register.find(letter.id))


@pytest.mark.usefixtures("inside")
def test_a_person_settles_what_is_uncertain_with_the_signed_pdf_of_the_service(
    bsre: Bsre, sandbox: Sandbox, written: Write
) -> None:
    letter = uncertain(bsre, sandbox)
    (signed,) = sandbox.signed.values()
    other = issue()
    foreign = BsreV2(bsre[0]._service).sign(unsigned(other), SITI)
    torn = bytearray(signed)
    torn[2000] ^= 1
    for wrong in (unsigned(letter), foreign, bytes(torn), samples.pdf(), b"%PDF-1.7"):
        with pytest.raises(FileRefused):
            requests.settle_signed(letter.id, written(wrong))
        db.session.rollback()
    requests.settle_signed(letter.id, written(signed))
    db.session.commit()
    assert register.find(letter.id).valid
    with pytest.raises(Refused, match="tidak menunggu"):
        requests.settle_failed(letter.id, "sudah saya tanyakan")
    db.session.rollback()


def uncertain(bsre: Bsre, sandbox: Sandbox) -> Letter:
    """A letter that the service signed, whose answer came too late."""
    provider, person, _endpoint = bsre
    signed, let_go = threading.Event(), threading.Event()

    def stall() -> None:
        signed.set()
        let_go.wait(20)

    sandbox.before_answer = stall
    letter = issue()
    assert requests.sign(letter.id, impatient(provider), person) == "TIDAK_PASTI"
    assert signed.wait(20)
    let_go.set()
    sandbox.before_answer = lambda: None
    return letter


@pytest.mark.usefixtures("inside")
def test_a_person_settles_that_nothing_was_signed_and_only_then_it_may_be_asked_again(
    bsre: Bsre, sandbox: Sandbox
) -> None:
    letter = uncertain(bsre, sandbox)
    with pytest.raises(Refused, match="10 sampai 500"):
        requests.settle_failed(letter.id, "tidak")
    requests.settle_failed(letter.id, "Ditanyakan ke helpdesk BSrE, tidak ada.")
    db.session.commit()
    assert register.find(letter.id).state == "GAGAL"
    assert requests.sign(letter.id, bsre[0], bsre[1]) == "DITANDATANGANI"
    assert [row["state"] for row in requests.history(letter)] == ["DITANDATANGANI", "GAGAL"]


@pytest.mark.usefixtures("inside")
def test_a_service_that_is_not_there_has_signed_nothing_and_may_be_asked_again(settings: Settings) -> None:
    letter = issue()
    away = BsreV2(Service("http://127.0.0.1:9", "a", "b", 5))
    assert requests.sign(letter.id, away, SITI) == "GAGAL"
    assert requests.history(letter)[0]["code"] == "tidak-terjangkau"
    assert requests.sign(letter.id, LocalSigner(settings.var_dir, A, "x"), SITI) == "DITANDATANGANI"


@pytest.mark.usefixtures("inside")
def test_an_answer_that_is_another_letter_is_not_taken(service: Service) -> None:
    class Mixed:
        name, asks_person = "BSRE_V2", True

        def sign(self, _pdf: bytes, person: Person) -> bytes:
            return BsreV2(service).sign(samples.pdf(), person)

    letter = issue()
    assert requests.sign(letter.id, Mixed(), SITI) == "TIDAK_PASTI"
    assert register.find(letter.id).signed_document_id is None


@pytest.mark.usefixtures("inside")
def test_a_passphrase_is_nowhere_afterwards(
    bsre: Bsre, sandbox: Sandbox, admin: Engine, caplog: pytest.LogCaptureFixture, settings: Settings
) -> None:
    provider, person, _endpoint = bsre
    with caplog.at_level(logging.DEBUG):
        for secret in (SECRET, "salah dan panjang"):
            requests.sign(issue().id, provider, replace(person, secret=secret))
        uncertain(bsre, sandbox)
    said = caplog.text + repr(person) + repr(provider._service)
    with admin.connect() as connection:
        tables = connection.scalars(
            text("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
        )
        for table in tables.all():
            said += str(connection.scalar(text(f"SELECT string_agg(t::text, ' ') FROM {table} t")))
    for secret in (SECRET, "salah dan panjang", PASSWORD, PEOPLE[0].nik):
        assert secret not in said
    stored = b"".join(
        path.read_bytes() for path in settings.var_dir.rglob("*") if path.is_file() and "postgres" not in str(path)
    )
    assert SECRET.encode() not in stored


@pytest.mark.usefixtures("inside")
def test_a_process_that_died_while_asking_leaves_the_letter_to_a_person(admin: Engine, settings: Settings) -> None:
    class Dying:
        name, asks_person = "BSRE_V2", False

        def sign(self, _pdf: bytes, _person: Person) -> bytes:
            raise KeyboardInterrupt

    letter = issue()
    with pytest.raises(KeyboardInterrupt):
        requests.sign(letter.id, Dying(), SITI)
    db.session.rollback()
    assert register.find(letter.id).state == "DIMINTA"
    assert not requests.undecided(register.find(letter.id))
    with pytest.raises(Refused):
        requests.sign(letter.id, LocalSigner(settings.var_dir, A, "x"), SITI)
    with admin.begin() as connection:
        connection.execute(
            text("UPDATE signature_requests SET requested_at = :at"), {"at": now() - timedelta(minutes=6)}
        )
    assert requests.undecided(register.find(letter.id))
    requests.settle_failed(letter.id, "Mesin mati, layanan tidak mencatat apa pun.")


def test_ten_presses_at_once_are_one_request(worker_app: Flask, settings: Settings) -> None:
    asked, outcomes = [], []

    class Slow(LocalSigner):
        def sign(self, pdf: bytes, person: Person) -> bytes:
            asked.append(1)
            return super().sign(pdf, person)

    with worker_app.app_context(), acting_for(Context(A, "sistem:uji", "worker")):
        letter = issue()

    def press() -> None:
        with worker_app.app_context(), acting_for(Context(A, "sistem:uji", "worker")):
            try:
                outcomes.append(requests.sign(letter.id, Slow(settings.var_dir, A, "x"), SITI))
            except Refused:
                outcomes.append("DITOLAK")

    threads = [threading.Thread(target=press) for _number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(asked) == 1
    assert sorted(outcomes) == ["DITANDATANGANI"] + ["DITOLAK"] * 9


@pytest.mark.usefixtures("inside")
def test_a_signer_that_writes_the_file_anew_must_show_the_same_text(settings: Settings) -> None:
    """A rewritten file (no longer our bytes in front) with the same pages, signed: it is the letter; else not."""
    sent = unsigned(issue())
    writer = PdfWriter(clone_from=PdfReader(BytesIO(sent)))
    anew = BytesIO()
    writer.write(anew)
    signer = LocalSigner(settings.var_dir, A, "x")
    assert not anew.getvalue().startswith(sent)
    assert is_signed_form_of(signer.sign(anew.getvalue(), SITI), sent)
    writer.add_blank_page(100, 100)
    longer = BytesIO()
    writer.write(longer)
    assert not is_signed_form_of(signer.sign(longer.getvalue(), SITI), sent)
