"""Every SELECT that a page or an export of the grants needs; frozen rows, never a personal identifier."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Select, func, select

from app.kernel.text import redact
from app.sabilulungan import search
from app.sabilulungan.models import Hibah, HibahRab, HibahStep
from app.sabilulungan.stages import public_state, stages_of
from app.services.ui.i18n import _
from app.services.ui.portal import Figure
from app.tenancy.database import db

PAGE_SIZE = 20
EXPORT_BATCH = 1_000
ORDERS = {
    "terbaru": (Hibah.tanggal_masuk.desc().nulls_last(), Hibah.id.desc()),
    "terbesar": (Hibah.amount_tapd.desc().nulls_last(), Hibah.id.desc()),
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
    """What anyone may see of one proposal. Amounts in rupiah."""

    nomor: str
    judul: str
    jenis: str
    tahun: int | None
    tanggal_masuk: date | None
    bidang: str
    kecamatan_kode: str
    kelurahan_kode: str
    amount_requested: int | None
    amount_recommended: int | None
    amount_considered: int | None
    amount_tapd: int | None
    amount_disbursed: int | None
    stage: int
    has_nphd: bool
    lpj_media: int
    lpj_date: date | None
    synthetic: bool

    @property
    def state(self) -> str:
        """The public state."""
        return public_state(self.stage)

    @property
    def oddities(self) -> list[str]:
        """What does not add up in the source, said to every reader."""
        checks = (
            (self._above(self.amount_recommended), _("Rekomendasi OPD melebihi jumlah yang diajukan.")),
            (self._above(self.amount_tapd), _("Pertimbangan TAPD melebihi jumlah yang diajukan.")),
            (not self.stage, _("Sumber tidak mencatat satu tahap pun.")),
            (self.tahun is None, _("Sumber tidak mencatat tahun.")),
            (not self.jenis, _("Sumber tidak menyebut hibah atau bansos.")),
        )
        return [message for wrong, message in checks if wrong]

    def _above(self, amount: int | None) -> bool:
        return (amount or 0) > (self.amount_requested or 0)


@dataclass(frozen=True)
class Totals:
    """Count and sums (rupiah) of what a filter shows."""

    count: int
    requested: int
    tapd: int


@dataclass(frozen=True)
class Listing:
    """One page of proposals with the totals and facets of the whole filter."""

    rows: list[PublicHibah]
    totals: Totals
    facets: dict[str, list[tuple[Any, int]]]
    page: int
    pages: int


@dataclass(frozen=True)
class Line:
    """One budget line, rupiah."""

    nomor: int
    uraian: str
    amount_requested: int
    amount_corrected: int | None


@dataclass(frozen=True)
class Step:
    """One stage passed."""

    stage: int
    happened_on: date | None
    recorded_at: datetime


SHOWN = tuple(getattr(Hibah, name) for name in PublicHibah.__dataclass_fields__)


def _public(row: Row[Any]) -> PublicHibah:
    values = row._asdict()
    values["judul"] = redact(values["judul"])
    return PublicHibah(**values)


def _filtered(statement: Select[Any], wanted: Filter, *, without: str = "") -> Select[Any]:
    for name, attribute in FACETS.items():
        value = getattr(wanted, name)
        if value is not None and name != without:
            statement = statement.where(attribute == value)
    if wanted.status and without != "status":
        statement = statement.where(Hibah.stage.in_(stages_of(wanted.status)))
    return search.matching(statement, wanted.q) if wanted.q else statement


def totals(wanted: Filter) -> Totals:
    """Count and sums of everything the filter shows."""
    figures = select(
        func.count(),
        func.coalesce(func.sum(Hibah.amount_requested), 0),
        func.coalesce(func.sum(Hibah.amount_tapd), 0),
    ).select_from(Hibah)
    count, requested, tapd = db.session.execute(_filtered(figures, wanted)).one()
    return Totals(count, int(requested), int(tapd))


def _facet(name: str, wanted: Filter) -> list[tuple[Any, int]]:
    attribute = FACETS[name]
    statement = select(attribute, func.count()).group_by(attribute).order_by(func.count().desc(), attribute).limit(40)
    return [(value, count) for value, count in db.session.execute(_filtered(statement, wanted, without=name))]


def _status_facet(wanted: Filter) -> list[tuple[Any, int]]:
    statement = select(Hibah.stage, func.count()).group_by(Hibah.stage)
    counts: dict[str, int] = {}
    for stage, count in db.session.execute(_filtered(statement, wanted, without="status")):
        counts[public_state(stage)] = counts.get(public_state(stage), 0) + count
    return sorted(counts.items(), key=lambda item: -item[1])


def listing(wanted: Filter, page: int) -> Listing:
    """One page, newest first unless asked otherwise; the last page when `page` is beyond it."""
    sums = totals(wanted)
    pages = max(1, -(-sums.count // PAGE_SIZE))
    page = min(max(page, 1), pages)
    statement = _filtered(select(*SHOWN), wanted).order_by(*ORDERS[wanted.urut])
    rows = db.session.execute(statement.limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE))
    facets = {name: _facet(name, wanted) for name in FACETS}
    facets["status"] = _status_facet(wanted)
    return Listing([_public(row) for row in rows], sums, facets, page, pages)


def money_by_bidang(wanted: Filter) -> list[tuple[str, int]]:
    """TAPD money by bidang, the largest ten, rupiah."""
    money = func.coalesce(func.sum(Hibah.amount_tapd), 0)
    statement = _filtered(select(Hibah.bidang, money), wanted).group_by(Hibah.bidang).order_by(money.desc()).limit(10)
    return [(bidang or _("tidak dicatat"), int(amount)) for bidang, amount in db.session.execute(statement)]


def one(nomor: str) -> PublicHibah | None:
    """The proposal with this public number in this region."""
    row = db.session.execute(select(*SHOWN).where(Hibah.nomor == nomor)).first()
    return _public(row) if row else None


def lines(nomor: str) -> list[Line]:
    """Its budget lines in order, free text redacted."""
    statement = (
        select(HibahRab.nomor, HibahRab.uraian, HibahRab.amount_requested, HibahRab.amount_corrected)
        .join(Hibah, (Hibah.region_id == HibahRab.region_id) & (Hibah.id == HibahRab.hibah_id))
        .where(Hibah.nomor == nomor)
        .order_by(HibahRab.nomor)
    )
    return [Line(n, redact(uraian), asked, cut) for n, uraian, asked, cut in db.session.execute(statement)]


def steps(nomor: str) -> list[Step]:
    """The stages it passed, in order."""
    statement = (
        select(HibahStep.stage, HibahStep.happened_on, HibahStep.recorded_at)
        .join(Hibah, (Hibah.region_id == HibahStep.region_id) & (Hibah.id == HibahStep.hibah_id))
        .where(Hibah.nomor == nomor)
        .order_by(HibahStep.stage)
    )
    return [Step(*row) for row in db.session.execute(statement)]


def stream(wanted: Filter, *, awarded_only: bool = False) -> Iterator[PublicHibah]:
    """Everything the filter shows, in order, without holding it: a server-side cursor of 1,000 rows."""
    statement = _filtered(select(*SHOWN), wanted).order_by(*ORDERS[wanted.urut])
    if awarded_only:
        statement = statement.where(Hibah.stage == 7, Hibah.amount_tapd > 0, Hibah.tanggal_masuk.is_not(None))
    rows = db.session.execute(statement.execution_options(yield_per=EXPORT_BATCH))
    yield from (_public(row) for row in rows)


def stream_steps() -> Iterator[tuple[str, int, date | None, datetime]]:
    """Every recorded step of every proposal: number, stage, when it happened, when it was recorded."""
    statement = (
        select(Hibah.nomor, HibahStep.stage, HibahStep.happened_on, HibahStep.recorded_at)
        .join(Hibah, (Hibah.region_id == HibahStep.region_id) & (Hibah.id == HibahStep.hibah_id))
        .order_by(Hibah.nomor, HibahStep.stage)
    )
    for row in db.session.execute(statement.execution_options(yield_per=EXPORT_BATCH)):
        yield row[0], row[1], row[2], row[3]


def key_figures() -> list[Figure]:
    """For the portal's front page."""
    sums = totals(Filter())
    return [
        Figure(_("Usulan"), sums.count),
        Figure(_("Diajukan"), sums.requested, money=True),
        Figure(_("Pertimbangan TAPD"), sums.tapd, money=True),
    ]
