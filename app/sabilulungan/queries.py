"""Every SELECT of the public list of grants and its files; frozen rows, never a personal identifier."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Row, Select, and_, cast, func, or_, select

from app.kernel.text import initials_only, redact
from app.sabilulungan import search
from app.sabilulungan.models import Hibah, HibahStep, Organisasi
from app.sabilulungan.stages import DRAFT, STOPPED, public_state, stages_of, statuses_of
from app.services.ui.i18n import _
from app.services.ui.portal import Figure
from app.tenancy.database import db

PAGE_SIZE = 20
EXPORT_BATCH = 1_000
ORDERS = {
    "terbaru": (Hibah.tanggal_masuk.desc().nulls_last(), Hibah.id.desc()),
    "terbesar": (Hibah.amount_granted.desc().nulls_last(), Hibah.id.desc()),
    "diajukan": (Hibah.amount_requested.desc().nulls_last(), Hibah.id.desc()),
}
FACETS = {"tahun": Hibah.tahun, "jenis": Hibah.jenis, "bidang": Hibah.bidang, "kecamatan": Hibah.kecamatan_kode}


@dataclass(frozen=True)
class Filter:
    """What the reader asked for, as it stands in the address."""

    q: str = ""
    tahun: int | None = None
    jenis: str | None = None
    bidang: str | None = None
    kecamatan: str | None = None
    status: str | None = None
    urut: str = "terbaru"


@dataclass(frozen=True)
class PublicHibah:
    """What anyone may see of one proposal. Amounts in rupiah, None where nothing is known (yet)."""

    nomor: str
    judul: str
    penerima: str
    jenis: str
    rincian_jenis: str
    tahun: int | None
    siklus: str
    tanggal_masuk: date | None
    tujuan: str
    bidang: str
    sumber: str
    pokir_anggota: str
    kecamatan_kode: str
    kelurahan_kode: str
    amount_requested: int | None
    amount_recommended: int | None
    amount_considered: int | None
    amount_tapd: int | None
    amount_approved: int | None
    amount_granted: int | None
    amount_disbursed: int | None
    amount_accounted: int | None
    amount_returned: int | None
    stage: int
    status: str
    sk_no: str
    sk_tgl: date | None
    nphd_no: str
    nphd_tgl: date | None
    has_nphd: bool
    mulai: date | None
    selesai: date | None
    lpj_media: int
    lpj_date: date | None
    synthetic: bool
    organisasi_id: UUID | None

    @property
    def state(self) -> str:
        """The public state."""
        return public_state(self.stage, self.status)

    @property
    def oddities(self) -> list[str]:
        """What does not add up in the source, said to every reader."""
        checks = (
            (self._above(self.amount_recommended), _("Rekomendasi OPD melebihi jumlah yang diajukan.")),
            (self._above(self.amount_tapd), _("Pertimbangan TAPD melebihi jumlah yang diajukan.")),
            (self._above(self.amount_approved), _("Jumlah yang disetujui melebihi jumlah yang diajukan.")),
            (
                self.amount_granted is not None and (self.amount_disbursed or 0) > self.amount_granted,
                _("Jumlah yang dicairkan melebihi jumlah yang disetujui."),
            ),
            (not self.stage and not self.status, _("Sumber tidak mencatat satu tahap pun.")),
            (self.tahun is None, _("Sumber tidak mencatat tahun.")),
            (not self.jenis, _("Sumber tidak menyebut hibah atau bansos.")),
        )
        return [message for wrong, message in checks if wrong]

    def _above(self, amount: int | None) -> bool:
        return self.amount_requested is not None and (amount or 0) > self.amount_requested


class Totals(NamedTuple):
    """Count and sums (rupiah) of what a filter shows: asked, considered by TAPD, granted, paid, accounted for."""

    count: int
    requested: int
    tapd: int
    granted: int
    disbursed: int
    accounted: int


#: The columns of Totals.
SUMS = (
    func.count().label("count"),
    *(
        # The sum of bigint is numeric; rupiah stay whole numbers.
        cast(func.coalesce(func.sum(getattr(Hibah, f"amount_{name}")), 0), BigInteger).label(name)
        for name in Totals._fields
        if name != "count"
    ),
)


@dataclass(frozen=True)
class Listing:
    """One page of proposals."""

    rows: list[PublicHibah]
    page: int
    pages: int


# Who received: an organisation by its name, a body named by the source, a person never by more than initials.
PENERIMA = func.coalesce(Organisasi.nama, Hibah.penerima).label("penerima")
SHOWN = tuple(
    PENERIMA if name == "penerima" else getattr(Hibah, name) for name in PublicHibah.__dataclass_fields__
)
FREE_TEXT = ("judul", "penerima", "tujuan")


@cache
def shown() -> Select[Any]:
    """The statement that reads public proposals."""
    same = and_(Organisasi.region_id == Hibah.region_id, Organisasi.id == Hibah.organisasi_id)
    return select(*SHOWN).select_from(Hibah).outerjoin(Organisasi, same)


def public(row: Row[Any]) -> PublicHibah:
    """A row with its free text redacted and persons masked."""
    # A page of the API asks for the row's place behind these columns.
    values = dict(zip(PublicHibah.__dataclass_fields__, row, strict=False))
    values |= {name: redact(values[name]) for name in FREE_TEXT}
    if row.organisasi_id is None and row.jenis == "bansos":
        values["penerima"] = initials_only(values["penerima"])
    return PublicHibah(**values)


def _of_state(state: str) -> ColumnElement[bool]:
    ends, stages = statuses_of(state), stages_of(state)
    on_the_way = and_(Hibah.stage.in_(stages), Hibah.status.not_in(STOPPED))
    return or_(on_the_way, Hibah.status.in_(ends)) if ends else on_the_way


def filtered(statement: Select[Any], wanted: Filter, *, without: str = "") -> Select[Any]:
    """The statement kept to what the reader asked for, never a draft; a facet counts `without` its own choice."""
    statement = statement.where(Hibah.status != DRAFT)
    for name, attribute in FACETS.items():
        value = getattr(wanted, name)
        if value is not None and name != without:
            statement = statement.where(attribute == value)
    if wanted.status and without != "status":
        statement = statement.where(_of_state(wanted.status))
    return search.matching(statement, wanted.q) if wanted.q else statement


def totals(wanted: Filter) -> Totals:
    """Count and sums of everything the filter shows."""
    figures: Select[Any] = select(*SUMS)
    return Totals(*db.session.execute(filtered(figures.select_from(Hibah), wanted)).one())


def listing(wanted: Filter, count: int, page: int) -> Listing:
    """One page of the `count` proposals, newest first unless asked otherwise; the last when `page` is beyond it."""
    pages = max(1, -(-count // PAGE_SIZE))
    page = min(max(page, 1), pages)
    statement = filtered(shown(), wanted).order_by(*ORDERS[wanted.urut])
    rows = db.session.execute(statement.limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE))
    return Listing([public(row) for row in rows], page, pages)


def stream(wanted: Filter, *, awarded_only: bool = False) -> Iterator[PublicHibah]:
    """Everything the filter shows, in order, without holding it: a server-side cursor of 1,000 rows."""
    statement = filtered(shown(), wanted).order_by(*ORDERS[wanted.urut])
    if awarded_only:
        dated = or_(Hibah.sk_tgl.is_not(None), Hibah.tanggal_masuk.is_not(None), Hibah.tahun.is_not(None))
        alive = Hibah.status.not_in(("DIBATALKAN",))
        statement = statement.where(Hibah.stage >= 7, Hibah.amount_granted > 0, dated, alive)
    rows = db.session.execute(statement.execution_options(yield_per=EXPORT_BATCH))
    yield from (public(row) for row in rows)


def stream_steps() -> Iterator[tuple[str, int, date | None, datetime]]:
    """Every recorded step of every proposal: number, stage, when it happened, when it was recorded."""
    statement = (
        select(Hibah.nomor, HibahStep.stage, HibahStep.happened_on, HibahStep.recorded_at)
        .join(Hibah, (Hibah.region_id == HibahStep.region_id) & (Hibah.id == HibahStep.hibah_id))
        .where(Hibah.status != DRAFT)
        .order_by(Hibah.nomor, HibahStep.stage)
    )
    for row in db.session.execute(statement.execution_options(yield_per=EXPORT_BATCH)):
        yield row[0], row[1], row[2], row[3]


def key_figures() -> list[Figure]:
    """For the portal's front page: asked, granted, paid, accounted for."""
    sums = totals(Filter())
    return [
        Figure(_("Usulan"), sums.count),
        Figure(_("Diajukan"), sums.requested, money=True),
        Figure(_("Disetujui"), sums.granted, money=True),
        Figure(_("Dicairkan"), sums.disbursed, money=True),
    ]
