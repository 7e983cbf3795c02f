"""`flask data import hibah-terbit`: the plain list that regions publish: name, address, amount, year."""

from collections import Counter

from app.kernel.canonical import canonical_json, sha256_hex
from app.kernel.identifiers import uuid7
from app.kernel.text import normalise_name
from app.sabilulungan import search
from app.sabilulungan.models import Hibah
from app.services.imports.datasets import Column, Dataset, ImportOrder, ImportReport
from app.services.imports.rows import Cells
from app.services.imports.table_import import Record, TableImport, Target
from app.services.integrity import scanning

COLUMNS = (
    Column("nama", required=True, help="penerima sebagaimana diterbitkan"),
    Column("alamat"),
    Column("jumlah", "rupiah", required=True),
    Column("tahun", "tahun anggaran", required=True),
    Column("jenis", "hibah | bansos", help="kosong: tidak disebut sumber"),
    Column("peruntukan", help="kosong: tidak disebut sumber"),
)
APPROVED_STAGE = 7
UNNAMED = {"hibah": "Hibah", "bansos": "Bantuan sosial", "": "Hibah atau bantuan sosial"}


def _after() -> None:
    search.rebuild()
    scanning.request("impor", {"hibah"})


def import_hibah_terbit(order: ImportOrder) -> ImportReport:
    """Bring a published list in. A list has no numbers: the same name, address, year and amount for the nth time in a
    file is the same award at the next import. Raises: see `TableImport.run`."""
    met: Counter[str] = Counter()

    def parse(cells: Cells, report: ImportReport) -> Record:
        tahun, jumlah = cells.number("tahun") or 0, cells.money("jumlah")
        if cells.text("tahun") and not 2000 <= tahun <= 2100:
            cells.fail("tahun", "E03", f"{tahun} bukan tahun anggaran")
        name, address, jenis = cells.text("nama"), cells.text("alamat"), cells.word("jenis", ("hibah", "bansos"))
        same = sha256_hex(canonical_json([normalise_name(name), normalise_name(address), tahun, jumlah]))[:12]
        met[same] += 1
        number = f"T-{tahun}-{same}-{met[same]}"
        report.totals["jumlah"] = report.totals.get("jumlah", 0) + (jumlah or 0)
        return {
            "id": uuid7(), "nomor": number, "legacy_id": number, "judul": cells.text("peruntukan") or UNNAMED[jenis],
            "penerima": name, "alamat": address, "tahun": tahun, "jenis": jenis,
            "amount_approved": jumlah, "stage": APPROVED_STAGE, "status": "DITETAPKAN",
        }  # fmt: skip

    target = Target(Hibah.__table__, ("legacy_id",))
    return TableImport("hibah-terbit", COLUMNS, parse, target, after=_after).run(order)


DATASET = Dataset(
    "hibah-terbit",
    "Daftar penerima sebagaimana diterbitkan: nama, alamat, jumlah, tahun",
    COLUMNS,
    import_hibah_terbit,
    example="Yayasan Contoh Sejahtera,Jl. Contoh No. 5,50000000,2019,hibah,Renovasi ruang belajar",
)
