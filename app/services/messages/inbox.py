"""A person's own messages: listed, read, kept as unread."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.tenancy.database import region_sql

PER_PAGE = 20


@dataclass(frozen=True)
class Entry:
    """One message as its reader sees it."""

    id: UUID
    subject: str
    body: str
    url: str
    created_at: datetime
    read_at: datetime | None


@dataclass(frozen=True)
class Listing:
    """One page of messages, newest first."""

    entries: list[Entry]
    page: int
    pages: int
    total: int
    unread: int


def listing(account: UUID, page: int, *, only_unread: bool = False) -> Listing:
    """A page of somebody's messages; a page beyond the last shows the last."""
    wanted = " AND read_at IS NULL" if only_unread else ""
    counted = region_sql(
        "SELECT count(*) AS total, count(*) FILTER (WHERE read_at IS NULL) AS unread FROM inbox_messages"
        " WHERE region_id = :region_id AND account_id = :account",
        account=account,
    ).one()
    total = counted.unread if only_unread else counted.total
    pages = max(1, -(-total // PER_PAGE))
    page = min(max(page, 1), pages)
    rows = region_sql(
        "SELECT id, subject, body, url, created_at, read_at FROM inbox_messages WHERE region_id = :region_id"
        f" AND account_id = :account{wanted} ORDER BY created_at DESC, id DESC LIMIT :limit OFFSET :offset",
        account=account, limit=PER_PAGE, offset=(page - 1) * PER_PAGE,
    )  # fmt: skip
    return Listing([Entry(**row) for row in rows.mappings()], page, pages, total, counted.unread)


def unread(account: UUID) -> int:
    """How many wait to be read."""
    count = region_sql(
        "SELECT count(*) FROM inbox_messages"
        " WHERE region_id = :region_id AND account_id = :account AND read_at IS NULL",
        account=account,
    )
    return int(count.scalar_one())


def mark(account: UUID, message: UUID, *, read: bool) -> str | None:
    """Mark one's own message; returns the page that it is about ('' for none), or None for a message of nobody or of
    somebody else. The caller commits."""
    found = region_sql(
        "UPDATE inbox_messages SET read_at = CASE WHEN :read THEN coalesce(read_at, clock_timestamp()) END"
        " WHERE region_id = :region_id AND account_id = :account AND id = :id RETURNING url",
        account=account, id=message, read=read,
    ).scalar_one_or_none()  # fmt: skip
    return None if found is None else str(found)


def mark_all(account: UUID) -> int:
    """All of one's messages are read; returns how many were not. The caller commits."""
    changed = region_sql(
        "UPDATE inbox_messages SET read_at = clock_timestamp()"
        " WHERE region_id = :region_id AND account_id = :account AND read_at IS NULL",
        account=account,
    )
    return int(changed.rowcount)


def forget_old(days: int) -> int:
    """Delete messages older than `days`, and what was noted of sending them; how many."""
    return _forget("created_at < clock_timestamp() - make_interval(days => :days)", days=days)


def forget_account(account: UUID) -> int:
    """Delete every message of an account; how many."""
    return _forget("account_id = :account", account=account)


def _forget(where: str, **values: object) -> int:
    which = f"SELECT id FROM inbox_messages WHERE region_id = :region_id AND {where}"
    region_sql(f"DELETE FROM message_sends WHERE region_id = :region_id AND inbox_message_id IN ({which})", **values)
    return region_sql(f"DELETE FROM inbox_messages WHERE region_id = :region_id AND id IN ({which})", **values).rowcount
