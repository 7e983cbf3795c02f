"""Sealing single values, and finding the same value again without opening any."""

import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.services.personal import keys
from app.services.personal.keys import DATA, MATCH, NONCE_BYTES, BadSeal, HeldKey
from app.tenancy.context import current

VERSION_BYTES = 2
#: Equal in every region, so that one person can be found in two of them.
NATIONAL = HeldKey("match:national", shared=True)


class Sealer:
    """Seals and hashes many values of the current region with its keys read once (an import, a page)."""

    def __init__(self) -> None:
        newest = keys.newest(DATA)
        self._version, self._data = newest.version, AESGCM(newest.key)
        self._match = keys.newest(MATCH).key
        self._region = current().region_id

    def seal(self, value: str, column: str) -> bytes | None:
        """`value` as bytes to store: key version, nonce, AES-256-GCM bound to region and column. None for ''."""
        if not value:
            return None
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = self._data.encrypt(nonce, value.encode(), f"{self._region}|{column}".encode())
        return self._version.to_bytes(VERSION_BYTES, "big") + nonce + sealed

    def match(self, kind: str, value: str) -> bytes | None:
        """A hash that is equal for equal values of one kind in this region, and says nothing elsewhere."""
        return hmac.digest(self._match, f"{kind}|{value}".encode(), hashlib.sha256) if value else None


def unseal(sealed: bytes | None, column: str) -> str:
    """The value; '' for nothing. Whoever shows it to a person logs that he did.

    Raises:
        BadSeal: altered, of another region or column, or its key is gone.
    """
    if sealed is None:
        return ""
    nonce, rest = sealed[VERSION_BYTES : VERSION_BYTES + NONCE_BYTES], sealed[VERSION_BYTES + NONCE_BYTES :]
    cipher = AESGCM(keys.of_version(DATA, version_of(sealed)))
    try:
        return cipher.decrypt(nonce, rest, f"{current().region_id}|{column}".encode()).decode()
    except (InvalidTag, ValueError) as error:
        raise BadSeal("Nilai tersegel ini rusak atau bukan milik kolom ini.") from error


def version_of(sealed: bytes) -> int:
    """The number of the data key that sealed it."""
    return int.from_bytes(sealed[:VERSION_BYTES], "big")


def national_match(kind: str, period: int, value: str) -> bytes:
    """A hash that is equal in every region for one period (a budget year), for matching across regions only."""
    return hmac.digest(keys.held(NATIONAL.purpose), f"{kind}|{period}|{value}".encode(), hashlib.sha256)
