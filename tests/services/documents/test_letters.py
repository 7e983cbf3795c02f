"""Letters: numbers without gaps, the same bytes again, layouts that stay as they were."""

import hashlib
import threading
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from pypdf import PdfReader
from sqlalchemy import Engine, text

from app.kernel.canonical import sha256_hex
from app.services.documents import arms, store, uploads
from app.services.documents.letters import layouts, register
from app.services.documents.letters.layouts import LayoutError, filled, letter_kinds, load_layout
from app.services.documents.letters.register import Letter, Order
from app.services.identity.refusals import Refused
from app.services.jobs import outbox
from app.tenancy.context import Context, acting_for
from app.tenancy.database import db, region_sql
from app.tenancy.site import Site
from tests.conftest import A, B
from tests.services.documents import samples
from tests.services.documents.conftest import files_of

pytestmark = pytest.mark.usefixtures("clean")
SITES = {
    A: Site(A, "32.73", "Kota Bandung", "KOTA", "bandung", "Asia/Jakarta", "portal", "AKTIF"),
    B: Site(B, "32.04", "Kabupaten Bandung", "KABUPATEN", "kab-bandung", "Asia/Jakarta", "portal", "AKTIF"),
}
BASE = "http://bandung.localhost:8000/"
#: A shipped layout never changes: letters of years ago are printed from it. A change is a new version, and a new line.
SHIPPED = {"berita-acara-impor.1.toml": "c0197bcfa355751cd13496f8eb4ceed85a5511e888122a5f34992257f3972049"}
FIELDS = {
    "kumpulan_data": "sabilulungan", "berkas": "usulan – “lama”.csv", "sha256": "0" * 64, "waktu_impor": "kemarin",
    "pelaku": "sistem:impor", "baris_dibaca": "1.234", "baris_baru": "7",
}  # fmt: skip
TABLES = {"jumlah": [["diajukan", "Rp 1.000.000"]], "temuan": [["tanpa tahun", "3"]]}


def order(**changes: object) -> Order:
    given = {"fields": FIELDS, "tables": TABLES, "signer": ("Dr. Siti Contoh, S.Kom., M.T.", "Kepala Dinas"), **changes}
    return Order("berita-acara-impor", "impor", "1", **given)


def issue(region: int = A, **changes: object) -> Letter:
    letter = register.issue(order(**changes), SITES[region], BASE)
    db.session.commit()
    register.printed(letter.id)
    db.session.commit()
    return register.find(letter.id)


@pytest.mark.usefixtures("inside")
def test_a_letter_says_what_it_was_given_and_where_to_check_it() -> None:
    letter = issue()
    pdf = store.read(store.find(letter.document_id))
    text_of = "\n".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)
    for said in ("PEMERINTAH KOTA BANDUNG", letter.nomor, "usulan – “lama”.csv", "Rp 1.000.000", "Kepala Dinas",
                 "Dr. Siti Contoh, S.Kom., M.T.", f"{BASE}v/{letter.token}"):  # fmt: skip
        assert said in text_of
    assert letter.nomor.startswith("0001/BA-IMPOR/")
    assert letter.person == ("Dr. Siti Contoh, S.Kom., M.T.", "Kepala Dinas")
    assert len(letter.token) == 22
    page = PdfReader(BytesIO(pdf)).pages[0]
    assert [round(float(side)) for side in page.mediabox[2:]] == [595, 842]
    fonts = page["/Resources"]["/Font"].values()
    assert all("/FontFile2" in font["/DescendantFonts"][0]["/FontDescriptor"] for font in fonts)


@pytest.mark.usefixtures("inside")
def test_a_letter_is_made_again_byte_for_byte_even_when_the_arms_have_changed_since() -> None:
    def new_arms(seed: int) -> None:
        uploads.take({}, files_of(berkas=samples.image("PNG", seed=seed)), "berkas", arms.KIND, arms.PLACE)
        db.session.commit()

    new_arms(1)
    letter = issue()
    new_arms(90)
    stored = store.find(letter.document_id)
    assert sha256_hex(register.make_again(register.find(letter.id))) == stored.sha256
    assert letter.data_hash == sha256_hex(letter.data.encode())
    other = register.make_again(issue())
    assert sha256_hex(other) != stored.sha256


@pytest.mark.usefixtures("inside")
def test_each_kind_and_year_counts_for_itself_and_so_does_each_region(worker_app: Flask) -> None:
    assert [issue().number for _letter in range(3)] == [1, 2, 3]
    with acting_for(Context(B, "sistem:uji", "worker")):
        db.session.rollback()
        assert issue(B).number == 1


def test_ten_writers_at_once_leave_no_gap_although_some_of_them_roll_back(worker_app: Flask, admin: Engine) -> None:
    failures = []

    def work(writer: int) -> None:
        try:
            with worker_app.app_context(), acting_for(Context(A, "sistem:uji", "worker")):
                for attempt in range(4):
                    register.issue(order(), SITES[A], BASE)
                    if (writer + attempt) % 3 == 0:
                        db.session.rollback()
                    else:
                        db.session.commit()
        except BaseException as error:
            failures.append(error)
            raise

    threads = [threading.Thread(target=work, args=(writer,)) for writer in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with admin.connect() as connection:
        numbers = connection.scalars(text("SELECT number FROM letters ORDER BY number")).all()
        last = connection.scalar(text("SELECT last FROM letter_numbers"))
    assert numbers == list(range(1, len(numbers) + 1))
    assert (len(numbers), last) == (26, 26)


@pytest.mark.usefixtures("inside")
def test_a_letter_whose_maker_was_cut_off_is_printed_by_the_job_once() -> None:
    letter = register.issue(order(), SITES[A], BASE)
    (job,) = region_sql("SELECT id FROM outbox WHERE region_id = :region_id AND job = 'surat.cetak'").scalars()
    db.session.commit()
    assert register.find(letter.id).document_id is None
    assert outbox.perform(job)
    first = register.find(letter.id).document_id
    assert store.read(store.find(first)).startswith(b"%PDF-")
    assert register.printed(letter.id).id == first


@pytest.mark.usefixtures("inside")
def test_data_that_the_layout_does_not_print_are_refused_and_cost_no_number() -> None:
    wrong = (
        {"fields": {**FIELDS, "nik": "1"}}, {"fields": {}}, {"tables": {}},
        {"tables": {**TABLES, "jumlah": [["satu"]]}},
    )  # fmt: skip
    for changes in wrong:
        with pytest.raises(LayoutError):
            register.issue(order(**changes), SITES[A], BASE)
        db.session.rollback()
    for signer in (("", "Kepala"), ("Siti", " "), ("S" * 121, "Kepala"), ("Siti\n", "Kepala")):
        with pytest.raises(Refused):
            register.issue(order(signer=signer), SITES[A], BASE)
        db.session.rollback()
    assert issue().number == 1


def test_data_never_act_as_a_pattern() -> None:
    assert filled("{nama} dan {jabatan}", {"nama": "{jabatan}", "jabatan": "{nama.__class__}"}) == (
        "{jabatan} dan {nama.__class__}"
    )


@pytest.mark.usefixtures("inside")
def test_a_long_letter_has_more_pages_and_each_says_where_to_check_it() -> None:
    rows = [[f"Uraian ke-{number} yang cukup panjang untuk satu baris", f"Rp {number}.000"] for number in range(120)]
    letter = issue(tables={**TABLES, "jumlah": rows})
    pages = PdfReader(BytesIO(store.read(store.find(letter.document_id)))).pages
    assert len(pages) >= 3
    assert all(f"v/{letter.token}" in page.extract_text() for page in pages)
    assert f"{len(pages)} / {len(pages)}" in pages[-1].extract_text()


def test_a_shipped_layout_is_as_it_was(worker_app: Flask) -> None:
    found = {}
    for kind in letter_kinds().values():
        for path in kind.versions().values():
            found[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    assert found == SHIPPED


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("Surat.1.toml", "judul = 'x'"), ("surat.toml", "judul = 'x'"), ("surat.1.toml", "judul = 'x'"),
        ("surat.1.toml", "judul = 'x'\nnomor = '{urut}'\nisi = [{tabel = 'a'}]"),
    ],
)  # fmt: skip
def test_a_broken_layout_stops_the_start(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(LayoutError):
        load_layout(tmp_path / name)


@pytest.fixture
def two_versions(worker_app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = letter_kinds()["berita-acara-impor"]
    first = (kind.folder / "berita-acara-impor.1.toml").read_text()
    (tmp_path / "berita-acara-impor.1.toml").write_text(first)
    (tmp_path / "berita-acara-impor.2.toml").write_text(first.replace("BERITA ACARA", "RISALAH"))
    monkeypatch.setitem(layouts._kinds, kind.name, replace(kind, folder=tmp_path))


@pytest.mark.usefixtures("inside")
def test_a_letter_keeps_the_version_that_it_was_issued_under(request: pytest.FixtureRequest) -> None:
    old = issue()
    request.getfixturevalue("two_versions")
    new = issue()
    assert (old.version, new.version) == (1, 2)
    assert sha256_hex(register.make_again(old)) == store.find(old.document_id).sha256
    assert "RISALAH" in PdfReader(BytesIO(register.make_again(new))).pages[0].extract_text()


@pytest.mark.usefixtures("inside")
def test_only_a_valid_letter_is_revoked_and_a_reason_is_asked_for() -> None:
    letter = issue()
    for reason in ("Salah cetak pada lampiran", ""):
        with pytest.raises(Refused):
            register.revoke(letter.id, reason)
        db.session.rollback()
    with pytest.raises(Refused):
        register.revoke(UUID(int=9), "Salah cetak pada lampiran")
