"""The keys of a region, each wrapped by the deployment's master key (envelope encryption).

A region's `data` key seals values and can be rotated; its `berkas` key seals files, and a new one is for new files
only, because files are not written again. Its `cocok` key makes the hashes that find the same NIK or account again, so
it stays for the life of the region, and so do the keys that other rooms hold (`held`). Nothing unwrapped is ever
stored, and a new master key only wraps them anew.
"""

import secrets
import threading
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import current_app

from app.kernel.identifiers import uuid7
from app.tenancy.context import current
from app.tenancy.database import region_sql
from config.settings import Settings

DATA, MATCH, FILES = "data", "cocok", "berkas"
KEY_BYTES, NONCE_BYTES = 32, 12
MOST_CACHED = 2_000


class BadSeal(ValueError):
    """A sealed value cannot be opened: another region's, another column's, altered, or its key is gone."""


@dataclass(frozen=True)
class RegionKey:
    """One unwrapped key: 32 bytes, for use in memory only."""

    version: int
    key: bytes


class _Cache:
    """Unwrapped keys of this process: a region with a thousand rows on a page unwraps once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys: dict[tuple[int, str, int], bytes] = {}

    def get(self, name: tuple[int, str, int]) -> bytes | None:
        with self._lock:
            return self._keys.get(name)

    def put(self, name: tuple[int, str, int], key: bytes) -> None:
        with self._lock:
            if len(self._keys) >= MOST_CACHED:
                self._keys.clear()
            self._keys[name] = key

    def clear(self) -> None:
        with self._lock:
            self._keys.clear()


cache = _Cache()


@dataclass(frozen=True)
class HeldKey:
    """A key that a room needs for as long as there are data.

    Attributes:
        purpose: its name in `region_keys`.
        shared: the same in every region, to compare between them.
    """

    purpose: str
    shared: bool = False


_held: dict[str, HeldKey] = {}


def register_held(key: HeldKey) -> None:
    """Keep `key` in every region (by its purpose, once)."""
    _held[key.purpose] = key


def held_keys() -> list[HeldKey]:
    """Every registered key that is held."""
    return [key for _purpose, key in sorted(_held.items())]


def _associated(purpose: str, version: int) -> bytes:
    return f"{current().region_id}|{purpose}|{version}".encode()


def wrap(settings: Settings, key: bytes, purpose: str, version: int) -> bytes:
    """The key as it may be stored: bound to this region, purpose and version."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(settings.derive("key-wrap")).encrypt(nonce, key, _associated(purpose, version))


def unwrap(settings: Settings, wrapped: bytes, purpose: str, version: int) -> bytes:
    """The key in memory; keys wrapped by the master key before the last one open too.

    Raises:
        BadSeal: no master key of this deployment opens it.
    """
    return unwrapped_by(settings, wrapped, purpose, version)[0]


def unwrapped_by(settings: Settings, wrapped: bytes, purpose: str, version: int) -> tuple[bytes, int]:
    """The key, and which master key opened it: 0 the present one, 1 the one before it, and so on.

    Raises:
        BadSeal: none of them.
    """
    nonce, sealed = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
    for generation, wrapping in enumerate(settings.derive_all("key-wrap")):
        try:
            return AESGCM(wrapping).decrypt(nonce, sealed, _associated(purpose, version)), generation
        except (InvalidTag, ValueError):
            continue
    raise BadSeal("Kunci daerah tidak dapat dibuka dengan MASTER_KEY ini.")


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings


def _stored(purpose: str, version: int | None) -> RegionKey | None:
    row = region_sql(
        "SELECT version, wrapped FROM region_keys WHERE region_id = :region_id AND purpose = :purpose"
        " AND (:version = 0 OR version = :version) AND retired_at IS NULL ORDER BY version DESC LIMIT 1",
        purpose=purpose, version=version or 0,
    ).one_or_none()  # fmt: skip
    if row is None:
        return None
    return RegionKey(row.version, unwrap(_settings(), bytes(row.wrapped), purpose, row.version))


def add_key(purpose: str, version: int, key: bytes | None = None) -> None:
    """Store the region's next key of a purpose, a random one unless it is given; two makers at once make one."""
    region_sql(
        "INSERT INTO region_keys (region_id, id, purpose, version, wrapped)"
        " VALUES (:region_id, :id, :purpose, :version, :wrapped) ON CONFLICT (region_id, purpose, version) DO NOTHING",
        id=uuid7(), purpose=purpose, version=version,
        wrapped=wrap(_settings(), key or secrets.token_bytes(KEY_BYTES), purpose, version),
    )  # fmt: skip


def newest(purpose: str) -> RegionKey:
    """The key to seal with; the first one is made when there is none yet."""
    found = _stored(purpose, None)
    if found is None:
        add_key(purpose, 1)
        found = _stored(purpose, None)
    assert found is not None
    cache.put((current().region_id, purpose, found.version), found.key)
    return found


def of_version(purpose: str, version: int) -> bytes:
    """The key that a stored value names.

    Raises:
        BadSeal: the region has no such key.
    """
    name = (current().region_id, purpose, version)
    if (key := cache.get(name)) is not None:
        return key
    found = _stored(purpose, version)
    if found is None:
        raise BadSeal("Kunci nilai ini tidak ada lagi.")
    cache.put(name, found.key)
    return found.key


def held(purpose: str) -> bytes:
    """A registered key of this region; made when it is first asked for.

    It begins as what the master key of that day gives for the purpose, the oldest that is known: what a room made with
    the derived key before there were held ones stays good.

    Raises:
        KeyError: nobody registered it. BadSeal: see `unwrap`.
    """
    key = _held[purpose]
    if (known := cache.get((current().region_id, purpose, 1))) is not None:
        return known
    if _stored(purpose, 1) is None:
        of = purpose if key.shared else f"{purpose}:{current().region_id}"
        add_key(purpose, 1, _settings().derive_all(of)[-1])
    return of_version(purpose, 1)
