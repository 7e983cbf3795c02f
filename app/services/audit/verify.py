"""Walking a region's chain: every link recomputed from the rows, then held against head and published roots."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from app.services.audit.entries import FIELDS, GENESIS, TEXTS, link
from app.services.audit.roots import roots_of
from app.tenancy.context import current
from app.tenancy.database import db, region_sql

BATCH = 10_000
#: The moment of an entry as its hash covers it: UTC, microseconds.
MOMENT = """to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
HEAD = """
SELECT coalesce(max(h.seq), 0) AS seq, (array_agg(h.hash))[1] AS hash,
       (SELECT coalesce(max(seq), 0) FROM audit_log WHERE region_id = :region_id) AS last
FROM audit_heads h WHERE h.region_id = :region_id
"""
ENTRIES = f"""
SELECT CAST(region_id AS text), CAST(seq AS text), {MOMENT}, CAST(id AS text), {", ".join(TEXTS[1:])}, hash
FROM audit_log WHERE region_id = :region_id AND seq > :after AND seq <= :last ORDER BY audit_log.seq LIMIT {BATCH}
"""


@dataclass(frozen=True)
class Verdict:
    """What a walk found. `broken_at` is the first entry that is not as it was written, None when all are."""

    region_id: int
    entries: int
    seq: int
    hash: str
    roots: int
    broken_at: int | None = None
    problem: str = ""

    @property
    def good(self) -> bool:
        """Whether no link is broken."""
        return self.broken_at is None


class Broken(Exception):
    """A link that does not hold."""

    def __init__(self, seq: int, problem: str) -> None:
        super().__init__(problem)
        self.seq = seq


def head() -> tuple[int, bytes, int]:
    """The current region's head as it stands: seq, hash, and the last seq in the log (all of one moment)."""
    row = region_sql(HEAD).one()
    db.session.rollback()
    return row.seq, bytes(row.hash or GENESIS), row.last


def entries(last: int) -> Iterator[tuple[list[str], bytes]]:
    """The values of `FIELDS` and the stored hash of each entry up to `last`, in order.

    In short transactions of 10,000: a long one would keep every old version of the busy head row alive.
    """
    after = 0
    while True:
        rows: Sequence[Any] = region_sql(ENTRIES, after=after, last=last).all()
        db.session.rollback()
        for *values, digest in rows:
            yield values, bytes(digest)
        if len(rows) < BATCH:
            return
        after = int(rows[-1][FIELDS.index("seq")])


def verify(progress: Callable[[int], None] = lambda _entries: None) -> Verdict:
    """Recompute the current region's chain; entries that are written meanwhile are left for the next time."""
    region_id = current().region_id
    # Before the head: a root that is published meanwhile would be ahead of it.
    published = {root.seq: root for root in roots_of(region_id)}
    db.session.rollback()
    last, digest, in_log = head()
    seq, found = 0, GENESIS
    try:
        for values, stored in entries(last):
            found = _checked(seq, found, values, stored)
            seq += 1
            if seq in published and published[seq].hash != found.hex():
                raise Broken(seq, f"entri {seq} bukan yang diterbitkan pada {published[seq].day}")
            progress(1)
        _hold_end(last, digest, in_log, (seq, found))
        if published and max(published) > seq:
            beyond = min(number for number in published if number > seq)
            raise Broken(seq + 1, f"akar {published[beyond].day} memuat entri {beyond}, log hanya sampai {seq}")
    except Broken as broken:
        return Verdict(region_id, seq, last, digest.hex(), len(published), broken.seq, str(broken))
    return Verdict(region_id, seq, last, digest.hex(), len(published))


def _checked(before: int, previous: bytes, values: list[str], stored: bytes) -> bytes:
    seq = int(values[FIELDS.index("seq")])
    if seq != before + 1:
        raise Broken(before + 1, f"entri {before + 1} hilang; sesudah {before} ada {seq}")
    if link(previous, values) != stored:
        raise Broken(seq, f"isi atau urutan entri {seq} tidak cocok dengan sidiknya")
    return stored


def _hold_end(last: int, digest: bytes, in_log: int, found: tuple[int, bytes]) -> None:
    seq, chained = found
    if seq < last:
        raise Broken(seq + 1, f"log berakhir di entri {seq}, kepala rantai mencatat {last}")
    if chained != digest:
        raise Broken(last, f"kepala rantai tidak cocok dengan entri {last}")
    if in_log > last:
        raise Broken(last + 1, f"entri {last + 1} sampai {in_log} ada di luar kepala rantai")
