"""The keys that sign contexts: several are live at once, so that one takes over from another without a pause.

A new key is installed beside the old one; every process finds it within `LOOK_SECONDS` and signs with it, while what
the old one signed stays good. When no token of the old key can be alive any more, it is taken away.
"""

import hashlib
import hmac
import logging
import threading
import time
from collections.abc import Callable

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from app.tenancy.context import LIFETIME_SECONDS, Context, NoContext, Signer, padded_key_blocks
from config.settings import Settings

log = logging.getLogger(__name__)
FIRST = "k1"
#: How often a process asks which keys are live; how soon again when the database did not answer.
LOOK_SECONDS, AGAIN_SECONDS = 60.0, 5.0
#: How long an old key stays beside its successor: until every process has looked, and every token has expired.
OVERLAP_SECONDS = LIFETIME_SECONDS + 5 * int(LOOK_SECONDS)
#: (name, proof) of each live key, newest first.
Live = list[tuple[str, str]]


class TooSoon(RuntimeError):
    """The old keys may still be in use."""


def derived(settings: Settings, key_id: str) -> list[bytes]:
    """The key of this name by the present master key, then by those before it."""
    return settings.derive_all(f"context-key:{key_id}")


def proof(key_id: str, key: bytes) -> str:
    """What the holder of a key can say, and `tenancy.context_keys()` says of each live one."""
    return hmac.new(key, f"bukti {key_id}".encode(), hashlib.sha256).hexdigest()


def choose(settings: Settings, live: Live) -> Signer:
    """A signer with the newest live key that this process can derive.

    Raises:
        NoContext: none of them; MASTER_KEY is not the one that this database was prepared with.
    """
    for key_id, said in live:
        for key in derived(settings, key_id):
            if hmac.compare_digest(proof(key_id, key), said):
                return Signer(key_id, key, settings.bind_token_to_pid)
    raise NoContext("Tidak satu pun kunci konteks basis data ini dapat diturunkan dari MASTER_KEY.")


class LiveSigner:
    """Signs contexts with the newest live key, and looks for a newer one from time to time."""

    def __init__(self, settings: Settings, look: Callable[[], Live]) -> None:
        self._settings, self._look = settings, look
        self._lock = threading.Lock()
        self._signer: Signer | None = None
        self._until = 0.0

    def token(self, context: Context, backend_pid: int | None) -> str:
        """See `Signer.token`."""
        return self.signer().token(context, backend_pid)

    def signer(self) -> Signer:
        """The signer of now.

        Raises:
            NoContext: see `choose`. OperationalError: the database did not answer the first look.
        """
        with self._lock:
            if self._signer is None or time.monotonic() >= self._until:
                self._signer = self._found(self._signer)
            return self._signer

    def look_again(self) -> None:
        """Ask the database before the next token."""
        self._until = 0.0

    def _found(self, known: Signer | None) -> Signer:
        try:
            found = choose(self._settings, self._look())
        except (OperationalError, NoContext) as error:
            if known is None:
                raise
            log.warning("kunci konteks tidak dapat diperiksa: %s", type(error).__name__)
            self._until = time.monotonic() + AGAIN_SECONDS
            return known
        self._until = time.monotonic() + LOOK_SECONDS
        return found


def live_signer(settings: Settings, role: str) -> LiveSigner:
    """A signer that looks with the database role of its process, over a connection of its own."""
    engine = create_engine(settings.role_url(role), poolclass=NullPool)

    def look() -> Live:
        with engine.connect() as connection:
            return [(row.key_id, row.proof) for row in connection.execute(text("SELECT * FROM tenancy.context_keys()"))]

    return LiveSigner(settings, look)


def _newest(connection: Connection) -> tuple[str, bytes] | None:
    row = connection.execute(
        text("SELECT key_id, inner_block FROM tenancy.keys ORDER BY created_at DESC, length(key_id) DESC, key_id DESC")
    ).first()
    return (row.key_id, bytes(row.inner_block)) if row else None


def _install(connection: Connection, settings: Settings, key_id: str) -> str:
    inner, outer = padded_key_blocks(settings.derive(f"context-key:{key_id}"))
    statement = "INSERT INTO tenancy.keys (key_id, inner_block, outer_block) VALUES (:id, :inner, :outer)"
    connection.execute(text(statement), {"id": key_id, "inner": inner, "outer": outer})
    return key_id


def _after(key_id: str) -> str:
    return f"k{int(key_id.removeprefix('k')) + 1}"


def ensure(connection: Connection, settings: Settings) -> None:
    """Before a start (administrator's connection): the newest live key is one that MASTER_KEY gives.

    With a new MASTER_KEY that is a further key; processes that still run with the old one go on with theirs.
    """
    newest = _newest(connection)
    if newest is None:
        _install(connection, settings, FIRST)
    elif padded_key_blocks(settings.derive(f"context-key:{newest[0]}"))[0] != newest[1]:
        _install(connection, settings, _after(newest[0]))


def rotate(settings: Settings) -> str:
    """Install the next key beside those that are live; returns its name."""
    engine = create_engine(settings.database_url)
    with engine.begin() as connection:
        connection.execute(text("LOCK TABLE tenancy.keys IN SHARE ROW EXCLUSIVE MODE"))
        newest = _newest(connection)
        name = _install(connection, settings, _after(newest[0]) if newest else FIRST)
    engine.dispose()
    return name


def retire(settings: Settings) -> list[str]:
    """Take every key away but the newest; returns their names.

    Raises:
        TooSoon: the newest is younger than `OVERLAP_SECONDS`; nothing is taken away.
    """
    engine = create_engine(settings.database_url)
    with engine.begin() as connection:
        connection.execute(text("LOCK TABLE tenancy.keys IN SHARE ROW EXCLUSIVE MODE"))
        newest = _newest(connection)
        if newest is None:
            return []
        age = connection.scalar(
            text("SELECT extract(epoch FROM clock_timestamp() - created_at) FROM tenancy.keys WHERE key_id = :id"),
            {"id": newest[0]},
        )
        if float(age or 0) < OVERLAP_SECONDS:
            wait = int(OVERLAP_SECONDS - float(age or 0)) + 1
            raise TooSoon(f"Kunci {newest[0]} baru dipasang; kunci lama masih dapat dipakai {wait} detik lagi.")
        statement = text("DELETE FROM tenancy.keys WHERE key_id <> :id RETURNING key_id")
        names = sorted(connection.scalars(statement, {"id": newest[0]}))
    engine.dispose()
    return names
