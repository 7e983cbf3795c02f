"""What may come in, and the sentence that says why something may not."""

import io
from pathlib import Path

import pytest
from PIL import Image

from app.services.documents import inspection, inspector
from app.services.documents.inspection import Facts, clean_name, examine
from app.services.documents.kinds import DocumentKind, FileRefused
from tests.services.documents import samples
from tests.services.documents.conftest import LARGE, PAPER, PHOTO, Write

pytestmark = pytest.mark.usefixtures("inside", "own_kinds")
HTML = b"<!doctype html><script>alert(1)</script>"


def examined(path: Path, name: str, kind: DocumentKind) -> Facts:
    return examine(path, path.with_name("salinan"), name, kind)


def refused(path: Path, name: str, kind: DocumentKind) -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        examined(path, name, kind)
    return caught.value


def test_a_pdf_is_counted_and_hashed(written: Write) -> None:
    facts = examined(written(samples.pdf(2)), "surat.pdf", PAPER)
    assert (facts.file_name, facts.media_type, facts.pages) == ("surat.pdf", "application/pdf", 2)
    assert len(facts.sha256) == 64


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (samples.pdf(script="app.alert('halo')"), "pdf-skrip"),
        (samples.pdf_with_hidden_action("/JavaScript"), "pdf-skrip"),
        (samples.pdf_with_hidden_action("/Launch"), "pdf-perintah"),
        (samples.pdf_with_hidden_action("/SubmitForm"), "pdf-perintah"),
        (samples.pdf(attachment=b"MZ"), "pdf-lampiran"),
        (samples.pdf(password="rahasia"), "pdf-terkunci"),
        (samples.pdf(4), "pdf-terlalu-banyak-halaman"),
        (samples.pdf()[:300], "pdf-rusak"),
        (b"%PDF-1.7\n" + HTML + samples.pdf()[9:], "pdf-ganda"),
        (samples.pdf() + HTML, "pdf-ganda"),
        (samples.pdf() + b"PK\x03\x04rest of an archive", "pdf-ganda"),
        (b"%PDF-1.7\n%%EOF", "pdf-rusak"),
        (HTML, "jenis-salah"),
        (b"\n\n" + samples.pdf(), "jenis-salah"),
        (b"MZ\x90\x00", "jenis-salah"),
        (b"", "kosong"),
    ],
)
def test_a_pdf_that_is_more_or_less_than_a_paper_is_refused(written: Write, content: bytes, code: str) -> None:
    kind = DocumentKind("x", PAPER.label, ("pdf",), max_pages=3)
    assert refused(written(content), "surat.pdf", kind).code == code


def test_a_pdf_bomb_costs_a_second_and_no_memory_of_ours(written: Write) -> None:
    assert refused(written(samples.pdf_bomb()), "bom.pdf", PAPER).code in {"pdf-rusak", "terlalu-berat"}


def test_a_program_that_dies_on_a_file_refuses_it(written: Write, tmp_path: Path) -> None:
    dying = tmp_path / "mati.py"
    dying.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n")
    assert inspection.run_alone(dying, {"path": str(written(b"x"))}) == {"refused": "terlalu-berat"}


def test_a_name_does_not_change_what_a_file_is(written: Write) -> None:
    told = refused(written(samples.image()), "proposal.pdf", PAPER)
    assert told.code == "jenis-salah"
    assert str(told) == (
        "Isi berkas proposal.pdf bukan PDF, XLSX, CSV. Nama berkas tidak mengubah isinya; simpan ulang dalam jenis itu."
    )
    assert examined(written(samples.image()), "halaman.html", PHOTO).file_name == "halaman.jpg"


def test_a_photo_of_14_mb_is_told_its_size_and_the_limit(written: Write) -> None:
    photo = samples.heavy_photo()
    size = f"{len(photo) / 1024**2:.1f}".replace(".", ",")
    told = str(refused(written(photo), "rumah.jpg", PHOTO))
    assert told == f"Berkas rumah.jpg berukuran {size} MB; batasnya 10 MB. Kompres berkas atau unggah per bagian."
    facts = examined(written(photo), "rumah.jpg", LARGE)
    assert 13_000_000 < facts.size < 16_000_000
    assert facts.copy_size < facts.size


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_sharp_photo_comes_in(written: Write, kind: str) -> None:
    facts = examined(written(samples.image(kind)), "foto", PHOTO)
    assert (facts.width, facts.height) == (900, 700)
    assert facts.phash
    assert facts.copy_size


def test_a_blurred_photo_is_refused_and_says_what_to_do(written: Write) -> None:
    told = refused(written(samples.image(blur=9)), "foto.jpg", PHOTO)
    assert told.code == "gambar-buram"
    assert "Pegang ponsel diam" in str(told)


def test_a_small_photo_a_broken_one_and_a_moving_one_are_refused(written: Write) -> None:
    assert refused(written(samples.image(width=300, height=900)), "foto.jpg", PHOTO).code == "gambar-terlalu-kecil"
    assert refused(written(samples.image()[:4000]), "foto.jpg", PHOTO).code == "gambar-rusak"
    frames, moving = [samples.picture(), samples.picture(seed=99)], io.BytesIO()
    frames[0].save(moving, "PNG", save_all=True, append_images=frames[1:])
    assert refused(written(moving.getvalue()), "foto.png", PHOTO).code == "gambar-bergerak"


def test_a_picture_that_unpacks_to_gigabytes_is_refused_by_its_header(written: Write) -> None:
    huge = io.BytesIO()
    Image.new("1", (12_000, 12_000)).save(huge, "PNG")
    told = refused(written(huge.getvalue()), "foto.png", PHOTO)
    assert str(told) == "Gambar ini 144 megapiksel; batasnya 60. Perkecil ukurannya."


def test_place_and_time_are_read_and_are_not_in_the_copy(written: Write) -> None:
    path = written(samples.image(exif=True))
    facts = examined(path, "foto.jpg", PHOTO)
    assert facts.taken_at == "2026-01-02T09:30:00+07:00"
    assert (facts.latitude, facts.longitude) == (-6.9025, 107.618889)
    copy = path.with_name("salinan").read_bytes()
    assert b"Rahasia" in path.read_bytes()
    assert b"Rahasia" not in copy
    assert b"Exif" not in copy


def test_what_hides_behind_a_picture_is_not_in_the_copy(written: Write) -> None:
    path = written(samples.image() + HTML)
    examined(path, "foto.jpg", PHOTO)
    assert b"script" not in path.with_name("salinan").read_bytes()


def test_a_picture_saved_again_has_nearly_the_same_perceptual_hash() -> None:
    one = samples.picture()
    again = Image.open(io.BytesIO(samples.image(of=one.resize((450, 350)))))
    other = samples.picture(width=600, height=900, seed=120).rotate(30)
    distance = [
        bin(int(inspector.difference_hash(one), 16) ^ int(inspector.difference_hash(p), 16)).count("1")
        for p in (again, other)
    ]
    assert distance[0] <= 6
    assert distance[1] > 10


def test_tables_are_read_to_their_end(written: Write) -> None:
    assert examined(written(b"nama,nilai\r\na,1\r\n"), "data.csv", PAPER).media_type == "text/csv"
    assert refused(written(HTML), "data.csv", PAPER).code == "bukan-tabel"
    assert refused(written(samples.zip_bomb()), "data.xlsx", PAPER).code.startswith(("bom-zip", "xlsx-"))


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\windows\\system.ini", "system.ini"),
        ("/absolut/surat.pdf", "surat.pdf"),
        ("a\x00b\nc.pdf", "a_b_c.pdf"),
        ('x";filename="y.html', "x__filename=_y.html"),
        ("...", "berkas"),
        ("", "berkas"),
        ("s" * 300 + ".pdf", "s" * 116 + ".pdf"),
    ],
)
def test_a_name_is_only_a_name(sent: str, kept: str) -> None:
    assert clean_name(sent) == kept


def test_every_refusal_of_the_inspector_has_a_sentence() -> None:
    source = Path(inspector.__file__).read_text()
    codes = {"pdf-skrip", "pdf-perintah", "pdf-lampiran", "terlalu-berat"}
    codes |= {part.split('"')[0] for part in source.split('Refused("')[1:]}
    assert codes == set(inspection.SENTENCES)
