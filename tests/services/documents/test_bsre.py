"""BSrE's wire format: what each answer means, the shipped sandbox, which service a region has."""

import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine, text
from urllib3 import PoolManager
from urllib3.util import make_headers

from app.services.documents.signing import requests
from app.services.documents.signing.bsre import BsreV1, BsreV2, Service
from app.services.documents.signing.bsre_sandbox import PASSWORD, PEOPLE, USERNAME, Sandbox
from app.services.documents.signing.checks import signatures_of
from app.services.documents.signing.providers import Failed, Person, Uncertain
from app.services.documents.signing.services import configure, provider_of
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db
from config import settings as configuration
from config.settings import Settings
from tests.conftest import A, B
from tests.services.documents import samples
from tests.services.documents.conftest import Write
from tests.services.documents.sandboxed import (
    SECRET,
    SITI,
    SITI_V1,
    authority,
    bsre,
    sandbox,
    service,
    serving,
)
from tests.services.documents.test_letters import issue

__all__ = ["authority", "bsre", "sandbox", "service"]
pytestmark = pytest.mark.usefixtures("clean")


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
        row = connection.execute(text("SELECT region_id, url, password_sealed FROM signing_services")).one()
    assert (row.region_id, row.url) == (A, "http://10.0.0.5")
    assert b"rahasia" not in bytes(row.password_sealed)


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
