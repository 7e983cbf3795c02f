"""`flask data import hibah`: proposals with their ladder of amounts (the process page's proposal.csv)."""

import hashlib
import re
from typing import Any
from uuid import UUID

from app.kernel.identifiers import uuid7
from app.sabilulungan import search
from app.sabilulungan.imports import checks
from app.sabilulungan.models import JENIS_RINCI, Hibah
from app.sabilulungan.stages import STATUSES, stage_of
from app.services.imports.datasets import Column, Dataset, ImportOrder, ImportReport
from app.services.imports.rows import Cells
from app.services.imports.table_import import Record, TableImport, Target
from app.services.integrity import scanning
from app.services.personal.sealing import Sealer

COLUMNS = (
    Column("legacy_id", required=True, help="nomor lama; kunci impor ulang"),
    Column("org_legacy_id", help="penerima lembaga; kosong untuk perorangan"),
    Column("nik", "16 angka", help="penerima perorangan; disimpan tersegel, tidak pernah tampil"),
    Column("jenis", " | ".join(JENIS_RINCI), required=True),
    Column("tahun", "tahun anggaran", required=True),
    Column("siklus", "murni | perubahan"),
    Column("judul", required=True),
    Column("tujuan"),
    Column("opd_kode", required=True),
    Column("sumber", "langsung | musrenbang | pokir"),
    Column("pokir_anggota"),
    Column("tgl_ajukan", "tanggal", required=True),
    Column("diajukan", "rupiah", required=True),
    Column("direkomendasikan", "rupiah"),
    Column("tapd", "rupiah"),
    Column("disetujui", "rupiah"),
    Column("status", "keadaan berkas", required=True, help=", ".join(STATUSES)),
    Column("sk_no"),
    Column("sk_tgl", "tanggal"),
    Column("nphd_no"),
    Column("nphd_tgl", "tanggal"),
    Column("kelurahan_kode", "32.73.01.1001"),
    Column("lat", "derajat"),
    Column("lon", "derajat"),
    Column("mulai", "tanggal"),
    Column("selesai", "tanggal"),
)
PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
TEXTS = ("legacy_id", "judul", "tujuan", "pokir_anggota", "sk_no", "nphd_no")
AMOUNTS = (
    ("diajukan", "amount_requested"),
    ("direkomendasikan", "amount_recommended"),
    ("tapd", "amount_tapd"),
    ("disetujui", "amount_approved"),
)


def public_number(legacy_id: str) -> str:
    """The number that stands in addresses: the old one, or a plain form of it with four signs of its hash."""
    if PLAIN.fullmatch(legacy_id):
        return legacy_id
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", legacy_id).strip("-.")[:50]
    return f"{plain}-{hashlib.sha256(legacy_id.encode()).hexdigest()[:4]}"


class _Reader:
    """Parses rows with what one import looks up once."""

    def __init__(self) -> None:
        self._sealer = Sealer()
        self._organisasi: dict[str, UUID] = checks.known_organisasi()
        self._bidang = checks.opd_names()

    def parse(self, cells: Cells, report: ImportReport) -> Record:
        tahun = cells.number("tahun") or 0
        if cells.text("tahun") and not 2000 <= tahun <= 2100:
            cells.fail("tahun", "E03", f"{tahun} bukan tahun anggaran")
        kecamatan, kelurahan = checks.kelurahan(cells)
        rinci = cells.word("jenis", JENIS_RINCI)
        record: dict[str, Any] = {
            "id": uuid7(), "nomor": public_number(cells.text("legacy_id")),
            **{name: cells.text(name) for name in TEXTS},
            **{column: cells.money(source) for source, column in AMOUNTS},
            "organisasi_id": checks.parent(cells, self._organisasi, "org_legacy_id"),
            **checks.sealed_nik(cells, self._sealer, "nik", "nik"),
            "rincian_jenis": rinci, "jenis": rinci.partition("_")[0], "tahun": tahun,
            "siklus": cells.word("siklus", ("murni", "perubahan")),
            "sumber": cells.word("sumber", ("langsung", "musrenbang", "pokir")),
            "bidang": self._opd(cells), "kecamatan_kode": kecamatan, "kelurahan_kode": kelurahan,
            "tanggal_masuk": cells.day("tgl_ajukan"), "sk_tgl": cells.day("sk_tgl"),
            "nphd_tgl": cells.day("nphd_tgl"), "mulai": cells.day("mulai", may_come=True),
            "selesai": cells.day("selesai", may_come=True),
            "lat": cells.degrees("lat", *checks.LAT), "lon": cells.degrees("lon", *checks.LON),
            "status": cells.word("status", STATUSES), "has_nphd": bool(cells.text("nphd_no")),
        }  # fmt: skip
        record["stage"] = stage_of(record["status"], record) if record["status"] else 0
        _note_oddities(record, report)
        return record

    def _opd(self, cells: Cells) -> str:
        code = cells.text("opd_kode")
        if code and code not in self._bidang:
            cells.fail("opd_kode", "E09", f"{code[:40]!r} tidak ada dalam daftar OPD daerah ini")
        return self._bidang.get(code, "")


def _note_oddities(record: Record, report: ImportReport) -> None:
    """What the source does not add up: it comes in as it is, is counted here and said on the public page."""
    asked = record["amount_requested"] or 0
    for name, said in (
        ("amount_recommended", "rekomendasi di atas permintaan (R10)"),
        ("amount_tapd", "pertimbangan TAPD di atas permintaan (R10)"),
        ("amount_approved", "disetujui di atas permintaan (R10)"),
    ):
        if (record[name] or 0) > asked:
            report.findings[said] += 1
    if not record["organisasi_id"] and not record["nik_hash"]:
        report.findings["tanpa penerima (org_legacy_id dan nik kosong)"] += 1
    for name in ("amount_requested", "amount_approved"):
        report.totals[name] = report.totals.get(name, 0) + (record[name] or 0)


def _after() -> None:
    search.rebuild()
    scanning.request("impor", {"hibah"})


def import_hibah(order: ImportOrder) -> ImportReport:
    """Bring proposals in. Raises: see `TableImport.run`."""
    reader = _Reader()
    return TableImport(
        "hibah", COLUMNS, reader.parse, Target(Hibah.__table__, ("legacy_id",)), after=_after
    ).run(order)


DATASET = Dataset(
    "hibah",
    "Usulan hibah dan bansos dengan jenjang jumlahnya (proposal.csv)",
    COLUMNS,
    import_hibah,
    example="P-2019-0007,ORG-0012,,hibah_uang,2019,murni,Renovasi ruang belajar,Perbaikan 2 ruang,1.01,langsung,,"
    "2018-02-10,75000000,50000000,50000000,50000000,SELESAI,978/Kep.100/2019,2019-02-01,900/12/NPHD,2019-02-20,"
    "32.73.01.1001,-6.89,107.60,2019-03-01,2019-10-31",
)
