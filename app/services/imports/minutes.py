"""The minutes of an import: a numbered letter that says which file came in, with which hash, rows and sums."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from app.kernel.dates import format_time
from app.kernel.money import format_rupiah
from app.services.documents.letters.layouts import LetterKind
from app.services.documents.letters.register import Order
from app.services.ui.i18n import lazy
from app.tenancy.database import region_sql

LETTER = LetterKind("berita-acara-impor", lazy("Berita acara impor data"), Path(__file__).with_name("letters"))
SUBJECT = "impor"
SHOWN = 100


@dataclass(frozen=True)
class ImportRun:
    """One finished import; `report` is the import's own report as JSON."""

    id: UUID
    dataset: str
    file_name: str
    sha256: str
    actor: str
    rows_read: int
    rows_new: int
    report: str
    finished_at: datetime


def runs() -> list[ImportRun]:
    """The newest hundred imports."""
    return _many("true ORDER BY finished_at DESC LIMIT :most", most=SHOWN)


def find(run_id: UUID) -> ImportRun | None:
    """One import of the region."""
    return next(iter(_many("id = :id", id=run_id)), None)


def _many(where: str, **params: object) -> list[ImportRun]:
    rows = region_sql(
        "SELECT id, dataset, file_name, sha256, actor, rows_read, rows_new, report, finished_at FROM import_runs"
        f" WHERE region_id = :region_id AND {where}",
        **params,
    )
    return [ImportRun(**row) for row in rows.mappings()]


def order(run: ImportRun, signer: tuple[str, str], zone: str) -> Order:
    """The letter about `run` that `signer` (name and office) will sign; it says nothing of any person in the data.

    A letter is in Indonesian whatever language its maker reads, and its times are of the region's IANA `zone`.
    """
    report = json.loads(run.report)
    totals = [[str(label), format_rupiah(amount)] for label, amount in report.get("totals", {}).items()]
    found = sorted(report.get("findings", {}).items())
    findings = [[str(what), _grouped(count)] for what, count in found if count]
    return Order(
        LETTER.name, SUBJECT, str(run.id), signer,
        fields={
            "kumpulan_data": run.dataset, "berkas": run.file_name, "sha256": run.sha256,
            "waktu_impor": format_time(run.finished_at, zone), "pelaku": run.actor,
            "baris_dibaca": _grouped(run.rows_read), "baris_baru": _grouped(run.rows_new),
        },
        tables={
            "jumlah": totals or [["Tidak ada kolom rupiah", "–"]],
            "temuan": findings or [["Tidak ada", "–"]],
        },
    )  # fmt: skip


def _grouped(number: int) -> str:
    return f"{number:,}".replace(",", ".")
