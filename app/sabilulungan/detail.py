"""One proposal and one recipient, as anyone may read them: ladder, steps, budget lines, payments, account."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select

from app.kernel.text import redact
from app.sabilulungan.models import TAHAP_RAB, Hibah, HibahRab, HibahStep, Lpj, Organisasi, Pencairan
from app.sabilulungan.queries import PublicHibah, public, shown
from app.sabilulungan.stages import DRAFT
from app.tenancy.database import db

MOST_GRANTS = 500


@dataclass(frozen=True)
class Line:
    """One budget line: its amount (rupiah) at each step of the ladder that detailed it, by the step's name."""

    nomor: int
    uraian: str
    volume: str
    harga_satuan: int
    amounts: dict[str, int]


@dataclass(frozen=True)
class Step:
    """One stage passed."""

    stage: int
    happened_on: date | None
    recorded_at: datetime


@dataclass(frozen=True)
class Payment:
    """One SP2D, rupiah; of the account its bank and last digits."""

    tahap: int
    sp2d_no: str
    sp2d_tgl: date
    jumlah: int
    rekening: str


@dataclass(frozen=True)
class Account:
    """What the recipient accounted for."""

    keadaan: str
    tgl_lpj: date | None
    jumlah_dipakai: int | None
    pengembalian: int | None
    sts_no: str


@dataclass(frozen=True)
class Recipient:
    """An organisation; of its people only the chair's name is public."""

    id: UUID
    nama: str
    legal_class: str
    no_ahu: str
    no_skt: str
    tgl_terdaftar: date | None
    kecamatan_kode: str
    kelurahan_kode: str
    ketua: str


def one(nomor: str) -> PublicHibah | None:
    """The proposal with this public number in this region."""
    row = db.session.execute(shown().where(Hibah.nomor == nomor, Hibah.status != DRAFT)).first()
    return public(row) if row else None


def _volume(thousandths: int, unit: str) -> str:
    whole, rest = divmod(thousandths, 1000)
    return f"{whole}{f',{rest:03d}'.rstrip('0') if rest else ''} {unit}"


def lines(nomor: str) -> list[Line]:
    """Its budget lines in order, free text redacted; the latest step's words and volume."""
    statement = (
        select(HibahRab)
        .join(Hibah, (Hibah.region_id == HibahRab.region_id) & (Hibah.id == HibahRab.hibah_id))
        .where(Hibah.nomor == nomor)
        .order_by(HibahRab.nomor)
    )
    by_number: dict[int, dict[str, HibahRab]] = defaultdict(dict)
    for row in db.session.scalars(statement):
        by_number[row.nomor][row.tahap] = row
    made = []
    for number, rows in by_number.items():
        last = rows[max(rows, key=list(TAHAP_RAB).index)]
        amounts = {tahap: row.jumlah for tahap, row in rows.items()}
        made.append(
            Line(number, redact(last.uraian), _volume(last.volume_permil, last.satuan), last.harga_satuan, amounts)
        )
    return made


def steps(nomor: str) -> list[Step]:
    """The stages it passed, in order."""
    statement = (
        select(HibahStep.stage, HibahStep.happened_on, HibahStep.recorded_at)
        .join(Hibah, (Hibah.region_id == HibahStep.region_id) & (Hibah.id == HibahStep.hibah_id))
        .where(Hibah.nomor == nomor)
        .order_by(HibahStep.stage)
    )
    return [Step(stage, happened_on, recorded_at) for stage, happened_on, recorded_at in db.session.execute(statement)]


def payments(nomor: str) -> list[Payment]:
    """What was paid, by tranche."""
    statement = (
        select(Pencairan)
        .join(Hibah, (Hibah.region_id == Pencairan.region_id) & (Hibah.id == Pencairan.hibah_id))
        .where(Hibah.nomor == nomor)
        .order_by(Pencairan.tahap)
    )
    return [
        Payment(row.tahap, row.sp2d_no, row.sp2d_tgl, row.jumlah, _account(row.bank_kode, row.rekening_akhir))
        for row in db.session.scalars(statement)
    ]


def _account(bank: str, tail: str) -> str:
    return f"{bank} ••• {tail}".strip() if tail else bank


def account(nomor: str) -> Account | None:
    """Its LPJ, None when nothing is known of one."""
    statement = (
        select(Lpj)
        .join(Hibah, (Hibah.region_id == Lpj.region_id) & (Hibah.id == Lpj.hibah_id))
        .where(Hibah.nomor == nomor)
    )
    row = db.session.scalars(statement).first()
    return Account(row.keadaan, row.tgl_lpj, row.jumlah_dipakai, row.pengembalian, row.sts_no) if row else None


def recipient(organisasi_id: UUID) -> Recipient | None:
    """The organisation with this id in this region."""
    row = db.session.scalars(select(Organisasi).where(Organisasi.id == organisasi_id)).first()
    return as_recipient(row) if row else None


def as_recipient(row: Organisasi) -> Recipient:
    """What anyone may know of an organisation."""
    return Recipient(
        row.id, redact(row.nama), row.legal_class, row.no_ahu, row.no_skt, row.tgl_terdaftar, row.kecamatan_kode,
        row.kelurahan_kode, row.ketua,
    )  # fmt: skip


def grants_of(organisasi_id: UUID) -> list[PublicHibah]:
    """Everything that it asked for, newest first."""
    statement = shown().where(Hibah.organisasi_id == organisasi_id, Hibah.status != DRAFT)
    ordered = statement.order_by(Hibah.tahun.desc().nulls_last(), Hibah.id.desc()).limit(MOST_GRANTS)
    return [public(row) for row in db.session.execute(ordered)]
