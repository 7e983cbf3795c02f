"""Signing: locally, by BSrE's wire format against the shipped sandbox; and what happens when no answer comes."""

import json
import logging
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from pypdf import PdfReader, PdfWriter
from sqlalchemy import Engine, text
from urllib3 import PoolManager
from urllib3.util import make_headers
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from app.kernel.clock import now
from app.services.documents import store
from app.services.documents.kinds import FileRefused
from app.services.documents.letters import register
from app.services.documents.letters.register import Letter
from app.services.documents.signing import requests
from app.services.documents.signing.bsre import BsreV1, BsreV2, Service
from app.services.documents.signing.bsre_sandbox import PASSWORD, PEOPLE, USERNAME, Sandbox
from app.services.documents.signing.checks import is_signed_form_of, signatures_of
from app.services.documents.signing.local import LocalSigner
from app.services.documents.signing.providers import Failed, Person, Provider, Uncertain
from app.services.documents.signing.services import configure, provider_of
from app.services.identity.accounts import Refused
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db
from config import settings as configuration
from config.settings import Settings
from tests.conftest import A, B
from tests.services.documents import samples
from tests.services.documents.conftest import Write
from tests.services.documents.test_letters import issue

pytestmark = pytest.mark.usefixtures("clean")
SECRET = PEOPLE[0].passphrase
SITI = Person("Siti Contoh", "Kepala Dinas", PEOPLE[0].email, SECRET)
Bsre = tuple[Provider, Person, str]
SITI_V1 = replace(SITI, identity=PEOPLE[0].nik)


class Quiet(WSGIRequestHandler):
    def log(self, *_args: object) -> None:
        """Nothing on the terminal of the tests."""


@contextmanager
def serving(application: object) -> Iterator[str]:
    server: BaseWSGIServer = make_server("127.0.0.1", 0, application, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    return Sandbox(tmp_path_factory.mktemp("bsre"))


@pytest.fixture
def service(sandbox: Sandbox) -> Iterator[Service]:
    sandbox.calls.clear()
    sandbox.signed.clear()
    with serving(sandbox) as url:
        yield Service(url, USERNAME, PASSWORD, 5)
    sandbox.before_answer = lambda: None


@pytest.fixture(params=["v1", "v2"])
def bsre(request: pytest.FixtureRequest, service: Service) -> Bsre:
    if request.param == "v1":
        return BsreV1(service), SITI_V1, "sign_v1"
    return BsreV2(service), SITI, "sign_v2"


def impatient(provider: Provider, seconds: float = 0.3) -> Provider:
    return type(provider)(replace(provider._service, seconds=seconds))


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
def test_an_authority_is_trusted_when_its_certificate_is_put_in_place(
    service: Service, sandbox: Sandbox, settings: Settings, written: Write
) -> None:
    folder = settings.var_dir / "tanda-tangan" / "akar"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bsre.pem").write_bytes(sandbox.authority.root_file.read_bytes())
    try:
        (found,) = signatures_of(written(BsreV2(service).sign(samples.pdf(), SITI)))
        assert found.trusted
    finally:
        (folder / "bsre.pem").unlink()


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
            requests.settle_signed(letter.id, written(wrong), "Siti")
        db.session.rollback()
    requests.settle_signed(letter.id, written(signed), "Siti")
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
def test_a_connection_torn_while_signing_is_uncertain() -> None:
    def torn(_environ: dict[str, object], start_response: Callable[..., object]) -> list[bytes]:
        start_response("200 OK", [("Content-Length", "5000"), ("Content-Type", "application/pdf")])
        return [b"%PDF-1.7 half"]

    with serving(torn) as url:
        for kind in (BsreV1, BsreV2):
            with pytest.raises(Uncertain) as caught:
                kind(Service(url, "a", "b", 1)).sign(b"%PDF-1.7", SITI)
            assert caught.value.code == "tanpa-jawaban"


@pytest.mark.parametrize(
    ("status", "body", "raised", "code"),
    [
        (502, b"bad gateway", Uncertain, "terputus-di-perantara"),
        (504, b"", Uncertain, "terputus-di-perantara"),
        (500, b"{}", Failed, "ditolak-layanan"),
        (503, b"", Uncertain, "terputus-di-perantara"),
        (401, b"{}", Failed, "akun-layanan-ditolak"),
        (400, b'{"status_code": 2031}', Failed, "sandi-salah"),
        (400, b"[1]", Failed, "ditolak-layanan"),
        (302, b"", Failed, "ditolak-layanan"),
        (200, b"<html>login</html>", Uncertain, "jawaban-asing"),
        (200, b'{"file": []}', Uncertain, "jawaban-asing"),
        (200, b'{"file": ["bukan base64"]}', Uncertain, "jawaban-asing"),
        (200, json.dumps({"file": [b64encode(b"bukan pdf").decode()]}).encode(), Uncertain, "jawaban-asing"),
    ],
)
def test_each_answer_means_one_thing(status: int, body: bytes, raised: type[Exception], code: str) -> None:
    asked = []

    def answering(_environ: dict[str, object], start_response: Callable[..., object]) -> list[bytes]:
        asked.append(1)
        start_response(f"{status} X", [("Location", "/lagi")])
        return [body]

    with serving(answering) as url, pytest.raises(raised) as caught:
        BsreV2(Service(url, "a", "b", 5)).sign(b"%PDF-1.7", SITI)
    assert caught.value.code == code
    assert len(asked) == 1


@pytest.mark.usefixtures("inside")
def test_a_service_that_is_not_there_has_signed_nothing_and_may_be_asked_again(settings: Settings) -> None:
    letter = issue()
    away = BsreV2(Service("http://127.0.0.1:9", "a", "b", 5))
    assert requests.sign(letter.id, away, SITI) == "GAGAL"
    assert requests.history(letter)[0]["code"] == "tidak-terjangkau"
    assert requests.sign(letter.id, LocalSigner(settings.var_dir, A, "x"), SITI) == "DITANDATANGANI"


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize(
    ("person", "password", "code"),
    [
        (replace(SITI, secret="salah"), PASSWORD, "sandi-salah"),
        (replace(SITI, identity="hantu@contoh.go.id"), PASSWORD, "tidak-terdaftar"),
        (replace(SITI, identity=PEOPLE[1].email), PASSWORD, "tanpa-sertifikat"),
        (SITI, "bukan sandinya", "akun-layanan-ditolak"),
    ],
)
def test_the_service_says_why_it_did_not_sign(service: Service, person: Person, password: str, code: str) -> None:
    letter = issue()
    assert requests.sign(letter.id, BsreV2(replace(service, password=password)), person) == "GAGAL"
    assert requests.history(letter)[0]["code"] == code
    assert code in requests.REASONS


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
def test_a_region_signs_with_its_own_service_and_its_password_is_sealed(
    service: Service, admin: Engine, worker_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure("BSRE_V2", service.url, USERNAME, PASSWORD)
    db.session.commit()
    assert requests.sign(issue().id, provider_of("x"), SITI) == "DITANDATANGANI"
    configure("BSRE_V1", service.url, USERNAME, PASSWORD)
    db.session.commit()
    assert provider_of("x").name == "BSRE_V1"
    with admin.connect() as connection:
        assert PASSWORD not in str(connection.scalar(text("SELECT t::text FROM signing_services t")))
    with acting_for(Context(B, "sistem:uji", "worker")):
        db.session.rollback()
        assert provider_of("x").name == "LOKAL"
        production = replace(worker_app.extensions["settings"], local_signer=False)
        monkeypatch.setitem(worker_app.extensions, "settings", production)
        assert provider_of("x") is None
        db.session.rollback()


def test_production_has_no_local_signer_unless_it_is_asked_for(settings: Settings) -> None:
    env = {"DATABASE_URL": "postgresql://x", "MASTER_KEY": "k" * 40, "PRODUCTION": "1"}
    assert configuration.load(env).local_signer is False
    assert configuration.load({**env, "LOCAL_SIGNER": "1"}).local_signer is True
    assert settings.local_signer is True


def test_the_operators_command_needs_an_address_and_keeps_the_password_out_of_the_arguments(
    worker_app: Flask, tmp_path: Path, admin: Engine
) -> None:
    runner = worker_app.test_cli_runner()
    (tmp_path / "sandi").write_text("rahasia layanan\n")
    common = ["documents", "signer", "--region", "32.73", "--provider", "BSRE_V2"]
    assert runner.invoke(args=common).exit_code == 2
    assert runner.invoke(args=[*common[:3], "tiga", *common[4:]]).exit_code == 2
    done = runner.invoke(
        args=[*common, "--url", "http://10.0.0.5", "--username", "kominfo", "--password-file", str(tmp_path / "sandi")]
    )
    assert done.exit_code == 0, done.output
    with admin.connect() as connection:
        row = connection.execute(text("SELECT region_id, url, sealed_password FROM signing_services")).one()
    assert (row.region_id, row.url) == (A, "http://10.0.0.5")
    assert "rahasia" not in row.sealed_password


def test_the_sandbox_answers_as_the_real_service_was_seen_to(service: Service) -> None:
    headers = make_headers(basic_auth=f"{USERNAME}:{PASSWORD}")

    def ask(method: str, path: str, **what: object) -> tuple[int, dict[str, object]]:
        with PoolManager() as pool:
            answer = pool.request(method, service.url + path, headers=what.pop("headers", headers), **what)
            return answer.status, answer.json() if answer.data[:1] == b"{" else {}

    assert ask("GET", f"/api/user/status/{PEOPLE[0].nik}")[1]["status"] == "ISSUE"
    assert ask("GET", "/api/user/status/1")[1]["status_code"] == 2011
    assert ask("POST", "/api/v2/user/check/status", json={"email": PEOPLE[1].email})[1]["status_code"] == 2021
    assert ask("GET", "/api/user/status/1", headers={})[0] == 401
    assert ask("GET", "/tidak/ada")[0] == 404
    body = {"nik": PEOPLE[0].nik, "passphrase": SECRET, "signatureProperties": [{}]}
    assert ask("POST", "/api/v2/sign/pdf", json={**body, "file": [""]})[0] == 500
    assert ask("POST", "/api/v2/sign/pdf", json=body)[0] == 500
    signed = BsreV2(service).sign(samples.pdf(), SITI)
    assert ask("POST", "/api/v2/verify/pdf", json={"file": b64encode(signed).decode()})[1]["conclusion"] == "VALID"
    plain = ask("POST", "/api/v2/verify/pdf", json={"file": b64encode(samples.pdf()).decode()})[1]
    assert (plain["conclusion"], plain["signatureCount"]) == ("NO_SIGNATURE", 0)


def test_v1_answers_with_a_number_under_which_the_pdf_is_fetched(service: Service, sandbox: Sandbox) -> None:
    signed = BsreV1(service).sign(samples.pdf(), SITI_V1)
    number = next(reversed(sandbox.signed))
    with PoolManager() as pool:
        headers = make_headers(basic_auth=f"{USERNAME}:{PASSWORD}")
        answer = pool.request("GET", f"{service.url}/api/sign/download/{number}", headers=headers)
        assert answer.data == signed
        assert pool.request("GET", f"{service.url}/api/sign/download/x", headers=headers).status == 404


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
