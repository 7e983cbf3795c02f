"""Anybody checks a letter: by its code or by the file; any changed byte is caught; nothing personal is told."""

from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from app.services.documents import store
from app.services.documents.letters import register
from app.services.documents.letters.register import Letter
from app.services.documents.signing import requests
from app.services.documents.signing.local import Authority, LocalSigner, add_signature
from app.services.documents.signing.providers import Person
from app.services.documents.verification import verify
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db
from config.settings import Settings
from tests.conftest import A, B
from tests.services.documents import samples
from tests.services.documents.conftest import Write, send
from tests.services.documents.test_letters import issue
from tests.services.identity.conftest import HOSTS, Browser

pytestmark = pytest.mark.usefixtures("clean")
SITI = Person("Siti", "Kepala Dinas")


@pytest.fixture
def letter(inside: None, settings: Settings) -> Letter:
    made = issue()
    requests.sign(made.id, LocalSigner(settings.var_dir, A, "Pemerintah Kota Bandung"), SITI)
    return register.find(made.id)


def signed_pdf(letter: Letter) -> bytes:
    return store.read(store.find(letter.signed_document_id))


def test_the_signed_letter_is_genuine_and_its_draft_is_not_signed(letter: Letter, written: Write) -> None:
    result = verify(written(signed_pdf(letter)))
    assert (result.code, result.letter.id) == ("asli", letter.id)
    assert result.signatures[0].good
    assert verify(written(store.read(store.find(letter.document_id)))).code == "belum-ditandatangani"


def test_any_changed_byte_is_caught(letter: Letter, written: Write) -> None:
    content = signed_pdf(letter)
    for place in range(0, len(content), len(content) // 8):
        changed = bytearray(content)
        changed[place] ^= 0x20
        assert verify(written(bytes(changed))).code in {"berubah", "asing-rusak", "tidak-dikenal", "bukan-pdf"}, place
    for longer in (content + b"\n", content + b"%%EOF", content[:-1]):
        assert verify(written(longer)).code == "berubah"


def test_a_letter_signed_a_second_time_by_a_stranger_is_not_ours(
    letter: Letter, written: Write, tmp_path: Path
) -> None:
    forger = Authority(tmp_path / "palsu", "Otoritas Palsu").signer(
        "x", "Pemerintah Kota Bandung", "Pemerintah Kota Bandung"
    )
    forged = add_signature(store.read(store.find(letter.document_id)), forger, SITI)
    result = verify(written(forged))
    assert (result.code, result.letter.id) == ("berubah", letter.id)
    assert result.signatures[0].good
    assert not result.signatures[0].trusted


@pytest.mark.usefixtures("inside")
def test_what_is_not_ours_is_said_to_be_so(settings: Settings, written: Write) -> None:
    assert verify(written(samples.pdf())).code == "tidak-dikenal"
    assert verify(written(samples.image())).code == "bukan-pdf"
    assert verify(written(b"")).code == "bukan-pdf"
    assert verify(written(b"%PDF-1.7 sampah")).code == "tidak-dikenal"
    assert verify(written(samples.pdf_bomb())).code == "tidak-dikenal"
    stranger = LocalSigner(settings.var_dir, A, "x").sign(samples.pdf(), SITI)
    assert verify(written(stranger)).code == "asing-utuh"
    torn = bytearray(stranger)
    torn[torn.index(b"/MediaBox") + 12] ^= 1
    assert verify(written(bytes(torn))).code == "asing-rusak"


def test_a_letter_of_another_region_is_unknown_here(letter: Letter, written: Write) -> None:
    content = signed_pdf(letter)
    with acting_for(Context(B, "sistem:uji", "worker")):
        db.session.rollback()
        assert verify(written(content)).code == "asing-utuh"
        assert register.with_token(letter.token) is None
        db.session.rollback()


def test_the_page_of_a_code_tells_public_facts_only(letter: Letter, browser: Browser) -> None:
    answer = browser().get(f"/v/{letter.token}", base_url=HOSTS[A])
    page = answer.get_data(as_text=True).replace("<wbr>", "")
    assert answer.status_code == 200
    assert "terdaftar dan berlaku" in page
    for said in (letter.nomor, "Berita acara impor data", "Kepala Dinas", store.find(letter.signed_document_id).sha256):
        assert said in page
    for kept in ("lama”.csv", "sistem:impor", "Rp 1.000.000", str(letter.id), str(letter.document_id)):
        assert kept not in page
    assert "Set-Cookie" not in answer.headers
    assert browser().get(f"/v/{letter.token}", base_url=HOSTS[B]).status_code == 404
    assert browser().get(f"/v/{letter.nomor.replace('/', '-')}", base_url=HOSTS[A]).status_code == 404


def test_a_revoked_letter_says_so_and_not_why(letter: Letter, browser: Browser, written: Write) -> None:
    register.revoke(letter.id, "Nama Siti salah ditulis di halaman dua")
    db.session.commit()
    page = browser().get(f"/v/{letter.token}", base_url=HOSTS[A]).get_data(as_text=True)
    assert "sudah dicabut" in page
    assert "salah ditulis" not in page
    assert verify(written(signed_pdf(letter))).code == "dicabut"


def test_an_unsigned_letter_does_not_hold_yet(browser: Browser, worker_app: Flask) -> None:
    with worker_app.app_context(), acting_for(Context(A, "sistem:uji", "worker")):
        token = issue().token
    assert "belum ditandatangani" in browser().get(f"/v/{token}", base_url=HOSTS[A]).get_data(as_text=True)


@pytest.mark.usefixtures("people")
def test_a_visitor_uploads_a_pdf_and_reads_the_answer(letter: Letter, browser: Browser, settings: Settings) -> None:
    visitor = browser("pemohon")
    content = signed_pdf(letter)
    before = sorted((settings.var_dir / "berkas").rglob("*"))
    page = send(visitor, "/verifikasi", berkas=(content, "surat.pdf")).get_data(as_text=True)
    assert "Berkas ini persis sama" in page
    assert letter.nomor in page
    page = send(visitor, "/verifikasi", berkas=(content.replace(b"%PDF-1.", b"%PDF-2."), "surat.pdf")).get_data(
        as_text=True
    )
    assert "Isinya berubah" in page
    assert send(visitor, "/verifikasi").status_code == 422
    assert sorted((settings.var_dir / "berkas").rglob("*")) == before


@pytest.fixture
def run(admin: Engine) -> UUID:
    """A finished import of region A, taken away again."""
    number = UUID("019a0000-0000-7000-8000-00000000aaaa")
    report = '{"totals": {"diajukan": 1250000}, "findings": {"tanpa tahun": 3, "tanpa jenis": 0}}'
    with admin.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO import_runs (region_id, id, dataset, file_name, sha256, actor, rows_read, rows_new,"
                " report) VALUES (:a, :id, 'sabilulungan', 'usulan.csv', :sha, 'sistem:impor', 1234, 7, :report)"
            ),
            {"a": A, "id": number, "sha": "ab" * 32, "report": report},
        )
    yield number
    with admin.begin() as connection:
        connection.execute(text("DELETE FROM import_runs WHERE id = :id"), {"id": number})


@pytest.mark.usefixtures("people")
def test_an_administrator_issues_signs_and_revokes_the_minutes_of_an_import(browser: Browser, run: UUID) -> None:
    boss, visitor = browser("admin"), browser()
    assert "usulan.csv" in boss.get("/pengaturan/impor?bahasa=en").get_data(as_text=True)
    bad = send(boss, f"/pengaturan/impor/{run}", nama="", jabatan="Kepala Dinas")
    assert bad.status_code == 422
    assert 'value="Kepala Dinas"' in bad.get_data(as_text=True)
    made = send(boss, f"/pengaturan/impor/{run}", nama="Siti, S.Kom.", jabatan="Kepala Dinas")
    where = made.headers["Location"]
    page = boss.get(where).get_data(as_text=True)
    assert "0001/BA-IMPOR/" in page
    token = page.partition('href="/v/')[2].partition('"')[0]
    assert "not signed" in boss.get(f"/v/{token}").get_data(as_text=True)
    assert send(boss, f"{where}/tandatangani").status_code == 303
    assert send(boss, f"{where}/tandatangani").status_code == 422
    assert "terdaftar dan berlaku" in visitor.get(f"/v/{token}").get_data(as_text=True)
    document = boss.get(where).get_data(as_text=True).partition('href="/dokumen/')[2].partition('"')[0]
    pdf = boss.get(f"/dokumen/{document}")
    assert pdf.data.startswith(b"%PDF-")
    assert visitor.get(f"/dokumen/{document}").status_code == 404
    assert send(boss, f"{where}/cabut", alasan="pendek").status_code == 422
    assert send(boss, f"{where}/cabut", alasan="Berkas sumbernya keliru.").status_code == 303
    assert "sudah dicabut" in visitor.get(f"/v/{token}").get_data(as_text=True)
    for foreign in (where, f"/pengaturan/impor/{run}", f"{where}/cabut"):
        assert browser("admin", B).get(foreign, base_url=HOSTS[B]).status_code == 404


@pytest.mark.usefixtures("people")
def test_the_minutes_are_in_indonesian_whoever_makes_them(browser: Browser, run: UUID, worker_app: Flask) -> None:
    boss = browser("admin")
    boss.get("/akun?bahasa=en")
    send(boss, f"/pengaturan/impor/{run}", nama="Siti", jabatan="Kepala Dinas")
    with worker_app.app_context(), acting_for(Context(A, "sistem:uji", "worker")):
        data = register.latest()[0].data
    assert "Rp 1.250.000" in data.replace("\N{NO-BREAK SPACE}", " ")
    assert "1.234" in data
    assert "WIB" in data
    assert "tanpa jenis" not in data


@pytest.mark.usefixtures("people")
def test_what_is_uncertain_is_settled_on_the_letters_page(
    browser: Browser, worker_app: Flask, admin: Engine, settings: Settings
) -> None:
    with worker_app.app_context(), acting_for(Context(A, "sistem:uji", "worker")):
        letter = issue()
        draft = store.read(store.find(letter.document_id))
        region = "INSERT INTO signature_requests (region_id, id, letter_id, provider, actor, state, code)"
        with admin.begin() as connection:
            connection.execute(text("UPDATE letters SET state = 'TIDAK_PASTI'"))
            connection.execute(
                text(f"{region} VALUES (:a, gen_random_uuid(), :id, 'BSRE_V2', 'x', 'TIDAK_PASTI', 'tanpa-jawaban')"),
                {"a": A, "id": letter.id},
            )
        signed = LocalSigner(settings.var_dir, A, "x").sign(draft, SITI)
    boss, where = browser("pimpinan"), f"/pengaturan/surat/{letter.id}"
    page = boss.get(where).get_data(as_text=True)
    assert "mungkin sudah ditandatangani" in page
    assert "Permintaan terkirim, tetapi layanan tidak menjawab." in page
    assert send(boss, f"{where}/batal-tandatangan", catatan="").status_code == 422
    assert send(boss, f"{where}/pastikan").status_code == 422
    assert send(boss, f"{where}/pastikan", berkas=(draft, "surat.pdf")).status_code == 422
    assert send(boss, f"{where}/pastikan", berkas=(signed, "surat.pdf")).status_code == 303
    assert "Surat bertanda tangan diterima." in boss.get(where).get_data(as_text=True)


@pytest.mark.usefixtures("people")
def test_a_typed_identity_stays_and_a_passphrase_does_not(browser: Browser, worker_app: Flask, admin: Engine) -> None:
    with worker_app.app_context(), acting_for(Context(A, "sistem:uji", "worker")):
        letter = issue()
    with admin.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO signing_services (region_id, id, provider, url, actor)"
                " VALUES (:a, gen_random_uuid(), 'BSRE_V2', 'http://127.0.0.1:9', 'x')"
            ),
            {"a": A},
        )
    boss = browser("admin")
    answer = send(boss, f"/pengaturan/surat/{letter.id}/tandatangani", identitas="siti@contoh.go.id", frasa="")
    assert answer.status_code == 422
    assert 'value="siti@contoh.go.id"' in answer.get_data(as_text=True)
    answer = send(boss, f"/pengaturan/surat/{letter.id}/tandatangani", identitas="", frasa="rahasia sekali")
    assert "rahasia sekali" not in answer.get_data(as_text=True)
    answer = send(boss, f"/pengaturan/surat/{letter.id}/tandatangani", identitas="x@contoh.go.id", frasa="rahasia")
    assert answer.status_code == 303
    assert "tidak terjangkau" in boss.get(f"/pengaturan/surat/{letter.id}").get_data(as_text=True)
