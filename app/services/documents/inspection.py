"""From a file on this disk to what is known of it, or to a sentence that says why it may not come in."""

import json
import logging
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Any

from app.services.documents import virus
from app.services.documents.kinds import DocumentKind, FileRefused, FileType, sniff, type_names
from app.services.ui.formats import angka
from app.services.ui.i18n import Lazy, _, lazy

log = logging.getLogger(__name__)
INSPECTOR = Path(__file__).with_name("inspector.py")
#: Longer than the child's processor time, for a busy machine.
WALL_SECONDS = 40
NAME_LENGTH = 120

SENTENCES: dict[str, Lazy] = {
    "pdf-rusak": lazy("PDF ini rusak atau tidak lengkap. Buka lalu simpan ulang sebagai PDF, kemudian unggah lagi."),
    "pdf-terkunci": lazy("PDF ini terkunci kata sandi. Simpan ulang tanpa kata sandi, kemudian unggah lagi."),
    "pdf-skrip": lazy("PDF ini memuat skrip. Cetak ulang ke PDF (Print to PDF), kemudian unggah lagi."),
    "pdf-perintah": lazy(
        "PDF ini memuat perintah yang dapat membuka program atau mengirim data."
        " Cetak ulang ke PDF, kemudian unggah lagi."
    ),
    "pdf-lampiran": lazy("PDF ini memuat berkas lain di dalamnya. Unggah berkas itu terpisah, dan PDF tanpa lampiran."),
    "pdf-ganda": lazy("Berkas ini bukan PDF murni: ada isi lain di dalamnya. Cetak ulang ke PDF, lalu unggah lagi."),
    "pdf-terlalu-rumit": lazy("PDF ini terlalu rumit untuk diperiksa. Cetak ulang ke PDF, kemudian unggah lagi."),
    "pdf-terlalu-banyak-halaman": lazy(
        "PDF ini %(pages)s halaman; batasnya %(most)s halaman. Bagi menjadi beberapa berkas."
    ),
    "gambar-rusak": lazy("Gambar ini tidak terbaca. Ambil ulang fotonya atau simpan ulang gambarnya."),
    "gambar-bergerak": lazy("Gambar bergerak tidak diterima. Unggah gambar diam."),
    "gambar-terlalu-besar": lazy("Gambar ini %(megapixels)s megapiksel; batasnya %(most)s. Perkecil ukurannya."),
    "gambar-terlalu-kecil": lazy(
        "Gambar ini %(width)s × %(height)s piksel; sisi terpendek sedikitnya %(least)s piksel agar terbaca."
    ),
    "gambar-buram": lazy(
        "Foto ini buram (ketajaman %(sharpness)s, sedikitnya %(least)s)."
        " Pegang ponsel diam, ketuk layar agar fokus, lalu foto ulang."
    ),
    "terlalu-berat": lazy("Berkas ini terlalu berat untuk diperiksa. Perkecil atau cetak ulang ke PDF, lalu unggah."),
}  # fmt: skip


@dataclass(frozen=True)
class Facts:
    """What is known of a file that may come in; `copy_size`: of the copy without personal traces, of a picture."""

    file_name: str
    type_name: str
    media_type: str
    size: int
    sha256: str
    scanned: bool
    copy_size: int | None = None
    pages: int | None = None
    width: int | None = None
    height: int | None = None
    phash: str = ""
    taken_at: str = ""
    latitude: float | None = None
    longitude: float | None = None

    def as_json(self) -> str:
        """For a column of text."""
        return json.dumps(asdict(self), ensure_ascii=False)


def hold_size(size: int, kind: DocumentKind, file_name: str) -> None:
    """The limit of the kind.

    Raises:
        FileRefused: nothing is in it, or too much; says how much is allowed and what to do.
    """
    if size <= 0:
        raise FileRefused("kosong", _("Berkas %(name)s kosong.", name=file_name))
    if size > kind.max_bytes:
        raise FileRefused(
            "terlalu-besar",
            _("Berkas %(name)s berukuran %(size)s MB; batasnya %(most)s MB. Kompres berkas atau unggah per bagian.",
              name=file_name, size=angka(size / 1024**2, 1), most=angka(kind.max_bytes / 1024**2)),
        )  # fmt: skip


def clean_name(name: str) -> str:
    """The last part of a name without what a file system, a header or a terminal could take for a command."""
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(sign if sign.isprintable() and sign not in '<>:"|?*;%' else "_" for sign in last).strip(" .")
    return kept[-NAME_LENGTH:].strip(" .") or "berkas"


def examine(path: Path, copy: Path, file_name: str, kind: DocumentKind) -> Facts:
    """Every check of an upload; of a picture, the public copy is written to `copy`.

    Raises:
        FileRefused: why it may not come in and what to do.
    """
    size, name = path.stat().st_size, clean_name(file_name)
    hold_size(size, kind, name)
    with path.open("rb") as file:
        found = sniff(file, kind.types)
        digest = file_digest(file, "sha256").hexdigest()
    if found is None:
        raise FileRefused(
            "jenis-salah",
            _("Isi berkas %(name)s bukan %(types)s. Nama berkas tidak mengubah isinya; simpan ulang dalam jenis itu.",
              name=name, types=type_names(kind)),
        )  # fmt: skip
    scanned = virus.scan(path)
    details = _details(path, copy, found, kind)
    if copy.exists():
        details["copy_size"] = copy.stat().st_size
    details.pop("sharpness", None)
    # The name ends as its content is, whatever it was called: `foto.html` of a picture leaves as `foto.jpg`.
    stem = name.rpartition(".")[0] or name
    return Facts(f"{stem}{found.suffix}", found.name, found.media_type, size, digest, scanned, **details)


def _details(path: Path, copy: Path, found: FileType, kind: DocumentKind) -> dict[str, Any]:
    if found.check:
        found.check(path)
        return {}
    order = {
        "path": str(path), "copy": str(copy), "type": found.name, "max_pages": kind.max_pages,
        "min_pixels": kind.min_pixels, "max_pixels": kind.max_pixels, "min_sharpness": kind.min_sharpness,
        "copy_pixels": kind.copy_pixels,
    }  # fmt: skip
    answer = run_alone(INSPECTOR, order)
    if "refused" in answer:
        code = answer.pop("refused")
        raise FileRefused(code, str(SENTENCES[code]) % {name: _shown(value) for name, value in answer.items()})
    return answer


def _shown(value: object) -> str:
    return angka(value) if isinstance(value, int) else str(value)


def run_alone(program: Path, order: Mapping[str, object]) -> dict[str, Any]:
    """The answer of a program that reads one foreign file in a process of its own, without our environment.

    One that is killed, hangs or crashes has found a file that is too heavy.
    """
    try:
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-I", str(program)],
            input=json.dumps(order), capture_output=True, text=True, timeout=WALL_SECONDS, check=True,
            env={"LANG": "C.UTF-8"},
        )  # fmt: skip
        answer = json.loads(done.stdout)
    except (subprocess.SubprocessError, json.JSONDecodeError) as error:
        # Its last line names the kind of error, never what the file says; an operator must see a broken installation.
        said = str(getattr(error, "stderr", "") or "").strip().splitlines()
        log.warning("%s: %s %s", program.name, type(error).__name__, said[-1][:200] if said else "")
        return {"refused": "terlalu-berat"}
    assert isinstance(answer, dict)
    return answer
