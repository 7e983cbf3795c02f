"""How often a rule is right, from how its cases were closed; and the pause of one that is wrong more often than right.

Right: proven, or closed as true and settled. Wrong: not proven, or closed as explained or as an error of the data.
Cases closed as examined elsewhere count for neither. Counting begins anew when a pause ends.
"""

from dataclasses import dataclass
from datetime import datetime

from app.kernel.identifiers import uuid7
from app.services import audit
from app.tenancy.context import current
from app.tenancy.database import region_sql

#: How a case was closed -> whether the rule was right (None: says nothing).
OUTCOMES: dict[str, bool | None] = {
    "TERBUKTI": True, "BENAR_SELESAI": True, "TIDAK_TERBUKTI": False, "PENJELASAN": False, "DATA_KELIRU": False,
    "GANDA": None,
}  # fmt: skip
RIGHT = tuple(code for code, right in OUTCOMES.items() if right is True)
WRONG = tuple(code for code, right in OUTCOMES.items() if right is False)
#: A judgement needs so many decided cases; below one half of them right, the rule pauses itself.
LEAST_DECIDED = 10
LEAST_PRECISION = 0.5

COUNTS = """
WITH since AS (
    SELECT rule, max(resumed_at) AS at FROM integrity_pauses WHERE region_id = :region_id AND resumed_at IS NOT NULL
    GROUP BY 1
)
SELECT f.rule, count(*) AS volume,
    count(*) FILTER (WHERE f.state IN ('TERINDIKASI', 'KLARIFIKASI', 'DITERUSKAN')) AS open,
    count(*) FILTER (WHERE f.closed_code = ANY(:right)) AS confirmed,
    count(*) FILTER (WHERE f.closed_code = ANY(:wrong)) AS refuted,
    count(*) FILTER (WHERE f.closed_code = ANY(:right) AND (s.at IS NULL OR f.first_seen > s.at)) AS confirmed_now,
    count(*) FILTER (WHERE f.closed_code = ANY(:wrong) AND (s.at IS NULL OR f.first_seen > s.at)) AS refuted_now
FROM integrity_findings f LEFT JOIN since s USING (rule) WHERE f.region_id = :region_id GROUP BY f.rule
"""
PAUSED = """
SELECT DISTINCT ON (rule) rule, confirmed, refuted, paused_at, resumed_at FROM integrity_pauses
WHERE region_id = :region_id ORDER BY rule, paused_at DESC
"""


@dataclass(frozen=True)
class Record:
    """What became of a rule's cases. `confirmed` and `refuted` in all, `*_now` since its last pause ended."""

    rule: str
    volume: int = 0
    open: int = 0
    confirmed: int = 0
    refuted: int = 0
    confirmed_now: int = 0
    refuted_now: int = 0
    paused_at: datetime | None = None

    @property
    def precision(self) -> float | None:
        """The part of decided cases in which the rule was right; None before the first."""
        decided = self.confirmed_now + self.refuted_now
        return self.confirmed_now / decided if decided else None

    @property
    def fails(self) -> bool:
        """Whether it is wrong more often than right, on enough cases."""
        decided = self.confirmed_now + self.refuted_now
        return decided >= LEAST_DECIDED and self.confirmed_now < LEAST_PRECISION * decided


def records() -> dict[str, Record]:
    """The record of each rule that ever saw something in this region."""
    paused = {row.rule: row.paused_at for row in region_sql(PAUSED) if row.resumed_at is None}
    rows = region_sql(COUNTS, right=list(RIGHT), wrong=list(WRONG)).mappings()
    return {row["rule"]: Record(**row, paused_at=paused.get(row["rule"])) for row in rows}


def paused_rules() -> frozenset[str]:
    """The rules that stand still now."""
    return frozenset(row.rule for row in region_sql(PAUSED) if row.resumed_at is None)


def judge() -> list[str]:
    """Pause every rule that fails; returns which were paused now. The caller commits."""
    failing = [record for record in records().values() if record.fails and record.paused_at is None]
    for record in failing:
        region_sql(
            "INSERT INTO integrity_pauses (region_id, id, rule, confirmed, refuted)"
            " VALUES (:region_id, :id, :rule, :confirmed, :refuted)",
            id=uuid7(), rule=record.rule, confirmed=record.confirmed_now, refuted=record.refuted_now,
        )  # fmt: skip
        audit.note(
            "integritas.jeda", "integrity_rule", record.rule,
            after={"confirmed": record.confirmed_now, "refuted": record.refuted_now},
        )  # fmt: skip
    return [record.rule for record in failing]


def resume(rule: str, reason: str) -> bool:
    """End the pause of a rule, if it stands still; returns whether it did. The caller commits."""
    changed = region_sql(
        "UPDATE integrity_pauses SET resumed_at = clock_timestamp(), resumed_by = :actor, reason = :reason"
        " WHERE region_id = :region_id AND rule = :rule AND resumed_at IS NULL",
        rule=rule, actor=current().actor, reason=reason,
    ).rowcount  # fmt: skip
    if changed:
        audit.note("integritas.lanjut", "integrity_rule", rule, reason=reason)
    return bool(changed)
