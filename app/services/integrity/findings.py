"""From what rules see to cases: the same evidence is one case for ever, a case that grows stays the same case."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import insert

from app.kernel import clock
from app.kernel.identifiers import uuid7
from app.services.integrity.hits import Hit, Subject
from app.services.integrity.models import Finding, FindingSubject
from app.services.integrity.workflow import FINDING
from app.services.workflow.acting import open_files
from app.tenancy.context import current
from app.tenancy.database import db, region_sql

OPEN = ("TERINDIKASI", "KLARIFIKASI", "DITERUSKAN")
#: Rows of evidence that one subject keeps; more of the same say nothing more.
MOST_ROWS = 60
BATCH = 1_000
EXISTING = """
SELECT id, rule, state, severity, year, amount, subjects, evidence_key, fingerprint, gone_at IS NOT NULL AS gone
FROM integrity_findings WHERE region_id = :region_id AND rule = ANY(:rules)
"""
SEEN = """
UPDATE integrity_findings SET last_seen = clock_timestamp(), gone_at = NULL
WHERE region_id = :region_id AND id = ANY(:ids)
"""
GONE = """
UPDATE integrity_findings SET gone_at = clock_timestamp() WHERE region_id = :region_id AND id = ANY(:ids)
"""
CHANGED = """
UPDATE integrity_findings SET severity = :severity, year = :year, amount = :amount, subjects = :subjects,
    fingerprint = :fingerprint, context = :context, params = :params
WHERE region_id = :region_id AND id = :id
"""
LEFT = """
UPDATE integrity_subjects SET present = false WHERE region_id = :region_id AND finding_id = :id
    AND (subject_type, subject) NOT IN (SELECT * FROM unnest(CAST(:types AS text[]), CAST(:numbers AS text[])))
"""


@dataclass
class Kept:
    """What one scan changed: new cases, cases that grew or shrank, cases seen again, cases no longer seen."""

    fresh: int = 0
    changed: int = 0
    known: int = 0
    gone: int = 0


def keep(hits: Sequence[Hit], rules: Iterable[str], params: Mapping[str, str]) -> Kept:
    """Write what the rules that ran have seen; `params`: the values each ran with, as JSON. The caller commits.

    A hit is known by its evidence; else by its key, if that case is still open; else it is a new case.
    """
    existing = region_sql(EXISTING, rules=sorted(rules)).all()
    by_evidence = {(row.rule, row.fingerprint): row for row in existing}
    by_key = {(row.rule, row.evidence_key): row for row in existing if row.state in OPEN}
    matched: dict[UUID, Hit] = {}
    fresh: list[Hit] = []
    late: list[Hit] = []
    for hit in hits:
        row = by_evidence.get((hit.rule, hit.fingerprint))
        if row is None:
            late.append(hit)
        else:
            matched[row.id] = hit
    for hit in late:
        row = by_key.get((hit.rule, hit.evidence_key))
        if row is None or row.id in matched:
            fresh.append(hit)
        else:
            matched[row.id] = hit
    kept = Kept(fresh=len(fresh), known=len(matched))
    kept.gone = _mark(existing, matched)
    kept.changed = _refresh({row.id: row for row in existing}, matched, params)
    _open(fresh, params)
    return kept


def _mark(existing: Sequence[Any], matched: Mapping[UUID, Hit]) -> int:
    gone = [row.id for row in existing if row.id not in matched and row.state in OPEN and not row.gone]
    region_sql(SEEN, ids=list(matched))
    if gone:
        region_sql(GONE, ids=gone)
    return len(gone)


def _refresh(existing: Mapping[UUID, Any], matched: Mapping[UUID, Hit], params: Mapping[str, str]) -> int:
    """Bring open cases up to date; one that is decided keeps the evidence that it was decided on."""
    open_now = {number: hit for number, hit in matched.items() if existing[number].state in OPEN}
    changed = 0
    for number, hit in open_now.items():
        row = existing[number]
        before = (row.severity, row.year, row.amount, row.subjects, row.fingerprint)
        if before != (hit.severity, hit.year, hit.amount, len(hit.subjects), hit.fingerprint):
            changed += 1
            region_sql(CHANGED, id=number, **_columns(hit, params))
            types, numbers = zip(*hit.subjects, strict=True)
            region_sql(LEFT, id=number, types=list(types), numbers=list(numbers))
    _write_subjects([(number, subject) for number, hit in open_now.items() for subject in hit.subjects.values()])
    return changed


def _columns(hit: Hit, params: Mapping[str, str]) -> dict[str, Any]:
    return {
        "severity": hit.severity, "year": hit.year, "amount": hit.amount, "subjects": len(hit.subjects),
        "fingerprint": hit.fingerprint, "context": json.dumps(hit.context[:MOST_ROWS], ensure_ascii=False),
        "params": params[hit.rule],
    }  # fmt: skip


def _open(hits: Sequence[Hit], params: Mapping[str, str]) -> None:
    """Write new cases, each with its file in the due process."""
    now = clock.now()
    made = [
        Finding(
            id=uuid7(), nomor=f"{hit.rule}-{hit.fingerprint[:10]}", rule=hit.rule, state=FINDING.initial,
            evidence_key=hit.evidence_key, first_seen=now, last_seen=now, **_columns(hit, params),
        )
        for hit in hits
    ]  # fmt: skip
    db.session.add_all(made)
    db.session.flush()
    open_files(FINDING, made)
    _write_subjects(
        [(row.id, subject) for row, hit in zip(made, hits, strict=True) for subject in hit.subjects.values()]
    )


def _write_subjects(pairs: Sequence[tuple[UUID, Subject]]) -> None:
    table, region_id = FindingSubject.__table__, current().region_id
    assert isinstance(table, Table)
    statement = insert(table)
    upserting = statement.on_conflict_do_update(
        index_elements=["region_id", "finding_id", "subject_type", "subject"],
        set_={"ref": statement.excluded.ref, "evidence": statement.excluded.evidence, "present": True},
        where=(table.c.region_id == region_id)
        & (table.c.evidence.is_distinct_from(statement.excluded.evidence) | ~table.c.present),
    )
    for start in range(0, len(pairs), BATCH):
        values = [
            {
                "region_id": region_id, "id": uuid7(), "finding_id": number, "subject_type": subject.type,
                "subject": subject.id, "ref": subject.ref, "present": True,
                "evidence": json.dumps(subject.rows[:MOST_ROWS], ensure_ascii=False),
            }
            for number, subject in pairs[start : start + BATCH]
        ]  # fmt: skip
        db.session.execute(upserting, values)
