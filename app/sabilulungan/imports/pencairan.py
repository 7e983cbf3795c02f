"""`flask data import pencairan`: what was paid, by SP2D."""

from app.kernel.identifiers import uuid7
from app.sabilulungan.imports import checks
from app.sabilulungan.models import Pencairan
from app.services.imports.datasets import Column, Dataset, ImportOrder, ImportReport
from app.services.imports.rows import Cells
from app.services.imports.table_import import Record, TableImport, Target
from app.services.integrity import scanning
from app.services.personal.sealing import Sealer

COLUMNS = (
    Column("proposal_legacy_id", required=True),
    Column("tahap", "1-60", required=True),
    Column("spm_no"),
    Column("sp2d_no", required=True),
    Column("sp2d_tgl", "tanggal", required=True),
    Column("jumlah", "rupiah", required=True),
    Column("bank_kode", "3 angka"),
    Column("no_rekening", "6-20 angka", help="disimpan tersegel; tiga angka terakhir tampil"),
    Column("atas_nama"),
)
MOST_TRANCHES = 60
ABOVE_APPROVED = """
SELECT count(*) FROM (SELECT hibah_id, sum(jumlah) AS total FROM pencairan WHERE region_id = :region_id GROUP BY 1) p
JOIN hibah h ON h.region_id = :region_id AND h.id = p.hibah_id
WHERE p.total > coalesce(h.amount_approved, h.amount_tapd)
"""


class _Reader:
    def __init__(self) -> None:
        self._known, self._sealer = checks.known_hibah(), Sealer()

    def parse(self, cells: Cells, report: ImportReport) -> Record:
        tranche, amount = cells.number("tahap"), cells.money("jumlah")
        if tranche is not None and not 1 <= tranche <= MOST_TRANCHES:
            cells.fail("tahap", "E09", f"tahap hanya 1 sampai {MOST_TRANCHES}")
        account = checks.sealed_account(cells, self._sealer)
        number = "".join(sign for sign in cells.text("no_rekening") if sign.isdigit())
        report.totals["jumlah"] = report.totals.get("jumlah", 0) + (amount or 0)
        return {
            "id": uuid7(), "hibah_id": checks.parent(cells, self._known), "tahap": tranche,
            "spm_no": cells.text("spm_no"), "sp2d_no": cells.text("sp2d_no"), "sp2d_tgl": cells.day("sp2d_tgl"),
            "jumlah": amount, "bank_kode": cells.text("bank_kode"), **account, "rekening_akhir": number[-3:],
            "atas_nama": cells.text("atas_nama"),
        }  # fmt: skip


def _check(report: ImportReport) -> None:
    """E08: paid above what was approved; it comes in as it is (R10 tells it to the inspectorate)."""
    if number := checks.count(ABOVE_APPROVED):
        report.findings["E08 dicairkan di atas yang disetujui (R10)"] = number


def _after() -> None:
    checks.add_up("amount_disbursed", "pencairan", "jumlah")
    scanning.request("impor", {"hibah", "pencairan"})


def import_pencairan(order: ImportOrder) -> ImportReport:
    """Bring payments in and set what each proposal was paid. Raises: see `TableImport.run`."""
    target = Target(Pencairan.__table__, ("hibah_id", "tahap"))
    return TableImport(
        "pencairan", COLUMNS, _Reader().parse, target,
        after=_after, check=_check,
    ).run(order)  # fmt: skip


DATASET = Dataset(
    "pencairan",
    "Pencairan (SP2D) setiap tahap",
    COLUMNS,
    import_pencairan,
    example="P-2019-0007,1,SPM-55,SP2D-00812,2019-03-05,50000000,110,0000012345678,YAYASAN CONTOH SEJAHTERA",
)
