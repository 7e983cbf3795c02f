"""`flask data import rab`: the lines of a proposal's budget, at each stage that changed them."""

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from app.kernel.identifiers import uuid7
from app.sabilulungan.imports import checks
from app.sabilulungan.models import KATEGORI_RAB, TAHAP_RAB, HibahRab
from app.services.imports.datasets import Column, Dataset, ImportOrder, ImportReport
from app.services.imports.rows import Cells
from app.services.imports.table_import import Record, TableImport, Target
from app.services.integrity import scanning

COLUMNS = (
    Column("proposal_legacy_id", required=True),
    Column("stage", " | ".join(TAHAP_RAB), required=True, help="jenjang jumlah yang dirinci"),
    Column("no", "bilangan", required=True),
    Column("uraian", required=True),
    Column("kategori", " | ".join(KATEGORI_RAB)),
    Column("volume", "bilangan, paling banyak tiga desimal", required=True),
    Column("satuan", required=True),
    Column("harga_satuan", "rupiah", required=True),
    Column("jumlah", "rupiah", required=True),
)
THOUSANDTHS = Decimal("0.001")


def _volume(cells: Cells) -> int:
    """The volume in thousandths."""
    try:
        volume = Decimal(cells.text("volume").replace(",", "."))
        exact = volume.quantize(THOUSANDTHS)
    except InvalidOperation:
        volume, exact = Decimal(0), Decimal(-1)
    if exact != volume or volume < 0 or volume > 10**12:
        cells.fail("volume", "E03", "bukan bilangan dengan paling banyak tiga desimal")
        return 0
    return int(exact * 1000)


def line_amount(volume_thousandths: int, unit_price: int) -> int:
    """Volume times price in rupiah, half a rupiah upwards: what `jumlah` of a line should be."""
    return int((Decimal(volume_thousandths) * unit_price / 1000).quantize(Decimal(1), ROUND_HALF_UP))


class _Reader:
    def __init__(self) -> None:
        self._known = checks.known_hibah()

    def parse(self, cells: Cells, report: ImportReport) -> Record:
        volume, price, amount = _volume(cells), cells.money("harga_satuan"), cells.money("jumlah")
        if amount is not None and price is not None and line_amount(volume, price) != amount:
            report.findings["volume kali harga tidak sama dengan jumlah baris"] += 1
        return {
            "id": uuid7(), "hibah_id": checks.parent(cells, self._known), "tahap": cells.word("stage", TAHAP_RAB),
            "nomor": cells.number("no"), "uraian": cells.text("uraian"),
            "kategori": cells.word("kategori", KATEGORI_RAB), "volume_permil": volume,
            "satuan": cells.text("satuan"), "harga_satuan": price, "jumlah": amount,
        }  # fmt: skip


def _unequal(report: ImportReport) -> None:
    """E07: the lines of a stage do not sum to the amount of that stage; a warning, the source is kept."""
    sums: dict[str, int] = defaultdict(int)
    for stage, column in TAHAP_RAB.items():
        sums[stage] = checks.count(
            f"SELECT count(*) FROM (SELECT hibah_id, sum(jumlah) AS total FROM hibah_rab WHERE region_id = :region_id"
            f" AND tahap = '{stage}' GROUP BY 1) r JOIN hibah h ON h.region_id = :region_id AND h.id = r.hibah_id"
            f" WHERE r.total IS DISTINCT FROM h.{column}"
        )
    for stage, number in sums.items():
        if number:
            report.findings[f"E07 jumlah rincian {stage} tidak sama dengan jenjangnya"] = number


def _after() -> None:
    scanning.request("impor", {"hibah_rab"})


def import_rab(order: ImportOrder) -> ImportReport:
    """Bring budget lines in. Raises: see `TableImport.run`."""
    target = Target(HibahRab.__table__, ("hibah_id", "tahap", "nomor"))
    return TableImport("rab", COLUMNS, _Reader().parse, target, check=_unequal, after=_after).run(order)


DATASET = Dataset(
    "rab",
    "Baris rencana anggaran biaya (RAB) setiap usulan",
    COLUMNS,
    import_rab,
    example="P-2019-0007,diajukan,1,Semen,barang,40,sak,65000,2600000",
)
