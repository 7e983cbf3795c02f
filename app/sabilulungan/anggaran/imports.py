"""`flask data import anggaran`: a year's budget from any table, reconciled; nothing is silently summed twice."""

import re
from collections.abc import Iterator
from decimal import Decimal

from sqlalchemy import text

from app.kernel.identifiers import uuid7
from app.kernel.money import BadAmount, parse_rupiah
from app.sabilulungan.anggaran import rules
from app.sabilulungan.anggaran.rules import BudgetLine
from app.services.imports.datasets import Column, Dataset, ImportOrder, ImportReport, record_run
from app.services.imports.limits import TableError, grouped
from app.services.imports.rows import Cells, ImportRefused, Progress, RowError
from app.services.imports.tabular import open_table
from app.tenancy.context import current
from app.tenancy.database import db, region_sql

COLUMNS = (
    Column("tahun", "bilangan", required=True),
    Column("skpd_kode", required=True),
    Column("skpd_nama", required=True),
    Column("kode_rekening", required=True, help="diawali 4 (pendapatan), 5 (belanja) atau 6 (pembiayaan)"),
    Column("uraian", required=True),
    Column("keterangan", help="pembeda baris: sub kegiatan, indikator, lokasi"),
    Column("level", "1-6", help="kosong: dihitung dari titik pada kode; level terbesar adalah rincian, sisanya jumlah"),
    Column("jumlah", "rupiah", required=True, help="sen dibulatkan ke rupiah terdekat dan dilaporkan"),
)
ACCOUNT = re.compile(r"[456](\.\d{1,4}){0,5}")
# "8194353477358.25": a fraction of a rupiah. One or two digits, or the four and more that a mapping writes.
FRACTION = re.compile(r"-?\d+\.(\d{1,2}|\d{4,})")
BATCH = 500
SHOWN = 40


def _rows(order: ImportOrder) -> Iterator[tuple[int, dict[str, str]]]:
    with open_table(order.path, order.path.name) as table:
        if order.mapping:
            yield from order.mapping.apply(table)
            return
        for column in COLUMNS:
            if column.required and column.name not in table.header:
                help_text = f'Kolom "{column.name}" tidak ada; pakai --map bila tajuknya lain.'
                raise TableError("kolom-tidak-ada", help_text, 1, column.name)
        yield from table


def _amount(cells: Cells, report: ImportReport) -> Decimal:
    value = cells.text("jumlah")
    try:
        return Decimal(parse_rupiah(value))
    except BadAmount as error:
        if not FRACTION.fullmatch(value):
            cells.fail("jumlah", "E03", str(error))
            return Decimal(0)
    report.findings["nilai memuat sen, dibulatkan ke rupiah terdekat"] += 1
    return Decimal(value)


def _line(row: int, cells: Cells, report: ImportReport) -> BudgetLine:
    account = cells.text("kode_rekening")
    if not ACCOUNT.fullmatch(account):
        cells.fail("kode_rekening", "E09", f"{account!r} bukan kode rekening (4…, 5… atau 6…)")
    tahun = cells.number("tahun") or 0
    if not 2000 <= tahun <= 2100:
        cells.fail("tahun", "E03", f"{tahun} bukan tahun anggaran")
    for column in ("skpd_kode", "uraian"):
        if not cells.text(column):
            cells.fail(column, "E05", "wajib diisi")
    level = cells.number("level") or account.count(".") + 1
    return BudgetLine(
        row, tahun, cells.text("skpd_kode"), cells.text("skpd_nama"), account, cells.text("uraian"),
        cells.text("keterangan"), level, _amount(cells, report),
    )  # fmt: skip


def import_anggaran(order: ImportOrder) -> ImportReport:
    """Bring a budget in; each year of the file takes the place of that year in this region. One transaction.

    Lines that repeat another are named and, with `drop_doubles`, left out. Totals stay as published beside their parts.

    Raises:
        ImportRefused: a cell is bad (row, column, code), or the file does not add up and no reason was given.
        TableError: the file cannot be read at all.
    """
    report = ImportReport("anggaran", dry_run=order.dry_run)
    errors: list[RowError] = []
    lines = [
        _line(row, Cells(order.path.name, row, cells, errors), report)
        for row, cells in _rows(order)
    ]
    report.rows = len(lines)
    twice = rules.doubles(lines)
    if order.drop_doubles:
        gone = {line.row for line, _first in twice}
        lines = [line for line in lines if line.row not in gone]
    unequal = rules.differences(lines)
    _tell(report, order, lines, twice, unequal)
    if not errors and not order.dry_run and not order.accept_reason and (unequal or (twice and not order.drop_doubles)):
        errors = _not_adding_up(order, twice, unequal)
    if errors:
        db.session.rollback()
        raise ImportRefused(errors)
    if order.dry_run:
        db.session.rollback()
        return report
    _write(order, lines, len(twice), unequal)
    record_run(order, report)
    db.session.commit()
    return report


def _tell(
    report: ImportReport,
    order: ImportOrder,
    lines: list[BudgetLine],
    twice: list[tuple[BudgetLine, int]],
    unequal: list[rules.Difference],
) -> None:
    lowest = rules.leaf_level(lines)
    for name, first in (("pendapatan", "4"), ("belanja", "5"), ("pembiayaan", "6")):
        chosen = [line.jumlah for line in lines if line.level == lowest and line.kode_rekening.startswith(first)]
        report.totals[f"{name} (jumlah rincian)"] = sum(chosen)
    totals = len(rules.totals_of(lines))
    report.new = len(lines)
    report.findings["baris ganda " + ("dibuang" if order.drop_doubles else "dibiarkan")] = len(twice)
    report.findings["jumlah terbit tidak sama dengan rinciannya"] = len(unequal)
    report.details.append(f"{totals} jumlah terbit, {totals - len(unequal)} sama dengan rinciannya")
    report.details += [f"  baris {line.row} sama persis dengan baris {first}" for line, first in twice[:SHOWN]]
    if len(twice) > SHOWN:
        report.details.append(f"  … dan {len(twice) - SHOWN} baris ganda lagi")
    largest = sorted(unequal, key=lambda item: -abs(item.jumlah_terbit - item.jumlah_bagian))
    for item in largest[:SHOWN]:
        published, parts = grouped(item.jumlah_terbit), grouped(item.jumlah_bagian)
        gap = grouped(item.jumlah_terbit - item.jumlah_bagian)
        report.details.append(
            f"  {item.skpd_kode} {item.kode_rekening}: terbit {published}, rincian {parts}, selisih {gap}"
        )
    if len(unequal) > SHOWN:
        report.details.append(f"  … dan {len(unequal) - SHOWN} selisih lagi")


def _not_adding_up(
    order: ImportOrder, twice: list[tuple[BudgetLine, int]], unequal: list[rules.Difference]
) -> list[RowError]:
    found = []
    if twice and not order.drop_doubles:
        row = twice[0][0].row
        message = f"{len(twice)} baris ganda; buang dengan --drop-doubles"
        found.append(RowError(order.path.name, row, "", "E06", message))
    if unequal:
        message = f"{len(unequal)} jumlah tidak sama dengan rinciannya; perbaiki, atau terima: --accept 'alasan'"
        found.append(RowError(order.path.name, 0, "jumlah", "E07", message))
    return found


def _write(order: ImportOrder, lines: list[BudgetLine], twice: int, unequal: list[rules.Difference]) -> None:
    for year in sorted({line.tahun for line in lines}):
        for table in ("anggaran", "anggaran_selisih", "anggaran_years"):
            region_sql(f"DELETE FROM {table} WHERE region_id = :region_id AND tahun = :tahun", tahun=year)
        region_sql(
            "INSERT INTO anggaran_years (region_id, id, tahun, sumber, alasan, actor, totals_read, doubles_dropped,"
            " doubles_kept) VALUES (:region_id, :id, :tahun, :sumber, :alasan, :actor, :totals, :dropped, :kept)",
            id=uuid7(), tahun=year, sumber=order.path.name, alasan=order.accept_reason, actor=order.actor,
            totals=len(rules.totals_of(lines)), dropped=twice if order.drop_doubles else 0,
            kept=0 if order.drop_doubles else twice,
        )  # fmt: skip
    lowest = rules.leaf_level(lines)
    _insert("anggaran", [
        {"tahun": line.tahun, "nomor_baris": line.row, "skpd_kode": line.skpd_kode, "skpd_nama": line.skpd_nama,
         "kode_rekening": line.kode_rekening, "uraian": line.uraian, "keterangan": line.keterangan, "level": line.level,
         "is_total": line.level < lowest, "jumlah": line.jumlah}
        for line in lines
    ], order.progress)  # fmt: skip
    _insert("anggaran_selisih", [vars(item) for item in unequal], lambda _rows: None)


def _insert(table: str, rows: list[dict[str, object]], progress: Progress) -> None:
    if not rows:
        return
    names = list(rows[0])
    statement = text(
        f"INSERT INTO {table} (region_id, id, {', '.join(names)})"
        f" VALUES (:region_id, :id, {', '.join(':' + name for name in names)})"
    )
    for start in range(0, len(rows), BATCH):
        batch = [{**row, "region_id": current().region_id, "id": uuid7()} for row in rows[start : start + BATCH]]
        db.session.execute(statement, batch)
        progress(len(batch))


DATASET = Dataset(
    "anggaran",
    "Anggaran (APBD) menurut SKPD dan kode rekening, satu tahun atau lebih",
    COLUMNS,
    import_anggaran,
    example="2026,1.02.01,Dinas Kesehatan,5.1.02.01.01.0024,Belanja ATK,,6,125000000",
)
