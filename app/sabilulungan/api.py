"""What the open-data API offers of the grants: proposals, recipients, stages passed, and the budget's lines."""

import re
from collections.abc import Iterable
from dataclasses import asdict
from uuid import UUID

from app.sabilulungan import api_fields as fields
from app.sabilulungan import detail, paging
from app.sabilulungan.models import LEGAL_CLASSES, TAHAP_RAB
from app.sabilulungan.queries import Filter, PublicHibah
from app.sabilulungan.stages import PUBLIC_STATES, STAGES
from app.services.opendata import registry as api
from app.services.opendata.registry import Asked, OpenFiles, Place, Resource, Row
from app.services.ui.i18n import lazy

KECAMATAN = re.compile(r"[0-9]{2}\.[0-9]{2}\.[0-9]{2}")
CODE = re.compile(r"[0-9A-Za-z.]{1,40}")


def _picked(row: object, names: Iterable[api.Field]) -> Row:
    return {field.name: getattr(row, field.name) for field in names}


def _grant(row: PublicHibah) -> Row:
    told = _picked(row, (field for field in fields.GRANT if field.name != "status_publik"))
    return {**told, "status_publik": row.state}


def _step(step: detail.Step) -> Row:
    return {
        "tahap": step.stage, "nama_tahap": str(STAGES[step.stage - 1].title), "terjadi_pada": step.happened_on,
        "dicatat_pada": step.recorded_at,
    }  # fmt: skip


def _line(line: detail.Line) -> Row:
    told = {"nomor": line.nomor, "uraian": line.uraian, "volume": line.volume, "harga_satuan": line.harga_satuan}
    return {**told, **{step: line.amounts.get(step) for step in TAHAP_RAB}}


def grants(asked: Asked) -> list[tuple[Place, Row]]:
    """Proposals, the latest first."""
    given = {name: value for name, value in asked.values.items() if value is not None}
    return [(place, _grant(row)) for place, row in paging.grants(Filter(**given), asked.after, asked.limit)]


def grant(nomor: str) -> Row | None:
    """One proposal with all that its page shows."""
    found = detail.one(nomor)
    if found is None:
        return None
    account = detail.account(nomor)
    return {
        **_grant(found),
        "rencana": [_line(line) for line in detail.lines(nomor)],
        "langkah": [_step(step) for step in detail.steps(nomor)],
        "pencairan": [asdict(payment) for payment in detail.payments(nomor)],
        "lpj": [asdict(account)] if account else [],
    }


def steps(asked: Asked) -> list[tuple[Place, Row]]:
    """Every stage that a proposal passed, in the order in which it was written down."""
    found = paging.steps(asked.values, asked.after, asked.limit)
    return [(place, {"nomor": nomor, **_step(step)}) for place, nomor, step in found]


def recipients(asked: Asked) -> list[tuple[Place, Row]]:
    """Organisations, in the order in which they were written down."""
    return [(place, asdict(row)) for place, row in paging.recipients(asked.values, asked.after, asked.limit)]


def recipient(organisasi_id: UUID) -> Row | None:
    """One organisation and what it asked for."""
    found = detail.recipient(organisasi_id)
    if found is None:
        return None
    asked_for = [_picked(row, fields.OF_RECIPIENT[0].parts) for row in detail.grants_of(organisasi_id)]
    return {**asdict(found), "usulan": asked_for}


def budget(asked: Asked) -> list[tuple[Place, Row]]:
    """Lines of the lowest level, the latest year first, as they stand in their source."""
    return [(place, asdict(line)) for place, line in paging.budget(asked.values, asked.after, asked.limit)]


PLACED = api.coded("kecamatan", lazy("Hanya dari kecamatan dengan kode ini."), KECAMATAN, "32.73.01")
RESOURCES = (
    Resource(
        "hibah", lazy("Hibah dan bantuan sosial"),
        lazy("Setiap usulan hibah dan bansos, yang terbaru di depan; yang tanggalnya tidak dicatat di belakang."),
        fields.GRANT, grants,
        parameters=(
            api.phrase("q", lazy("Kata dalam judul, penerima, bidang, atau nomor; satu salah ketik dimaafkan.")),
            api.whole("tahun", lazy("Tahun anggaran."), 1945, 2100),
            api.one_of("jenis", lazy("Jenis bantuan."), ("hibah", "bansos")),
            api.phrase("bidang", lazy("Bidang urusan, persis seperti dalam data.")),
            PLACED,
            api.one_of("status", lazy("Hanya dengan status_publik ini."), PUBLIC_STATES),
        ),
        one=api.One("nomor", grant, lazy("Satu usulan dengan rencana, langkah, pencairan dan LPJ-nya."),
                    more=fields.DETAIL),
    ),
    Resource(
        "penerima", lazy("Penerima"), lazy("Organisasi dan kelompok yang mengajukan; hanya yang terbuka untuk umum."),
        fields.RECIPIENT, recipients,
        parameters=(
            api.phrase("q", lazy("Bagian dari nama.")),
            PLACED,
            api.one_of("golongan", lazy("Golongan lembaga."), LEGAL_CLASSES),
        ),
        one=api.One("organisasi_id", recipient, lazy("Satu organisasi dan yang pernah diajukannya."), "uuid",
                    fields.OF_RECIPIENT),
    ),
    Resource(
        "tahap", lazy("Tahap"), lazy("Setiap tahap yang dilewati setiap usulan: kapan terjadi, kapan dicatat."),
        fields.STEP, steps,
        parameters=(
            api.phrase("nomor", lazy("Hanya usulan dengan nomor ini.")),
            api.whole("tahap", lazy("Hanya tahap ini."), 1, len(STAGES)),
        ),
    ),
    Resource(
        "anggaran", lazy("Anggaran"), lazy("Baris rincian anggaran (APBD), tahun terbaru di depan."),
        fields.BUDGET, budget,
        parameters=(
            api.whole("tahun", lazy("Tahun anggaran."), 2000, 2100),
            api.coded("kode", lazy("Rekening ini dan semua di bawahnya."), CODE, "5.1.05"),
            api.coded("skpd", lazy("Hanya SKPD dengan kode ini."), CODE, "1.02.01"),
            api.phrase("q", lazy("Kata dalam uraian, nama SKPD, atau kode.")),
        ),
        rooms=("portal", "province"),
    ),
)  # fmt: skip
FILES = (
    OpenFiles(
        "hibah", lazy("Hibah dan bantuan sosial"),
        lazy("Semua usulan; JSON memuat yang diberikan, menurut standar 360Giving."),
        {"csv": "/hibah.csv", "xlsx": "/hibah.xlsx", "json": "/hibah.json"},
        ("hibah", "hibah-terbit", "sabilulungan", "pencairan", "lpj"), "hibah",
    ),
    OpenFiles("tahap", lazy("Proses usulan"), lazy("Setiap tahap setiap usulan."), {"csv": "/hibah/proses.csv"},
              ("hibah", "sabilulungan"), "tahap"),
    OpenFiles("anggaran", lazy("Anggaran"), lazy("Anggaran menurut SKPD dan rekening, sampai baris terakhir."),
              {"csv": "/anggaran.csv", "xlsx": "/anggaran.xlsx", "json": "/anggaran.json"},
              ("anggaran",), "anggaran", rooms=("portal", "province")),
)  # fmt: skip
