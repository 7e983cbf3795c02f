"""What one entry of the log says, and the byte sequence that its hash covers.

`hash = sha256(previous hash || canonical)`; `canonical` is each value of `FIELDS`, in that order, as
`<length in bytes>:<value>` in UTF-8, one after the other. The lengths keep two values from being cut differently.
The database makes the first three of them under the head's lock (`tenancy.audit_append`); all else is made here.
"""

import hashlib
import hmac
import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

from flask import has_request_context, request

from app.kernel.canonical import canonical_json
from app.services.personal.keys import HeldKey, held
from app.tenancy.context import current
from config.logs import NOBODY, log_context

GENESIS = bytes(32)
#: Of the keyed hashes: it outlives every master key, because the log does.
KEY = HeldKey("audit")
#: What of an address stays readable: the provider's block, not the subscriber's line.
READABLE_BITS = {4: 24, 6: 48}


@dataclass(frozen=True)
class Entry:
    """One entry as the application knows it; `seq`, `at` and `hash` come with the head's lock. Everything is text.

    Attributes:
        before, after, personal: canonical JSON objects, or empty; `personal` holds keyed hashes only.
        address: the client's address cut to its block (/24, /48), empty outside a request.
        address_hash: keyed hash of the whole address: tells whether two acts, or an act and a suspect, share one.
    """

    id: str
    event: str
    subject_type: str
    subject_id: str
    actor: str
    role: str
    acting_for: str
    address: str
    address_hash: str
    request_id: str
    reason: str
    before: str
    after: str
    personal: str

    @property
    def texts(self) -> list[str]:
        """The values in the order of `TEXTS`."""
        return [getattr(self, name) for name in TEXTS]

    @property
    def body(self) -> str:
        """The part of the canonical form that is known before the lock."""
        return length_prefixed(self.texts)


TEXTS = tuple(field.name for field in fields(Entry))
FIELDS = ("region", "seq", "at", *TEXTS)


def length_prefixed(values: Iterable[str]) -> str:
    """`<length in bytes>:<value>` for each, one after the other."""
    return "".join([f"{len(value) if value.isascii() else len(value.encode())}:{value}" for value in values])


def link(previous: bytes, values: Iterable[str]) -> bytes:
    """The hash of the entry with these values of `FIELDS`."""
    return hashlib.sha256(previous + length_prefixed(values).encode()).digest()


def plain(value: str) -> str:
    """Text that PostgreSQL and UTF-8 can hold."""
    return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def packed(values: Mapping[str, object] | None) -> str:
    """A mapping as canonical JSON, nothing as empty text.

    Raises:
        TypeError, ValueError: a value without a canonical form.
    """
    return canonical_json(dict(values)).decode() if values else ""


def keyed_hash(name: str, value: str) -> str:
    """HMAC-SHA256 of a personal value under the region's audit key, as hexadecimal digits.

    The name is part of it: a phone number and an account number that look alike do not match.
    """
    return hmac.new(held(KEY.purpose), length_prefixed((name, plain(value))).encode(), hashlib.sha256).hexdigest()


def origin() -> dict[str, str]:
    """Who acts, in which role, from where, in which request."""
    context, log = current(), log_context.get()
    address = (request.remote_addr or "") if has_request_context() else ""
    return {
        "actor": context.actor,
        "role": context.role,
        "address": block(address),
        "address_hash": keyed_hash("alamat", address) if address else "",
        "request_id": "" if log.request_id == NOBODY.request_id else plain(log.request_id),
    }


def block(address: str) -> str:
    """203.0.113.77 -> 203.0.113.0/24; what is no address (a socket's name) -> empty."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    return str(ipaddress.ip_network((parsed, READABLE_BITS[parsed.version]), strict=False))
