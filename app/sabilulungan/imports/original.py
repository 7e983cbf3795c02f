"""Bringing the original's own records in: its proposals, budget lines and stage records, as they are.

What is broken in the source (amount above the request, no stage, no year) comes in as it is; the report lists it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text

from app.kernel.identifiers import uuid7
from app.sabilulungan import search
from app.sabilulungan.imports import checks
from app.services.imports.datasets import Column, Dataset, ImportOrder, ImportReport, record_run
from app.services.imports.rows import Cells, ImportRefused, Progress, RowError
from app.services.imports.tabular import open_table
from app.services.integrity import scanning
from app.tenancy.context import current
from app.tenancy.database import db

FILES = ("sabilulungan_proposal.csv", "sabilulungan_rab.csv", "sabilulungan_tahap.csv")
BATCH = 500


def _rows(folder: Path, name: str, errors: list[RowError]) -> Iterator[Cells]:
    with open_table(folder / name, name) as table:
        for row, cells in table:
            yield Cells(name, row, cells, errors)


def _proposal(cells: Cells) -> dict[str, Any]:
    legacy_id = cells.text("legacy_id")
    stage = cells.number("tahap_terakhir") or 0
    jenis = cells.text("jenis")
    if not legacy_id:
        cells.fail("legacy_id", "E05", "nomor lama wajib diisi")
    if jenis not in {"hibah", "bansos", ""}:
        cells.fail("jenis", "E09", f"{jenis!r} bukan hibah atau bansos")
    if stage > 7:
        cells.fail("tahap_terakhir", "E09", "tahap hanya 0 sampai 7")
    kelurahan, kecamatan = cells.text("kelurahan_kode"), cells.text("kecamatan_kode")
    prefix = checks.region_prefix()
    for column, code in (("kelurahan_kode", kelurahan), ("kecamatan_kode", kecamatan)):
        if code and not code.startswith(prefix):
            cells.fail(column, "E01", f"{code} tidak berada di daerah ini ({prefix}…)")
    return {
        "id": uuid7(), "nomor": f"SB-{legacy_id}", "legacy_id": legacy_id, "jenis": jenis,
        "tahun": cells.number("tahun_masuk"), "tanggal_masuk": cells.day("tgl_masuk"), "judul": cells.text("judul"),
        "bidang": cells.text("bidang_skpd"), "kecamatan_kode": kecamatan, "kelurahan_kode": kelurahan,
        "amount_requested": cells.money("diajukan"), "amount_recommended": cells.money("rekomendasi_skpd"),
        "amount_considered": cells.money("rekomendasi_timbang"), "amount_tapd": cells.money("pertimbangan_tapd"),
        "stage": stage, "has_nphd": cells.text("ada_nphd") == "1", "lpj_media": cells.number("jml_media_lpj") or 0,
        "lpj_date": cells.day("tgl_lpj"),
    }  # fmt: skip


def _findings(row: dict[str, Any]) -> Iterator[str]:
    asked = row["amount_requested"] or 0
    if (row["amount_recommended"] or 0) > asked:
        yield "rekomendasi di atas permintaan"
    if (row["amount_tapd"] or 0) > asked:
        yield "pertimbangan TAPD di atas permintaan"
    if not row["stage"]:
        yield "tanpa tahap"
    if row["tahun"] is None:
        yield "tanpa tahun"
    if not row["jenis"]:
        yield "tanpa jenis"


HIBAH_COLUMNS = (
    "nomor", "legacy_id", "jenis", "tahun", "tanggal_masuk", "judul", "bidang", "kecamatan_kode", "kelurahan_kode",
    "amount_requested", "amount_recommended", "amount_considered", "amount_tapd", "stage", "has_nphd", "lpj_media",
    "lpj_date",
)  # fmt: skip


def _upsert(
    table: str, columns: tuple[str, ...], conflict: str, rows: list[dict[str, Any]], progress: Progress
) -> None:
    names = ", ".join(columns)
    values = ", ".join(f":{column}" for column in columns)
    changes = ", ".join(f"{column} = excluded.{column}" for column in columns)
    statement = text(
        f"INSERT INTO {table} (region_id, id, {names}) VALUES (:region_id, :id, {values})"
        f" ON CONFLICT (region_id, {conflict}) DO UPDATE SET {changes}"
    )
    region_id = current().region_id
    for start in range(0, len(rows), BATCH):
        batch = [{"region_id": region_id, **row} for row in rows[start : start + BATCH]]
        db.session.execute(statement, batch)
        progress(len(batch))


def _children(
    folder: Path, known: dict[str, Any], errors: list[RowError]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    lines, steps = [], []
    for cells in _rows(folder, FILES[1], errors):
        hibah_id = known.get(cells.text("legacy_id"))
        if hibah_id is None:
            cells.fail("legacy_id", "E05", "usulan dengan nomor ini tidak ada")
        lines += _line(cells, hibah_id)
    for cells in _rows(folder, FILES[2], errors):
        hibah_id = known.get(cells.text("legacy_id"))
        if hibah_id is None:
            cells.fail("legacy_id", "E05", "usulan dengan nomor ini tidak ada")
        steps.append({
            "id": uuid7(), "hibah_id": hibah_id, "stage": cells.number("tahap"),
            "recorded_at": _moment(cells, "dicatat_pada"),
        })  # fmt: skip
    return lines, steps


def _line(cells: Cells, hibah_id: Any) -> list[dict[str, Any]]:
    """A line as asked and, where the committee corrected it, as corrected. The original knew no volume: one package."""
    asked, corrected = cells.money("diajukan") or 0, cells.money("koreksi")
    amounts = {"diajukan": asked} | ({} if corrected is None else {"ditimbang": corrected})
    return [
        {"id": uuid7(), "hibah_id": hibah_id, "tahap": tahap, "nomor": cells.number("no"),
         "uraian": cells.text("uraian"), "harga_satuan": amount, "jumlah": amount}
        for tahap, amount in amounts.items()
    ]  # fmt: skip


def _moment(cells: Cells, column: str) -> datetime | None:
    try:
        return datetime.fromisoformat(cells.text(column)).replace(tzinfo=UTC)
    except ValueError:
        cells.fail(column, "E04", "waktu tidak terbaca; tulis 2016-02-17 08:14:05 (UTC)")
        return None


def import_sabilulungan(order: ImportOrder) -> ImportReport:
    """Import the three files of the original, in the folder `order.path`, into the current region, in one transaction.

    Re-importing changes what changed and doubles nothing (`legacy_id`).

    Raises:
        ImportRefused: some cell cannot be read; nothing was written.
        TableError: a file cannot be read at all.
    """
    folder = order.path
    errors: list[RowError] = []
    before = checks.known_hibah()
    rows = [_proposal(cells) for cells in _rows(folder, FILES[0], errors)]
    doubles = [legacy for legacy, count in Counter(row["legacy_id"] for row in rows).items() if count > 1]
    errors += [RowError(FILES[0], 0, "legacy_id", "E06", f"{legacy} muncul lebih dari sekali") for legacy in doubles]
    known = before | {row["legacy_id"]: before.get(row["legacy_id"], row["id"]) for row in rows}
    lines, steps = _children(folder, known, errors)
    if errors:
        db.session.rollback()
        raise ImportRefused(errors)
    report = _report(rows, lines, steps, known, order)
    report.new = len(known) - len(before)
    if order.dry_run:
        db.session.rollback()
        return report
    _write(rows, lines, steps, order.progress)
    record_run(order, report, *(folder / name for name in FILES))
    scanning.request("impor", {"hibah", "hibah_rab", "hibah_steps"})
    db.session.commit()
    return report


def _report(
    rows: list[dict[str, Any]],
    lines: list[dict[str, Any]],
    steps: list[dict[str, Any]],
    known: dict[str, Any],
    order: ImportOrder,
) -> ImportReport:
    report = ImportReport("sabilulungan", dry_run=order.dry_run)
    report.rows = len(rows) + sum(line["tahap"] == "diajukan" for line in lines) + len(steps)
    report.totals = {
        "diajukan": sum(row["amount_requested"] or 0 for row in rows),
        "pertimbangan TAPD": sum(row["amount_tapd"] or 0 for row in rows),
    }
    report.findings = Counter(finding for row in rows for finding in _findings(row))
    report.findings["jumlah rincian tidak sama dengan permintaan"] = _unequal(rows, lines, known)
    asked = sum(line["tahap"] == "diajukan" for line in lines)
    report.details = [f"{len(rows)} usulan, {asked} rincian, {len(steps)} tahap"]
    return report


def _unequal(rows: list[dict[str, Any]], lines: list[dict[str, Any]], known: dict[str, Any]) -> int:
    sums: dict[Any, int] = defaultdict(int)
    for line in lines:
        if line["tahap"] == "diajukan":
            sums[line["hibah_id"]] += line["jumlah"]
    return sum(sums[known[row["legacy_id"]]] != (row["amount_requested"] or 0) for row in rows)


def _write(
    rows: list[dict[str, Any]], lines: list[dict[str, Any]], steps: list[dict[str, Any]], progress: Progress
) -> None:
    _upsert("hibah", HIBAH_COLUMNS, "legacy_id", rows, progress)
    _upsert("hibah_rab", ("hibah_id", "tahap", "nomor", "uraian", "harga_satuan", "jumlah"),
            "hibah_id, tahap, nomor", lines, progress)  # fmt: skip
    _upsert("hibah_steps", ("hibah_id", "stage", "recorded_at"), "hibah_id, stage", steps, progress)
    search.rebuild()


DATASET = Dataset(
    "sabilulungan",
    "Catatan asli Sabilulungan: folder berisi " + ", ".join(FILES),
    (
        Column("legacy_id", required=True, help="nomor lama; kunci impor ulang"),
        Column("judul", required=True),
        Column("jenis", "hibah | bansos"),
        Column("tahun_masuk", "bilangan"),
        Column("tgl_masuk", "tanggal"),
        Column("bidang_skpd"),
        Column("kelurahan_kode"),
        Column("kecamatan_kode"),
        Column("diajukan", "rupiah"),
        Column("rekomendasi_skpd", "rupiah"),
        Column("rekomendasi_timbang", "rupiah"),
        Column("pertimbangan_tapd", "rupiah"),
        Column("tahap_terakhir", "0-7"),
        Column("ada_nphd", "0 | 1"),
        Column("jml_media_lpj", "bilangan"),
        Column("tgl_lpj", "tanggal"),
    ),
    import_sabilulungan,
    folder=True,
)
