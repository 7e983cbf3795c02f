"""Bringing the original's own records in: its proposals, budget lines and stage records, as they are.

What is broken in the source (amount above the request, no stage, no year) comes in as it is; the report lists it.
"""

import io
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select, text

from app.kernel.canonical import sha256_hex
from app.kernel.dates import BadDate, parse_date
from app.kernel.identifiers import uuid7
from app.kernel.money import BadAmount, parse_rupiah
from app.sabilulungan import search
from app.sabilulungan.models import Hibah
from app.services.imports.tabular import open_table
from app.tenancy.context import current
from app.tenancy.database import db, region_sql

FILES = ("sabilulungan_proposal.csv", "sabilulungan_rab.csv", "sabilulungan_tahap.csv")
BATCH = 500
Progress = Callable[[int], None]


@dataclass(frozen=True)
class RowError:
    """One refused cell, as the process page's section 8 numbers it."""

    file: str
    row: int
    column: str
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}: baris {self.row}, kolom {self.column}: {self.code} {self.message}"


class ImportRefused(ValueError):
    """Nothing was written: the errors say where to look."""

    def __init__(self, errors: list[RowError]) -> None:
        super().__init__(f"{len(errors)} galat; tidak satu baris pun disimpan.")
        self.errors = errors


@dataclass
class Report:
    """What an import found and did. Money in rupiah."""

    proposals: int = 0
    new_proposals: int = 0
    lines: int = 0
    steps: int = 0
    requested: int = 0
    tapd: int = 0
    findings: Counter[str] = field(default_factory=Counter)
    dry_run: bool = False


class Cells:
    """Reads the cells of one row, collecting errors instead of stopping at the first."""

    def __init__(self, file: str, row: int, cells: dict[str, str], errors: list[RowError]) -> None:
        self._file, self._row, self._cells, self._errors = file, row, cells, errors

    def text(self, column: str) -> str:
        """The cell without outer blanks."""
        return self._cells.get(column, "").strip()

    def fail(self, column: str, code: str, message: str) -> None:
        """Note an error at this row."""
        self._errors.append(RowError(self._file, self._row, column, code, message))

    def money(self, column: str) -> int | None:
        """Rupiah, None when empty; E03 when it is no whole, positive amount."""
        if not (value := self.text(column)):
            return None
        try:
            amount = parse_rupiah(value)
        except BadAmount as error:
            self.fail(column, "E03", str(error))
            return None
        if amount < 0:
            self.fail(column, "E03", "nilai tidak boleh kurang dari nol")
            return None
        return amount

    def number(self, column: str) -> int | None:
        """A whole number, None when empty."""
        value = self.text(column)
        if value and not value.isdigit():
            self.fail(column, "E03", f"{value!r} bukan bilangan bulat")
            return None
        return int(value) if value else None

    def day(self, column: str) -> date | None:
        """A date, None when empty; E04 when impossible or in the future."""
        if not (value := self.text(column)):
            return None
        try:
            day = parse_date(value)
        except BadDate as error:
            self.fail(column, "E04", str(error))
            return None
        if day > datetime.now(UTC).date():
            self.fail(column, "E04", "tanggal belum tiba")
        return day


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
    prefix = f"{current().region_id // 100}.{current().region_id % 100:02d}."
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


def _known_ids() -> dict[str, Any]:
    return {legacy: id_ for legacy, id_ in db.session.execute(select(Hibah.legacy_id, Hibah.id)) if legacy}


def _children(
    folder: Path, known: dict[str, Any], errors: list[RowError]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    lines, steps = [], []
    for cells in _rows(folder, FILES[1], errors):
        hibah_id = known.get(cells.text("legacy_id"))
        if hibah_id is None:
            cells.fail("legacy_id", "E05", "usulan dengan nomor ini tidak ada")
        lines.append({
            "id": uuid7(), "hibah_id": hibah_id, "nomor": cells.number("no"), "uraian": cells.text("uraian"),
            "amount_requested": cells.money("diajukan") or 0, "amount_corrected": cells.money("koreksi"),
        })  # fmt: skip
    for cells in _rows(folder, FILES[2], errors):
        hibah_id = known.get(cells.text("legacy_id"))
        if hibah_id is None:
            cells.fail("legacy_id", "E05", "usulan dengan nomor ini tidak ada")
        steps.append({
            "id": uuid7(), "hibah_id": hibah_id, "stage": cells.number("tahap"),
            "recorded_at": _moment(cells, "dicatat_pada"),
        })  # fmt: skip
    return lines, steps


def _moment(cells: Cells, column: str) -> datetime | None:
    try:
        return datetime.fromisoformat(cells.text(column)).replace(tzinfo=UTC)
    except ValueError:
        cells.fail(column, "E04", "waktu tidak terbaca; tulis 2016-02-17 08:14:05 (UTC)")
        return None


def import_sabilulungan(
    folder: Path, *, actor: str, dry_run: bool = False, progress: Progress = lambda _n: None
) -> Report:
    """Import the three files of the original into the current region, in one transaction.

    Re-importing changes what changed and doubles nothing (`legacy_id`).

    Raises:
        ImportRefused: some cell cannot be read; nothing was written.
        TableError: a file cannot be read at all.
    """
    errors: list[RowError] = []
    before = _known_ids()
    rows = [_proposal(cells) for cells in _rows(folder, FILES[0], errors)]
    doubles = [legacy for legacy, count in Counter(row["legacy_id"] for row in rows).items() if count > 1]
    errors += [RowError(FILES[0], 0, "legacy_id", "E06", f"{legacy} muncul lebih dari sekali") for legacy in doubles]
    known = before | {row["legacy_id"]: before.get(row["legacy_id"], row["id"]) for row in rows}
    lines, steps = _children(folder, known, errors)
    if errors:
        db.session.rollback()
        raise ImportRefused(errors)
    report = Report(
        len(rows), len(known) - len(before), len(lines), len(steps),
        sum(row["amount_requested"] or 0 for row in rows), sum(row["amount_tapd"] or 0 for row in rows),
        Counter(finding for row in rows for finding in _findings(row)), dry_run,
    )  # fmt: skip
    report.findings["jumlah rincian tidak sama dengan permintaan"] = _unequal(rows, lines, known)
    if not dry_run:
        _write(rows, lines, steps, progress)
        _record(folder, actor, report)
        db.session.commit()
    else:
        db.session.rollback()
    return report


def _unequal(rows: list[dict[str, Any]], lines: list[dict[str, Any]], known: dict[str, Any]) -> int:
    sums: dict[Any, int] = defaultdict(int)
    for line in lines:
        sums[line["hibah_id"]] += line["amount_requested"]
    return sum(sums[known[row["legacy_id"]]] != (row["amount_requested"] or 0) for row in rows)


def _write(
    rows: list[dict[str, Any]], lines: list[dict[str, Any]], steps: list[dict[str, Any]], progress: Progress
) -> None:
    _upsert("hibah", HIBAH_COLUMNS, "legacy_id", rows, progress)
    _upsert("hibah_rab", ("hibah_id", "nomor", "uraian", "amount_requested", "amount_corrected"),
            "hibah_id, nomor", lines, progress)  # fmt: skip
    _upsert("hibah_steps", ("hibah_id", "stage", "recorded_at"), "hibah_id, stage", steps, progress)
    search.rebuild()


def _record(folder: Path, actor: str, report: Report) -> None:
    digest = io.BytesIO(b"".join((folder / name).read_bytes() for name in FILES)).getvalue()
    region_sql(
        "INSERT INTO import_runs (region_id, id, dataset, file_name, sha256, actor, rows_read, rows_new, report)"
        " VALUES (:region_id, :id, 'sabilulungan', :name, :digest, :actor, :rows, :new, :report)",
        id=uuid7(), name=folder.name, digest=sha256_hex(digest), actor=actor,
        rows=report.proposals + report.lines + report.steps, new=report.new_proposals,
        report=json.dumps(report.findings, ensure_ascii=False),
    )  # fmt: skip
