"""`flask data import organisasi`: who receives grants, with sealed identifiers of its people."""

from app.kernel.identifiers import check_npwp, uuid7
from app.kernel.text import normalise_name
from app.sabilulungan import search
from app.sabilulungan.imports import checks
from app.sabilulungan.models import LEGAL_CLASSES, Organisasi
from app.services.imports.datasets import Column, Dataset, ImportOrder, ImportReport
from app.services.imports.rows import Cells
from app.services.imports.table_import import Record, TableImport, Target
from app.services.integrity import scanning
from app.services.personal.sealing import Sealer

COLUMNS = (
    Column("legacy_id", required=True, help="nomor lama; kunci impor ulang"),
    Column("nama", required=True),
    Column("legal_class", " | ".join(LEGAL_CLASSES), required=True),
    Column("no_ahu"),
    Column("no_skt"),
    Column("tgl_terdaftar", "tanggal"),
    Column("npwp", "15 atau 16 angka", help="disimpan tersegel"),
    Column("alamat", required=True),
    Column("kelurahan_kode", "32.73.01.1001", required=True),
    Column("lat", "derajat"),
    Column("lon", "derajat"),
    Column("ketua", required=True),
    Column("ketua_nik", "16 angka", help="disimpan tersegel"),
    Column("bendahara"),
    Column("telepon", help="disimpan tersegel"),
    Column("email", help="disimpan tersegel"),
    Column("bank_kode", "3 angka"),
    Column("no_rekening", "6-20 angka", help="disimpan tersegel"),
    Column("atas_nama"),
)


def _parse(cells: Cells, sealer: Sealer) -> Record:
    kecamatan, kelurahan = checks.kelurahan(cells)
    phone = "".join(sign for sign in cells.text("telepon") if sign.isdigit())
    texts = ("legacy_id", "nama", "no_ahu", "no_skt", "alamat", "ketua", "bendahara", "bank_kode", "atas_nama")
    return {
        "id": uuid7(), **{name: cells.text(name) for name in texts}, "nama_norm": normalise_name(cells.text("nama")),
        "legal_class": cells.word("legal_class", LEGAL_CLASSES), "tgl_terdaftar": cells.day("tgl_terdaftar"),
        "kecamatan_kode": kecamatan, "kelurahan_kode": kelurahan,
        "lat": cells.degrees("lat", *checks.LAT), "lon": cells.degrees("lon", *checks.LON),
        **checks.sealed_nik(cells, sealer, "ketua_nik", "ketua_nik"),
        **checks.sealed(sealer, "npwp", cells.identifier("npwp", check_npwp, "E09"), "npwp"),
        **checks.sealed(sealer, "telepon", phone, "telepon"),
        **checks.sealed(sealer, "email", cells.text("email").lower(), "email"),
        **checks.sealed_account(cells, sealer),
    }  # fmt: skip


def _after() -> None:
    search.rebuild()
    scanning.request("impor", {"organisasi"})


def import_organisasi(order: ImportOrder) -> ImportReport:
    """Bring organisations in. Raises: see `TableImport.run`."""
    sealer = Sealer()
    target = Target(Organisasi.__table__, ("legacy_id",))
    return TableImport(
        "organisasi", COLUMNS, lambda cells, _report: _parse(cells, sealer), target, after=_after
    ).run(order)


DATASET = Dataset(
    "organisasi",
    "Lembaga dan kelompok penerima hibah/bansos",
    COLUMNS,
    import_organisasi,
    example="ORG-0012,Yayasan Contoh Sejahtera,B,AHU-0001234.AH.01.04.Tahun 2016,,2016-03-14,,Jl. Contoh No. 5,"
    "32.73.01.1001,-6.89,107.60,Budi C.,,Siti D.,,,110,0000012345678,YAYASAN CONTOH SEJAHTERA",
)
