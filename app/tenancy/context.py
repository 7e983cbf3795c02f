"""The signed statement "this transaction acts for region R (as actor A)", and who speaks it.

The database believes nothing but the signature: see `migrations/versions/0001_tenancy.py` for the other half.
"""

import hashlib
import hmac
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol, TypeVar

LIFETIME_SECONDS = 300
#: What a part of the token may hold: no separator, and nothing that would end a literal in SQL.
PART = re.compile(r"[A-Za-z0-9_.:-]*", re.ASCII)
T = TypeVar("T")


class NoContext(RuntimeError):
    """A transaction was begun, or a row made, without saying for which region."""


@dataclass(frozen=True)
class Context:
    """One region's view of the database.

    Attributes:
        region_id: Kemendagri code without the dot (3273), 0 for the nation.
        actor: account id or `sistem:<name>`; never a name or an e-mail.
        scope: the database role that may speak it (`app`, `worker`, `reader`, `export`).
    """

    region_id: int
    actor: str = "publik"
    scope: str = "app"
    role: str = ""


_current: ContextVar[Context | None] = ContextVar("tenancy_context", default=None)


def current() -> Context:
    """The context in force.

    Raises:
        NoContext: nothing was opened; no query is possible without saying for whom.
    """
    context = _current.get()
    if context is None:
        raise NoContext("Tidak ada konteks daerah: buka `tenancy.context.acting_for(...)` lebih dulu.")
    return context


def current_or_none() -> Context | None:
    """The context in force, or None at the door (host not yet resolved)."""
    return _current.get()


@contextmanager
def acting_for(context: Context) -> Iterator[Context]:
    """Everything inside belongs to `context`. Transactions begun inside carry its token."""
    token = _current.set(context)
    try:
        yield context
    finally:
        _current.reset(token)


def keep(items: Iterable[T]) -> Iterator[T]:
    """`items`, made in the context of now although they are read after the request has ended (a streamed file)."""
    context = current()

    def kept() -> Iterator[T]:
        with acting_for(context):
            yield from items

    return kept()


class TokenMaker(Protocol):
    """Whoever makes tokens: a `Signer`, or what finds out which one to use."""

    def token(self, context: Context, backend_pid: int | None) -> str:
        """The token of `context` for a connection with this backend."""
        ...


@dataclass(frozen=True)
class Signer:
    """Makes tokens the database can verify. `key` is the active key's 32 bytes, `key_id` its name in `tenancy.keys`."""

    key_id: str
    key: bytes
    bind_to_pid: bool = True

    def token(self, context: Context, backend_pid: int | None, now: float | None = None) -> str:
        """`key_id|scope|region|actor|role|expires|backend_pid~hex(hmac-sha256)`; expires in Unix seconds."""
        expires = int((time.time() if now is None else now) + LIFETIME_SECONDS)
        pid = str(backend_pid) if self.bind_to_pid and backend_pid else ""
        for part in (context.scope, context.actor, context.role):
            if not PART.fullmatch(part):
                raise ValueError("bagian konteks memuat huruf yang tidak boleh")
        parts = (self.key_id, context.scope, context.region_id, context.actor, context.role, expires, pid)
        body = "|".join(str(part) for part in parts)
        return f"{body}~{hmac.new(self.key, body.encode(), hashlib.sha256).hexdigest()}"


def padded_key_blocks(key: bytes) -> tuple[bytes, bytes]:
    """The inner and outer HMAC-SHA256 key blocks (64 bytes each); with them the database needs only sha256()."""
    block = key.ljust(64, b"\0")
    return bytes(b ^ 0x36 for b in block), bytes(b ^ 0x5C for b in block)
