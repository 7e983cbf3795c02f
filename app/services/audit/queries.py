"""Every SELECT of the pages and files that show a region's log, newest first."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.services.audit.events import LOOK
from app.tenancy.database import region_sql

PAGE_SIZE = 50
#: How many entries of a filtered list can be counted and paged; beyond, the reader narrows the filter or takes the CSV.
MOST_COUNTED = 10_000
BATCH = 2_000
ACCOUNT, ACCOUNT_LIST = "account", "account_list"
COLUMNS = """
SELECT seq, at, event, subject_type, subject_id, actor, role, acting_for, address, request_id, reason, before, after,
       encode(hash, 'hex') AS hash FROM audit_log WHERE region_id = :region_id
"""
#: Each has its index, but the request: who searches for one scans the log.
CONDITIONS = {
    "event": "event = :event",
    "actor": "actor = :actor",
    "subject": "subject_id = :subject",
    "request": "request_id = :request",
    "since": "at >= :since",
    "until": "at < :until",
}
# What concerns one account: what happened to it, and the looks at the list in which it stands.
CONCERNS = f"""
    AND (subject_type, subject_id) IN (('{ACCOUNT}', :account), ('{ACCOUNT_LIST}', CAST(:region_id AS text)))
"""


@dataclass(frozen=True)
class LogFilter:
    """What of the log is asked for; None or empty: all. `until` is exclusive."""

    event: str = ""
    actor: str = ""
    subject: str = ""
    request: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def given(self) -> dict[str, object]:
        """The conditions that are set, by name."""
        return {name: value for name in CONDITIONS if (value := getattr(self, name))}


@dataclass(frozen=True)
class LogRow:
    """One entry as people read it."""

    seq: int
    at: datetime
    event: str
    subject_type: str
    subject_id: str
    actor: str
    role: str
    acting_for: str
    address: str
    request_id: str
    reason: str
    before: str
    after: str
    hash: str

    @property
    def changes(self) -> list[tuple[str, object, object]]:
        """(name, before, after) of each value that the entry tells."""
        old, new = (json.loads(text) if text else {} for text in (self.before, self.after))
        return [(name, old.get(name), new.get(name)) for name in sorted({*old, *new})]


@dataclass(frozen=True)
class Listing:
    """One page. `count` is exact unless `capped`."""

    rows: list[LogRow]
    count: int
    capped: bool
    page: int
    pages: int


def _paged(where: str, values: dict[str, object], count: int, page: int) -> Listing:
    capped = count > MOST_COUNTED
    pages = max(1, -(-min(count, MOST_COUNTED) // PAGE_SIZE))
    page = min(max(page, 1), pages)
    statement = f"{COLUMNS} {where} ORDER BY seq DESC LIMIT {PAGE_SIZE} OFFSET {(page - 1) * PAGE_SIZE}"
    return Listing([LogRow(**row) for row in region_sql(statement, **values).mappings()], count, capped, page, pages)


def _counted(where: str, values: dict[str, object]) -> int:
    statement = f"SELECT 1 FROM audit_log WHERE region_id = :region_id {where} LIMIT {MOST_COUNTED + 1}"
    return int(region_sql(f"SELECT count(*) FROM ({statement}) found", **values).scalar_one())


def _where(wanted: LogFilter) -> str:
    return "".join(f" AND {CONDITIONS[name]}" for name in wanted.given())


def total() -> int:
    """How many entries the region's chain holds: its head knows."""
    return int(
        region_sql("SELECT coalesce(max(seq), 0) FROM audit_heads WHERE region_id = :region_id").scalar_one()
    )


def listing(wanted: LogFilter, page: int) -> Listing:
    """One page of what the filter shows."""
    given, where = wanted.given(), _where(wanted)
    return _paged(where, given, _counted(where, given) if given else total(), page)


def stream(wanted: LogFilter) -> Iterator[LogRow]:
    """Everything that the filter shows, 2,000 rows a statement."""
    where, before = _where(wanted), total() + 1
    while before > 1:
        statement = f"{COLUMNS} {where} AND seq < :before ORDER BY seq DESC LIMIT {BATCH}"
        rows = [LogRow(**row) for row in region_sql(statement, before=before, **wanted.given()).mappings()]
        yield from rows
        if len(rows) < BATCH:
            return
        before = rows[-1].seq


def history(account_id: UUID, page: int, *, looks_only: bool) -> Listing:
    """What was done to one account of the region, or only who looked at it."""
    where = CONCERNS + (" AND event = :event" if looks_only else "")
    values: dict[str, object] = {"account": str(account_id), **({"event": LOOK} if looks_only else {})}
    return _paged(where, values, _counted(where, values), page)
