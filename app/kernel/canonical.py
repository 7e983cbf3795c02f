"""One byte sequence for one value, so that hashes can be compared."""

import hashlib
import json
from datetime import date, time
from decimal import Decimal
from uuid import UUID


def plain(value: object) -> int | str:
    """What json cannot write by itself: dates in ISO form, UUIDs, and PostgreSQL's numeric.

    A whole Decimal is a number (sum(bigint) arrives as one); another is text, to stay exact.

    Raises:
        TypeError: any other type, also NaN: a hash over a guess would prove nothing.
    """
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Decimal) and value.is_finite():
        return int(value) if value == value.to_integral_value() else str(value.normalize())
    raise TypeError(f"{type(value).__name__} has no canonical JSON form")


def canonical_json(obj: object) -> bytes:
    """UTF-8 JSON with sorted keys and no spaces.

    Raises:
        TypeError: a type without a canonical form, or keys that cannot be sorted.
        ValueError: NaN, infinity, or a lone surrogate.
    """
    return json.dumps(
        obj,
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        allow_nan=False,
        default=plain,
    ).encode()


def sha256_hex(data: bytes) -> str:
    """SHA-256 of `data` as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()
