"""What several datasets of the grants check alike. Codes: sabilulungan-process.md section 8."""

from uuid import UUID

from sqlalchemy import select

from app.kernel.identifiers import check_account, check_kelurahan, check_nik
from app.sabilulungan.models import Hibah, Organisasi
from app.services.imports.rows import Cells
from app.services.personal.sealing import Sealer
from app.tenancy.context import current
from app.tenancy.database import db, region_sql
from app.tenancy.places import district_names

LAT, LON = (-12, 7), (94, 142)


def region_prefix() -> str:
    """How the wilayah codes of the current region begin: "32.73."."""
    return f"{current().region_id // 100}.{current().region_id % 100:02d}."


def kelurahan(cells: Cells, column: str = "kelurahan_kode") -> tuple[str, str]:
    """(kecamatan code, kelurahan code) of a cell, both '' when empty; E01 when it is none of this region."""
    code = cells.identifier(column, check_kelurahan, "E01")
    if not code:
        return "", ""
    district = code[:8]
    if not code.startswith(region_prefix()):
        cells.fail(column, "E01", f"{code} tidak berada di daerah ini ({region_prefix()}…)")
    elif district not in district_names():
        cells.fail(column, "E01", f"kecamatan {district} tidak ada dalam daftar resmi")
    return district, code


def sealed_nik(cells: Cells, sealer: Sealer, column: str, name: str) -> dict[str, bytes | None]:
    """`{name}_sealed` and `{name}_hash` of a NIK cell; E02 when it is none."""
    return sealed(sealer, name, cells.identifier(column, check_nik, "E02"), "nik")


def sealed_account(cells: Cells, sealer: Sealer) -> dict[str, bytes | None]:
    """`rekening_sealed` and `rekening_hash` of the cell `no_rekening`, matched with its bank; E10 when it is none."""
    number = cells.identifier("no_rekening", check_account, "E10")
    made = sealed(sealer, "rekening", number, "rekening")
    if number:
        made["rekening_hash"] = sealer.match("rekening", f"{cells.text('bank_kode')}|{number}")
    return made


def sealed(sealer: Sealer, name: str, value: str, kind: str) -> dict[str, bytes | None]:
    """The two columns of a personal value."""
    return {f"{name}_sealed": sealer.seal(value, name), f"{name}_hash": sealer.match(kind, value)}


def known_hibah() -> dict[str, UUID]:
    """legacy id -> id of every proposal of the region."""
    return {legacy: id_ for legacy, id_ in db.session.execute(select(Hibah.legacy_id, Hibah.id)) if legacy}


def known_organisasi() -> dict[str, UUID]:
    """legacy id -> id of every organisation of the region."""
    rows = db.session.execute(select(Organisasi.legacy_id, Organisasi.id))
    return {legacy: id_ for legacy, id_ in rows if legacy}


def parent(cells: Cells, known: dict[str, UUID], column: str = "proposal_legacy_id") -> UUID | None:
    """The proposal or organisation that a row belongs to, None when the cell is empty; E05 when it is not there."""
    legacy = cells.text(column)
    if legacy and legacy not in known:
        cells.fail(column, "E05", f"{legacy[:60]!r} belum ada; impor induknya lebih dahulu")
    return known.get(legacy)


def add_up(column: str, table: str, part: str) -> None:
    """Set a sum of the ladder on each proposal from its parts, where it changed."""
    region_sql(
        f"UPDATE hibah h SET {column} = p.total FROM (SELECT hibah_id, sum({part})::bigint AS total FROM {table}"
        f" WHERE region_id = :region_id GROUP BY 1) p WHERE h.region_id = :region_id AND h.id = p.hibah_id"
        f" AND h.{column} IS DISTINCT FROM p.total"
    )


def count(sql: str) -> int:
    """A count of this region; the statement compares region_id with :region_id."""
    return int(region_sql(sql).scalar_one())


def opd_names() -> dict[str, str]:
    """code -> bidang of each OPD of the region."""
    return {row.kode: row.bidang for row in region_sql("SELECT kode, bidang FROM opd WHERE region_id = :region_id")}
