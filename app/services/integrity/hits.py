"""Running one rule: its rows, bound together into cases, each with a fingerprint that the same evidence has again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.kernel.canonical import canonical_json, plain, sha256_hex
from app.services.integrity.rules import RESERVED, SEVERITIES, RedFlag, Row
from app.services.workflow import calendar
from app.tenancy.database import region_sql
from app.tenancy.zones import region_zone

DEFAULT_SUBJECT = "hibah"
Evidence = dict[str, Any]


@dataclass
class Subject:
    """One thing that a case is about, with its rows of evidence."""

    type: str
    id: str
    ref: str
    rows: list[Evidence] = field(default_factory=list)


@dataclass
class Hit:
    """One case that a rule saw now. `amount` in rupiah."""

    rule: str
    key: str
    severity: str
    year: int | None
    amount: int = 0
    subjects: dict[tuple[str, str], Subject] = field(default_factory=dict)
    context: list[Evidence] = field(default_factory=list)
    facts: set[bytes] = field(default_factory=set)

    @property
    def evidence_key(self) -> str:
        """What binds it at the next scan, hashed: a key may hold the hash of a person's number."""
        return sha256_hex(f"{self.rule}|{self.key}".encode())

    @property
    def fingerprint(self) -> str:
        """The evidence: rule, subjects, and the facts that the rule names."""
        return sha256_hex(canonical_json([self.rule, sorted(self.subjects), sorted(fact.hex() for fact in self.facts)]))

    def merge(self, other: "Hit") -> None:
        """Take over the rows of a case about the same subjects (two accounts that the same two share)."""
        for key, subject in other.subjects.items():
            mine = self.subjects[key].rows
            mine.extend(row for row in subject.rows if row not in mine)


def bound(values: Mapping[str, Any], flag: RedFlag) -> dict[str, Any]:
    """The parameters as rules read them: the region's values, today, its zone, the minimum sample."""
    return {"minimum_sample": flag.minimum_sample, **values, "today": calendar.today(), "zone": region_zone()}


def run(flag: RedFlag, values: Mapping[str, Any]) -> list[Hit]:
    """Everything that a rule sees in the current region with these values; changes nothing.

    Raises:
        TypeError: the rule waits for its data.
    """
    params = bound(values, flag)
    if flag.find is None:
        raise TypeError(f"{flag.code} menunggu data")
    rows: Iterable[Row] = (
        (dict(row) for row in region_sql(flag.find, **params).mappings())
        if isinstance(flag.find, str)
        else flag.find(params)
    )
    return _merged(_bind(flag, rows))


def _bind(flag: RedFlag, rows: Iterable[Row]) -> list[Hit]:
    found: dict[str, Hit] = {}
    for row in rows:
        key = str(row.get("key") or row.get("subject"))
        severity = row.get("severity") or flag.severity
        hit = found.setdefault(key, Hit(flag.code, key, severity, row.get("year")))
        hit.severity = max(hit.severity, severity, key=SEVERITIES.index)
        hit.year = max(filter(None, (hit.year, row.get("year"))), default=None)
        evidence = {name: _plain(value) for name, value in row.items() if name not in RESERVED}
        if row.get("ref") is None:
            hit.context.append(evidence)
            continue
        subject_type, number = str(row.get("subject_type") or DEFAULT_SUBJECT), str(row["subject"])
        if (subject_type, number) not in hit.subjects:
            hit.subjects[subject_type, number] = Subject(subject_type, number, str(row["ref"]))
            hit.amount += int(row.get("amount") or 0)
        hit.subjects[subject_type, number].rows.append(evidence)
        if flag.facts:
            hit.facts.add(canonical_json([number, *(evidence.get(name) for name in flag.facts)]))
    return [hit for hit in found.values() if hit.subjects]


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, (str, int, float, bool)) else plain(value)


def _merged(hits: list[Hit]) -> list[Hit]:
    found: dict[str, Hit] = {}
    for hit in hits:
        before = found.setdefault(hit.fingerprint, hit)
        if before is not hit:
            before.merge(hit)
    return list(found.values())


def has_data(flag: RedFlag) -> bool:
    """Whether the region holds anything of what the rule reads; `a.x|b.y`: either will do."""
    return all(any(_filled(*place.split(".")) for place in need.split("|")) for need in flag.needs)


def _filled(table: str, column: str) -> bool:
    statement = f"SELECT 1 FROM {table} WHERE region_id = :region_id AND CAST({column} AS text) <> '' LIMIT 1"
    return region_sql(statement).first() is not None
