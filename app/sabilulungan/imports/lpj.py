"""`flask data import lpj`: what was accounted for, one row a proposal."""

from app.kernel.identifiers import uuid7
from app.sabilulungan.imports import checks
from app.sabilulungan.models import KEADAAN_LPJ, Lpj
from app.services.imports.datasets import Column, Dataset, ImportOrder, ImportReport
from app.services.imports.rows import Cells
from app.services.imports.table_import import Record, TableImport, Target
from app.services.integrity import scanning
from app.tenancy.database import region_sql

COLUMNS = (
    Column("proposal_legacy_id", required=True),
    Column("tgl_lpj", "tanggal"),
    Column("status", " | ".join(KEADAAN_LPJ), required=True),
    Column("jumlah_dipakai", "rupiah"),
    Column("pengembalian", "rupiah"),
    Column("sts_no"),
)
ABOVE_PAID = """
SELECT count(*) FROM lpj l JOIN hibah h ON h.region_id = :region_id AND h.id = l.hibah_id
WHERE l.region_id = :region_id AND coalesce(l.jumlah_dipakai, 0) + coalesce(l.pengembalian, 0) > h.amount_disbursed
"""
DATES = """
UPDATE hibah h SET lpj_date = l.tgl_lpj FROM lpj l WHERE h.region_id = :region_id AND l.region_id = :region_id
AND h.id = l.hibah_id AND l.keadaan IN ('diajukan', 'diterima') AND h.lpj_date IS DISTINCT FROM l.tgl_lpj
"""


class _Reader:
    def __init__(self) -> None:
        self._known = checks.known_hibah()

    def parse(self, cells: Cells, report: ImportReport) -> Record:
        used = cells.money("jumlah_dipakai")
        report.totals["jumlah_dipakai"] = report.totals.get("jumlah_dipakai", 0) + (used or 0)
        return {
            "id": uuid7(), "hibah_id": checks.parent(cells, self._known), "tgl_lpj": cells.day("tgl_lpj"),
            "keadaan": cells.word("status", KEADAAN_LPJ), "jumlah_dipakai": used,
            "pengembalian": cells.money("pengembalian"), "sts_no": cells.text("sts_no"),
        }  # fmt: skip


def _check(report: ImportReport) -> None:
    """Accounted for and returned above what was paid: it comes in as it is."""
    if number := checks.count(ABOVE_PAID):
        report.findings["LPJ dan pengembalian di atas yang dicairkan"] = number


def _after() -> None:
    checks.add_up("amount_accounted", "lpj", "jumlah_dipakai")
    checks.add_up("amount_returned", "lpj", "pengembalian")
    region_sql(DATES)
    scanning.request("impor", {"hibah", "lpj"})


def import_lpj(order: ImportOrder) -> ImportReport:
    """Bring accounts in and set what each proposal accounted for. Raises: see `TableImport.run`."""
    target = Target(Lpj.__table__, ("hibah_id",))
    return TableImport("lpj", COLUMNS, _Reader().parse, target, after=_after, check=_check).run(order)


DATASET = Dataset(
    "lpj",
    "Laporan pertanggungjawaban (LPJ) setiap hibah",
    COLUMNS,
    import_lpj,
    example="P-2019-0007,2020-01-08,diterima,49500000,500000,STS-0091",
)
