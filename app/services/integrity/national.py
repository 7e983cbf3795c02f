"""The same recipient in two regions, without either reading the other: keyed hashes in one table that only four
functions of the database look into. How it holds: docs/security.md."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from app.services import audit
from app.services.integrity import scanning
from app.services.integrity.rules import all_flags
from app.services.integrity.scanning import ScanReport
from app.services.personal.sealing import national_match
from app.tenancy.context import current
from app.tenancy.database import db

JOB = "integritas.nasional"
PUT = """
SELECT tenancy.put_national(CAST(:hashes AS bytea[]), CAST(:kinds AS text[]), CAST(:periods AS bigint[]),
    CAST(:refs AS text[]))
"""


@dataclass(frozen=True)
class Identifier:
    """One value of a recipient in one budget year; `reference` is the own file's public number."""

    kind: str
    period: int
    value: str
    reference: str


@dataclass(frozen=True)
class Match:
    """An own file whose recipient so many other regions know in the same year; never which."""

    kind: str
    period: int
    reference: str
    others: int


@dataclass(frozen=True)
class Counterpart:
    """What both inspectorates agreed to tell each other: the other region's name, site and file number."""

    region: str
    subdomain: str
    reference: str


Source = Callable[[], Iterable[Identifier]]
_sources: list[Source] = []


def register_source(source: Source) -> None:
    """Let `source` say which identifiers the current region holds (once)."""
    if source not in _sources:
        _sources.append(source)


def publish() -> int:
    """Put the current region's hashes into the national table in the place of its former ones; returns how many."""
    found = {(item.kind, item.period, item.value, item.reference) for source in _sources for item in source()}
    rows = [(national_match(kind, period, value), kind, period, ref) for kind, period, value, ref in found]
    hashes, kinds, periods, refs = (list(column) for column in zip(*rows, strict=True)) if rows else ([], [], [], [])
    values = {"hashes": hashes, "kinds": kinds, "periods": periods, "refs": refs}
    kept = int(db.session.execute(text(PUT), values).scalar_one())
    audit.note("integritas.sidik-nasional", "region", str(current().region_id), after={"sidik": kept})
    return kept


def matches() -> list[Match]:
    """Which of the current region's files are about a recipient whom other regions know."""
    rows = db.session.execute(
        text("SELECT match_kind, match_period, own_reference, others FROM tenancy.met_elsewhere() ORDER BY 1, 2, 3")
    )
    return [Match(*row) for row in rows]


def scan_national() -> ScanReport:
    """Put, then match: the rules that compare regions, for the current region. The caller commits."""
    publish()
    return scanning.scan("nasional", [flag for flag in all_flags() if flag.national])


def national_job(_payload: dict[str, Any]) -> None:
    """The nightly job."""
    scan_national()


def agree(match: Match) -> bool:
    """This region's inspectorate agrees that the other side learns of its file; returns whether that is new. The caller
    commits."""
    statement = text("SELECT tenancy.agree_to_disclose(:kind, :period, :reference, :who)")
    values = {"kind": match.kind, "period": match.period, "reference": match.reference, "who": current().actor}
    made = bool(db.session.execute(statement, values).scalar_one())
    if made:
        told = {"jenis": match.kind, "tahun": match.period, "berkas": match.reference}
        audit.note("integritas.setuju-buka", "national_match", match.reference, after=told)
    return made


def disclosed(match: Match) -> tuple[bool, list[Counterpart]]:
    """(whether this region agreed, the counterparts whose regions agreed as well)."""
    rows = db.session.execute(
        text(
            "SELECT d.agreed_here, r.name, s.subdomain, d.other_reference"
            " FROM tenancy.disclosed_matches(:kind, :period, :reference) d"
            " LEFT JOIN tenancy.regions r ON r.id = d.other_region"
            " LEFT JOIN tenancy.sites s ON s.region_id = d.other_region AND s.room = 'portal' ORDER BY 2, 4"
        ),
        {"kind": match.kind, "period": match.period, "reference": match.reference},
    ).all()
    told = dict.fromkeys((row[1], row[2] or "", row[3]) for row in rows if row[3] is not None)
    return any(row.agreed_here for row in rows), [Counterpart(*row) for row in told]
