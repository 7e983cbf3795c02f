"""Pages by place (keyset) instead of by number: a reader who follows them meets no row twice, whatever is added."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, literal, select, tuple_

from app.kernel.text import normalise_name
from app.sabilulungan.anggaran import queries as anggaran
from app.sabilulungan.detail import Recipient, Step, as_recipient
from app.sabilulungan.models import Hibah, HibahStep, Organisasi
from app.sabilulungan.queries import ORDERS, Filter, PublicHibah, filtered, public, shown
from app.sabilulungan.stages import DRAFT
from app.services.opendata.registry import Place
from app.tenancy.database import db

Values = Mapping[str, Any]


def grants(wanted: Filter, after: Place | None, limit: int) -> list[tuple[Place, PublicHibah]]:
    """Proposals, the latest first, those without a date last; the place is date and id."""
    statement = filtered(shown(), wanted).add_columns(Hibah.id).order_by(*ORDERS["terbaru"])
    day, number = after or (None, None)
    dated = statement.where(Hibah.tanggal_masuk.is_not(None))
    undated = statement.where(Hibah.tanggal_masuk.is_(None))
    if day is not None:
        last = tuple_(literal(date.fromisoformat(str(day))), literal(UUID(str(number))))
        dated = dated.where(tuple_(Hibah.tanggal_masuk, Hibah.id) < last)
    elif number is not None:
        undated = undated.where(Hibah.id < UUID(str(number)))
    # Two statements, so that each walks its part of the index from where the last page ended.
    found = _grants(dated, limit) if after is None or day is not None else []
    return found + _grants(undated, limit - len(found)) if len(found) < limit else found


def _grants(statement: Select[Any], limit: int) -> list[tuple[Place, PublicHibah]]:
    return [(_place(row), public(row)) for row in db.session.execute(statement.limit(limit))]


def _place(row: Any) -> Place:
    return row.tanggal_masuk.isoformat() if row.tanggal_masuk else None, str(row.id)


def steps(wanted: Values, after: Place | None, limit: int) -> Iterator[tuple[Place, str, Step]]:
    """(place, number of the proposal, stage) in the order of the steps' ids."""
    statement = (
        select(Hibah.nomor, HibahStep.stage, HibahStep.happened_on, HibahStep.recorded_at, HibahStep.id)
        .join(Hibah, (Hibah.region_id == HibahStep.region_id) & (Hibah.id == HibahStep.hibah_id))
        .where(Hibah.status != DRAFT)
    )
    for attribute, value in ((Hibah.nomor, wanted["nomor"]), (HibahStep.stage, wanted["tahap"])):
        if value is not None:
            statement = statement.where(attribute == value)
    if after:
        statement = statement.where(HibahStep.id > UUID(str(after[0])))
    for row in db.session.execute(statement.order_by(HibahStep.id).limit(limit)):
        yield (str(row.id),), row.nomor, Step(row.stage, row.happened_on, row.recorded_at)


def recipients(wanted: Values, after: Place | None, limit: int) -> list[tuple[Place, Recipient]]:
    """Organisations in the order of their ids."""
    statement = select(Organisasi)
    if wanted["kecamatan"]:
        statement = statement.where(Organisasi.kecamatan_kode == wanted["kecamatan"])
    if wanted["golongan"]:
        statement = statement.where(Organisasi.legal_class == wanted["golongan"])
    if wanted["q"]:
        statement = statement.where(Organisasi.nama_norm.contains(normalise_name(wanted["q"]), autoescape=True))
    if after:
        statement = statement.where(Organisasi.id > UUID(str(after[0])))
    rows = db.session.scalars(statement.order_by(Organisasi.id).limit(limit))
    return [((str(row.id),), as_recipient(row)) for row in rows]


def budget(wanted: Values, after: Place | None, limit: int) -> list[tuple[Place, anggaran.Line]]:
    """Lines of the lowest level, year after year from the latest, in the order of their source."""
    found: list[tuple[Place, anggaran.Line]] = []
    last_year, last_line = after or (None, 0)
    for year in anggaran.years():
        asked_for = wanted["tahun"] in {None, year}
        if not asked_for or (last_year is not None and year > int(last_year)):
            continue
        chosen = anggaran.Filter(year, *(wanted[name] or "" for name in ("kode", "skpd", "q")))
        begin = int(last_line or 0) if year == last_year else 0
        lines = anggaran.lines_after(chosen, begin, limit - len(found))
        found += [((year, line.nomor_baris), line) for line in lines]
        if len(found) == limit:
            break
    return found
