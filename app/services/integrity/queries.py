"""Every SELECT of the pages and files that show findings."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, case, exists, func, or_, select

from app.services.integrity.findings import OPEN
from app.services.integrity.models import Finding, FindingSubject
from app.services.integrity.rules import SEVERITIES, RedFlag, flag_of
from app.services.integrity.subjects import kind_of
from app.services.workflow.models import WorkflowFile
from app.tenancy.database import db, region_sql

PAGE_SIZE = 25
#: Rows of evidence on a finding's page; the CSV of a finding holds all.
MOST_SHOWN = 200
MOST_BARS = 12
#: Cells of the public table with fewer cases are not told: a handful points at persons.
SMALL_CELL = 5
Statement = Select[*tuple[Any, ...]]


@dataclass(frozen=True)
class Filter:
    """What the inspector asked for, as it stands in the address."""

    q: str = ""
    aturan: str = ""
    keadaan: str = ""
    tingkat: str = ""
    tahun: int | None = None


FACETS = {"aturan": Finding.rule, "keadaan": Finding.state, "tingkat": Finding.severity, "tahun": Finding.year}


@dataclass(frozen=True)
class Listing:
    """One page of findings, gravest and dearest first; count and sum (rupiah) follow the filter."""

    rows: list[Finding]
    count: int
    amount: int
    facets: dict[str, list[tuple[Any, int]]]
    page: int
    pages: int


@dataclass(frozen=True)
class Piece:
    """One subject of a finding with its rows of evidence."""

    subject_type: str
    subject: str
    ref: str
    name: str
    url: str
    rows: list[dict[str, Any]]


@dataclass(frozen=True)
class Evidence:
    """What a finding rests on. `bars`: (label, value) of the rule's chart; `left_out`: subjects that are not shown."""

    flag: RedFlag | None
    pieces: list[Piece]
    context: list[dict[str, Any]]
    bars: list[tuple[str, float]]
    left_out: int


def _filtered(statement: Statement, wanted: Filter, without: str = "") -> Statement:
    for name, attribute in FACETS.items():
        value = getattr(wanted, name)
        if value not in {"", None} and name != without:
            statement = statement.where(attribute == value)
    if wanted.q:
        same = and_(FindingSubject.region_id == Finding.region_id, FindingSubject.finding_id == Finding.id)
        named = exists().where(same, FindingSubject.ref == wanted.q)
        statement = statement.where(or_(Finding.nomor == wanted.q, named))
    return statement


def _ordered(statement: Statement) -> Statement:
    weight = case({code: number for number, code in enumerate(SEVERITIES)}, value=Finding.severity)
    return statement.order_by(weight.desc(), Finding.amount.desc(), Finding.id)


def listing(wanted: Filter, page: int) -> Listing:
    """One page of what the filter shows."""
    figures: Statement = select(func.count(), func.coalesce(func.sum(Finding.amount), 0)).select_from(Finding)
    count, amount = db.session.execute(_filtered(figures, wanted)).one()
    pages = max(1, -(-count // PAGE_SIZE))
    page = min(max(page, 1), pages)
    statement = _ordered(_filtered(select(Finding), wanted))
    rows = list(db.session.scalars(statement.limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)))
    facets = {name: _facet(name, wanted) for name in FACETS}
    return Listing(rows, count, int(amount), facets, page, pages)


def _facet(name: str, wanted: Filter) -> list[tuple[Any, int]]:
    attribute = FACETS[name]
    counted: Statement = select(attribute, func.count()).group_by(attribute).order_by(func.count().desc(), attribute)
    rows = db.session.execute(_filtered(counted, wanted, without=name).limit(60))
    return [(value, count) for value, count in rows if value is not None]


def stream(wanted: Filter) -> Iterator[Finding]:
    """Everything the filter shows, in order."""
    yield from db.session.scalars(_ordered(_filtered(select(Finding), wanted)).execution_options(yield_per=1_000))


def one(number: UUID) -> Finding | None:
    """The finding with this id in this region."""
    return db.session.scalars(select(Finding).where(Finding.id == number)).one_or_none()


def file_of(finding: Finding) -> WorkflowFile | None:
    """Its file in the due process."""
    statement = select(WorkflowFile).where(WorkflowFile.process == "temuan", WorkflowFile.subject == finding.id)
    return db.session.scalars(statement).one_or_none()


def pieces_of(finding: Finding, limit: int | None = MOST_SHOWN) -> list[Piece]:
    """The subjects of a finding with their evidence, by reference."""
    statement = select(FindingSubject).where(FindingSubject.finding_id == finding.id, FindingSubject.present)
    rows = list(db.session.scalars(statement.order_by(FindingSubject.ref, FindingSubject.id).limit(limit)))
    by_type: dict[str, list[str]] = {}
    for row in rows:
        by_type.setdefault(row.subject_type, []).append(row.subject)
    links = {name: kind_of(name).links(numbers) for name, numbers in by_type.items()}
    names = {name: kind_of(name).names(numbers) for name, numbers in by_type.items()}
    return [
        Piece(
            row.subject_type, row.subject, row.ref, names[row.subject_type].get(row.subject, ""),
            links[row.subject_type].get(row.subject, ""), json.loads(row.evidence),
        )
        for row in rows
    ]  # fmt: skip


def evidence_of(finding: Finding) -> Evidence:
    """The evidence of a finding's page."""
    flag, pieces, context = flag_of(finding.rule), pieces_of(finding), json.loads(finding.context)
    bars: list[tuple[str, float]] = []
    if flag and flag.chart:
        told = [(piece.name or piece.ref, row) for piece in pieces for row in piece.rows]
        told += [(str(next(iter(row.values()), "")), row) for row in context]
        bars = [(label, row[flag.chart]) for label, row in told if isinstance(row.get(flag.chart), (int, float))]
    return Evidence(flag, pieces, context, bars[:MOST_BARS], finding.subjects - len(pieces))


@dataclass(frozen=True)
class Scan:
    """One scan, as the list of rules tells it."""

    trigger: str
    started_at: datetime
    finished_at: datetime
    fresh: int
    known: int

    @property
    def seconds(self) -> float:
        """How long it took."""
        return (self.finished_at - self.started_at).total_seconds()


def open_count() -> float:
    """How many cases of the current region are not decided yet: a number for /metrics."""
    statement = "SELECT count(*) FROM integrity_findings WHERE region_id = :region_id AND state = ANY(:open)"
    return float(region_sql(statement, open=list(OPEN)).scalar_one())


def last_scans(limit: int = 5) -> list[Scan]:
    """The latest scans, newest first."""
    rows = region_sql(
        "SELECT trigger, started_at, finished_at, fresh, known FROM integrity_scans WHERE region_id = :region_id"
        " ORDER BY finished_at DESC LIMIT :limit",
        limit=limit,
    )
    return [Scan(**row) for row in rows.mappings()]


def outcomes() -> dict[str, str]:
    """What became of each rule in the latest scan that tried it: jalan, tanpa-data, jeda, gagal."""
    rows = region_sql(
        "SELECT DISTINCT ON (rule) rule, outcome FROM integrity_scan_rules WHERE region_id = :region_id"
        " ORDER BY rule, scan_id DESC"
    )
    return {row.rule: row.outcome for row in rows}


@dataclass(frozen=True)
class PublicCell:
    """Cases of one rule in one state, as the public may know it: None for fewer than SMALL_CELL."""

    rule: str
    state: str
    count: int | None


def public_counts() -> list[PublicCell]:
    """Cases by rule and state; small cells without their number."""
    counted: Statement = select(Finding.rule, Finding.state, func.count()).group_by(Finding.rule, Finding.state)
    rows = db.session.execute(counted.order_by(Finding.rule, Finding.state))
    return [PublicCell(rule, state, count if count >= SMALL_CELL else None) for rule, state, count in rows]
