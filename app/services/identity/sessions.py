"""Sessions as rows: what was proved when, and that they can be ended from elsewhere.

The cookie carries the session's id. Each proof ends the row and begins another, so a copy of an older cookie, taken
before the second factor was shown, is never lifted by it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from app.kernel.identifiers import uuid7
from app.services.identity import policy
from app.services.identity.permissions import Stage
from app.tenancy.database import region_sql

#: The longest life of a session however much it is used; one that is not finished must be finished sooner.
LIFE_HOURS = 24
HALF_MINUTES = 30


@dataclass(frozen=True)
class Standing:
    """What the database says of the session that a cookie names. Times are the database's.

    Attributes:
        how: `sandi`, `tautan` (link of a letter), `passkey` or `sso`.
        confirmed_at: when something was last proved: password, factor, sign-in elsewhere.
        factor_at: when a second factor was shown in this session; None if never.
    """

    id: UUID
    account_id: UUID
    how: str
    started_at: datetime
    confirmed_at: datetime
    factor_at: datetime | None
    now: datetime
    has_factor: bool
    demanded: bool

    @property
    def stage(self) -> Stage:
        """How far the sign-in has come, by the rules of this moment: a role that is enforced today counts at once."""
        if not self.has_factor:
            return Stage.SETUP if self.demanded else Stage.FULL
        return Stage.FACTOR if self.factor_at is None else Stage.FULL

    @property
    def alive(self) -> bool:
        """Whether it still counts: an unfinished sign-in does not lie around."""
        begun = max(self.started_at, self.confirmed_at)
        return self.stage is Stage.FULL or self.now - begun < timedelta(minutes=HALF_MINUTES)

    def fresh(self, minutes: int) -> bool:
        """Whether something was proved within the last `minutes`."""
        return self.now - self.confirmed_at < timedelta(minutes=minutes)


@dataclass(frozen=True)
class OpenSession:
    """One line of the list of sessions."""

    id: UUID
    how: str
    device: str
    started_at: datetime


def look_up(number: UUID, account_id: UUID, roles: frozenset[str]) -> Standing | None:
    """The session `number` of this account; None when it has ended, is too old, or is not the account's."""
    row = region_sql(
        "SELECT s.id, s.account_id, s.how, s.started_at, s.confirmed_at, s.factor_at, clock_timestamp() AS now,"
        f" {policy.HAS_FACTOR.format('s.account_id')} AS has_factor,"
        " (SELECT value FROM region_settings WHERE region_id = :region_id AND key = :key) AS demanded"
        " FROM account_sessions s WHERE s.region_id = :region_id AND s.id = :id"
        " AND s.ended_at IS NULL AND s.started_at > clock_timestamp() - make_interval(hours => :life)",
        id=number, key=policy.KEY, life=LIFE_HOURS,
    ).mappings().one_or_none()  # fmt: skip
    # Compared here and not in the statement, where it could tempt the planner away from the primary key.
    if row is None or row["account_id"] != account_id:
        return None
    found = Standing(**{**row, "demanded": bool(roles & policy.roles_in(row["demanded"]))})
    return found if found.alive else None


def start(account_id: UUID, how: str, device: str, *, factor: bool, proved_at: float | None) -> UUID:
    """A new session.

    Args:
        factor: its sign-in was a second factor as well (a passkey that checked its owner).
        proved_at: when the proof was given elsewhere, Unix seconds (0 for unknown, so never fresh); None for now.
    """
    number = uuid7()
    region_sql(
        "INSERT INTO account_sessions (region_id, id, account_id, how, device, factor_at, confirmed_at) VALUES"
        " (:region_id, :id, :account, :how, :device, CASE WHEN :factor THEN clock_timestamp() END,"
        " least(clock_timestamp(), to_timestamp(CAST(:proved AS double precision))))",
        id=number, account=account_id, how=how, device=device, factor=factor, proved=proved_at,
    )  # fmt: skip
    return number


def renew(old: UUID, *, factor: bool) -> UUID:
    """End the session and begin another with what was proved now; its life is counted from the first sign-in."""
    number = uuid7()
    region_sql(
        "INSERT INTO account_sessions (region_id, id, account_id, how, device, started_at, factor_at)"
        " SELECT region_id, :new, account_id, how, device, started_at,"
        " CASE WHEN :factor THEN clock_timestamp() ELSE factor_at END"
        " FROM account_sessions WHERE region_id = :region_id AND id = :old AND ended_at IS NULL",
        new=number, old=old, factor=factor,
    )  # fmt: skip
    end(old)
    return number


def end(number: UUID) -> None:
    """End one session."""
    region_sql(
        "UPDATE account_sessions SET ended_at = clock_timestamp() WHERE region_id = :region_id AND id = :id", id=number
    )


def end_of(account_id: UUID, number: UUID) -> bool:
    """End one session of an account; whether it was the account's and open."""
    ended = region_sql(
        "UPDATE account_sessions SET ended_at = clock_timestamp() WHERE region_id = :region_id AND id = :id"
        " AND account_id = :account AND ended_at IS NULL",
        id=number, account=account_id,
    )  # fmt: skip
    return bool(ended.rowcount)


def end_all(account_id: UUID, but: UUID | None = None) -> int:
    """End every session of an account, except `but`; returns how many there were."""
    ended = region_sql(
        "UPDATE account_sessions SET ended_at = clock_timestamp() WHERE region_id = :region_id"
        " AND account_id = :account AND ended_at IS NULL AND id IS DISTINCT FROM :but",
        account=account_id, but=but,
    )  # fmt: skip
    return ended.rowcount


def open_sessions(account_id: UUID) -> list[OpenSession]:
    """The account's sessions that still count, newest first."""
    rows = region_sql(
        "SELECT id, how, device, started_at FROM account_sessions WHERE region_id = :region_id"
        " AND account_id = :account AND ended_at IS NULL"
        " AND started_at > clock_timestamp() - make_interval(hours => :life) ORDER BY confirmed_at DESC, id DESC",
        account=account_id, life=LIFE_HOURS,
    )  # fmt: skip
    return [OpenSession(**row) for row in rows.mappings()]


def device_of(agent: str) -> str:
    """A browser's header as a person would say it ("Chrome, Android"); what is unknown is left out."""
    browsers = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
    systems = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
               ("Mac OS", "macOS"), ("Linux", "Linux"))  # fmt: skip
    words = [next((word for mark, word in table if mark in agent), "") for table in (browsers, systems)]
    return ", ".join(word for word in words if word)
