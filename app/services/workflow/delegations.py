"""Standing in: a role lent by one person to another between two dates, by a letter (Plh. daily, Plt. acting)."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.kernel.identifiers import uuid7
from app.services import audit
from app.services.ui.i18n import _
from app.services.workflow import calendar
from app.services.workflow.process import Refusal, Refused
from app.tenancy.database import region_sql

KINDS = ("Plh.", "Plt.")
LONGEST_DAYS = 366


@dataclass(frozen=True)
class Delegation:
    """One role lent; both ends of the dates are inclusive."""

    id: UUID
    giver: str
    taker: str
    role: str
    kind: str
    starts_on: date
    ends_on: date
    letter_no: str
    ended: bool


@dataclass(frozen=True)
class Wanted:
    """What the administrator typed."""

    giver: UUID
    taker: UUID
    role: str
    kind: str
    starts_on: date
    ends_on: date
    letter_no: str


def everything() -> list[Delegation]:
    """Every delegation of the region, the latest first."""
    rows = region_sql(
        "SELECT d.id, g.nama AS giver, t.nama AS taker, d.role, d.kind, d.starts_on, d.ends_on, d.letter_no,"
        " d.ended_at IS NOT NULL AS ended FROM workflow_delegations d"
        " JOIN accounts g ON g.region_id = :region_id AND g.id = d.giver_id"
        " JOIN accounts t ON t.region_id = :region_id AND t.id = d.taker_id"
        " WHERE d.region_id = :region_id ORDER BY d.starts_on DESC, d.id DESC LIMIT 200"
    )
    return [Delegation(**row) for row in rows.mappings()]


def lend(wanted: Wanted) -> None:
    """Lend a role; the caller commits.

    Raises:
        Refused: who lends does not have the role, dates turned round or too long, no letter, to himself.
    """
    checks = (
        (wanted.giver == wanted.taker, "taker", _("Penerima tugas harus orang lain.")),
        (wanted.kind not in KINDS, "kind", _("Pilih Plh. atau Plt.")),
        (wanted.ends_on < wanted.starts_on, "ends_on", _("Tanggal selesai lebih awal daripada tanggal mulai.")),
        ((wanted.ends_on - wanted.starts_on).days > LONGEST_DAYS, "ends_on", _("Paling lama satu tahun.")),
        (not wanted.letter_no.strip(), "letter_no", _("Tulis nomor surat perintahnya.")),
    )
    problems = [Refusal(field, message) for wrong, field, message in checks if wrong]
    has = "SELECT 1 FROM account_roles WHERE region_id = :region_id AND account_id = :giver AND role = :role"
    if region_sql(has, giver=wanted.giver, role=wanted.role).first() is None:
        problems.append(Refusal("role", _("Pemberi tugas tidak memegang peran itu.")))
    there = "SELECT 1 FROM accounts WHERE region_id = :region_id AND id = :taker AND state = 'AKTIF'"
    if region_sql(there, taker=wanted.taker).first() is None:
        problems.append(Refusal("taker", _("Pilih penerima tugas dari daftar.")))
    if problems:
        raise Refused(*problems)
    number = uuid7()
    region_sql(
        "INSERT INTO workflow_delegations"
        " (region_id, id, giver_id, taker_id, role, kind, starts_on, ends_on, letter_no) VALUES (:region_id, :id,"
        " :giver, :taker, :role, :kind, :starts_on, :ends_on, :letter_no)",
        id=number, **vars(wanted),
    )  # fmt: skip
    audit.note("tugas.limpahkan", "delegation", number, after={"role": wanted.role, "kind": wanted.kind,
               "starts_on": wanted.starts_on, "ends_on": wanted.ends_on}, reason=wanted.letter_no)  # fmt: skip


def end(number: UUID) -> None:
    """End a delegation before its day; the caller commits."""
    region_sql(
        "UPDATE workflow_delegations SET ended_at = clock_timestamp()"
        " WHERE region_id = :region_id AND id = :id AND ended_at IS NULL",
        id=number,
    )
    audit.note("tugas.akhiri-pelimpahan", "delegation", number, after={"day": calendar.today()})
