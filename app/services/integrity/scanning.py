"""Scanning a region: every rule that has data and is not paused; one that fails does not break the others."""

import json
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.kernel import clock
from app.kernel.identifiers import uuid7
from app.services import audit
from app.services.integrity import findings, hits, precision, tuning
from app.services.integrity.findings import Kept
from app.services.integrity.hits import Hit
from app.services.integrity.rules import RedFlag, all_flags, running_flags
from app.services.jobs.outbox import enqueue
from app.tenancy.context import current
from app.tenancy.database import db, region_sql, take_time

JOB = "integritas.pindai"
#: A scan reads a whole region: more time than a page may take, no compiling of plans that run once, and joins by hash
#: (after an import the planner knows nothing of the rows yet, and would look each one up).
ROOM = ("SET LOCAL jit = off", "SET LOCAL work_mem = '64MB'", "SET LOCAL enable_nestloop = off")
TRIGGERS = ("perintah", "malam", "impor", "permintaan", "nasional")
LOCK = "SELECT pg_advisory_xact_lock(7203, CAST(:region_id AS integer))"


@dataclass(frozen=True)
class RuleRun:
    """One rule in one scan. `outcome`: jalan, jeda (paused), tanpa-data, gagal."""

    rule: str
    outcome: str
    cases: int = 0
    subjects: int = 0
    seconds: float = 0.0
    error: str = ""


@dataclass
class ScanReport:
    """What a scan did, rule by rule."""

    runs: list[RuleRun] = field(default_factory=list)
    kept: Kept = field(default_factory=Kept)
    seconds: float = 0.0

    @property
    def failed(self) -> list[str]:
        """The rules that broke."""
        return [run.rule for run in self.runs if run.outcome == "gagal"]


def fed_by(tables: Collection[str], flags: Iterable[RedFlag]) -> list[RedFlag]:
    """The rules that read one of these tables."""
    return [
        flag for flag in flags if any(place.split(".")[0] in tables for need in flag.needs for place in need.split("|"))
    ]


def scan(
    trigger: str, flags: Iterable[RedFlag] | None = None, progress: Callable[[str], None] = lambda _rule: None
) -> ScanReport:
    """Scan the current region with these rules (all that can run in a region when not said) and keep what they see.

    The caller commits. Two scans of one region wait for each other.
    """
    started, clock_start = clock.now(), time.perf_counter()
    make_room()
    region_sql(LOCK)
    chosen = running_flags() if flags is None else list(flags)
    report, found = ScanReport(), []
    paused, values = precision.paused_rules() | set(precision.judge()), tuning.all_values(chosen)
    for flag in chosen:
        progress(flag.code)
        run, seen = _run(flag, values[flag.code], paused)
        report.runs.append(run)
        found += seen
    ran = [run.rule for run in report.runs if run.outcome == "jalan"]
    report.kept = findings.keep(found, ran, {code: json.dumps(values[code], sort_keys=True) for code in ran})
    report.seconds = time.perf_counter() - clock_start
    _record(trigger, started, report)
    return report


def make_room() -> None:
    """Give the transaction what reading a whole region takes."""
    take_time()
    for statement in ROOM:
        db.session.execute(text(statement))


def _run(flag: RedFlag, values: dict[str, Any], paused: frozenset[str]) -> tuple[RuleRun, list[Hit]]:
    if flag.code in paused:
        return RuleRun(flag.code, "jeda"), []
    started = time.perf_counter()
    try:
        with db.session.begin_nested():
            if not hits.has_data(flag):
                return RuleRun(flag.code, "tanpa-data"), []
            seen = hits.run(flag, values)
    except DBAPIError as error:
        return RuleRun(flag.code, "gagal", error=type(error.orig).__name__), []
    seconds = round(time.perf_counter() - started, 3)
    return RuleRun(flag.code, "jalan", len(seen), sum(len(hit.subjects) for hit in seen), seconds), seen


def _record(trigger: str, started: Any, report: ScanReport) -> None:
    number = uuid7()
    region_sql(
        "INSERT INTO integrity_scans (region_id, id, trigger, started_at, fresh, changed, known, gone)"
        " VALUES (:region_id, :id, :trigger, :started, :fresh, :changed, :known, :gone)",
        id=number, trigger=trigger, started=started, **asdict(report.kept),
    )  # fmt: skip
    for run in report.runs:
        region_sql(
            "INSERT INTO integrity_scan_rules (region_id, id, scan_id, rule, outcome, cases, subjects, milliseconds,"
            " error) VALUES (:region_id, :id, :scan, :rule, :outcome, :cases, :subjects, :milliseconds, :error)",
            id=uuid7(), scan=number, milliseconds=round(run.seconds * 1000),
            **{name: value for name, value in asdict(run).items() if name != "seconds"},
        )  # fmt: skip
    audit.note(JOB, "integrity_scan", number, after={"pemicu": trigger, **asdict(report.kept)})


def request(trigger: str, tables: Collection[str] = ()) -> None:
    """Ask for a scan after this transaction; with `tables`, of the rules that read them only. One that still waits and
    covers the same is enough."""
    payload = json.dumps({"trigger": trigger, "tables": sorted(tables)}, ensure_ascii=False)
    waiting = region_sql(
        "SELECT 1 FROM outbox WHERE region_id = :region_id AND job = :job AND payload = :payload AND done_at IS NULL"
        " AND sent_at IS NULL LIMIT 1",
        job=JOB, payload=payload,
    )  # fmt: skip
    if waiting.first() is None:
        enqueue(JOB, json.loads(payload))


def scan_job(payload: dict[str, Any]) -> None:
    """The job: asked for by a schedule (no payload), by an import, or by a person."""
    tables = payload.get("tables") or ()
    flags = fed_by(tables, running_flags()) if tables else None
    scan(str(payload.get("trigger") or "malam"), flags)


def exported(rules: Collection[str] = ()) -> list[dict[str, Any]]:
    """Every finding of the region as the contract has it, one object a subject: `{rule, severity, region, subject_type,
    subject_ref, evidence}`; `evidence` with the rows of this subject and the references of the others in its case."""
    code = region_code()
    wanted = list(rules) or [flag.code for flag in all_flags()]
    rows = region_sql(EXPORT, rules=wanted).all()
    related: dict[Any, list[str]] = {}
    for row in rows:
        related.setdefault(row.finding_id, []).append(row.ref)
    return [
        {
            "rule": row.rule, "severity": row.severity, "region": code, "subject_type": row.subject_type,
            "subject_ref": row.ref,
            "evidence": {
                "finding": row.nomor, "state": row.state, "rows": json.loads(row.evidence),
                "related": [ref for ref in related[row.finding_id] if ref != row.ref][:MOST_RELATED],
                "subjects": row.subjects,
            },
        }
        for row in rows
    ]  # fmt: skip


MOST_RELATED = 20
EXPORT = """
SELECT f.id AS finding_id, f.nomor, f.rule, f.severity, f.state, f.subjects, s.subject_type, s.ref, s.evidence
FROM integrity_findings f JOIN integrity_subjects s ON s.region_id = :region_id AND s.finding_id = f.id AND s.present
WHERE f.region_id = :region_id AND f.rule = ANY(:rules) AND f.gone_at IS NULL ORDER BY f.rule, s.ref, f.nomor
"""


def region_code() -> str:
    """The current region's Kemendagri code, with its dot."""
    number = current().region_id
    return f"{number // 100}.{number % 100:02d}" if number >= 100 else str(number)
